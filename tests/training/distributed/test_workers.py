"""Training by several processes: a real scheduler, server and workers, on loopback."""

import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import numpy as np
import psutil
import pytest
from dvc.utils.serialize import modify_yaml
from hypothesis import given
from hypothesis import strategies as st

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.model.network import PARAMS
from lenet.training.distributed import launcher, workers
from lenet.training.replicas import parts
from stages import train
from tests.conftest import Typed
from tests.project import ROOT, Project
from tests.training.small import real_digits

COMMAND = [
    *(sys.executable, "-m", "stages.train"),
    *("train.npz", "models", "curves"),
]
# Losses differ: float32 is summed in another order, and training magnifies the difference.
TOLERANCE = 1e-3
# Seconds; a busy machine takes minutes for what a quiet machine does in one.
PATIENCE = 600
SMALL = {"epochs": 4, "batch_size": 32, "validation_fraction": 0}


class Training:
    """A folder to train in, with a process's preprocess of the workers there."""

    def __init__(self, path: Path, **params: object) -> None:
        self.path = path
        path.mkdir()
        # 512 images are augmented at once. The last batch is one image: the second worker has none.
        npz.save(real_digits()[: 512 + 1], path / "train.npz")
        (path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
        with modify_yaml(path / "params.yaml") as values:
            values["network"]["image_size"] = 16
        self.set(**SMALL, **params)

    def set(self, **params: object) -> None:
        with modify_yaml(self.path / "params.yaml") as values:
            values.update(params)

    @contextmanager
    def started(
        self,
        *arguments: str,
        command: list[str] = COMMAND,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> Iterator[subprocess.Popen]:
        """Run the stage beside what is done in the `with` block."""
        clean = {name: value for name, value in os.environ.items() if "DMLC" not in name}
        with subprocess.Popen(
            [*command, *arguments],
            cwd=self.path,
            env=clean | {"PYTHONPATH": str(ROOT), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()
                for child in processes(process.pid):
                    # The children end by themselves too.
                    with suppress(ProcessLookupError):
                        os.kill(child, signal.SIGKILL)

    def run(self) -> tuple[list[float], str]:
        """Run the stage; return the losses of the epochs and the hash of the network."""
        with self.started() as process:
            output = process.communicate()[0]
        assert process.returncode == 0, output
        return self.outcome()

    def run_script(self, script: str, *, workers: int) -> None:
        """Run a script as every process of a training, in the place of the stage."""
        (self.path / "script.py").write_text(script)
        launch = (
            "from lenet.training.distributed import launcher; import sys; "
            f"launcher.launch([sys.executable, 'script.py'], workers={workers})"
        )
        with self.started(command=[sys.executable, "-c", launch]) as process:
            output = process.communicate(timeout=PATIENCE)[0]
        assert process.returncode == 0, output

    def outcome(self) -> tuple[list[float], str]:
        curves = json.loads((self.path / "curves/plots/custom/curves.json").read_text())
        losses = [row["loss"] for row in curves]
        network = (self.path / "models" / PARAMS).read_bytes()
        return losses, hashlib.sha256(network).hexdigest()


def processes(session: int) -> dict[int, str]:
    """Return the living processes of a session and the role of each in a training."""
    found = {}
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found[process.pid] = process.environ().get(launcher.ROLE, "launcher")
        except (OSError, psutil.Error):
            continue
    return found


def begun(process: subprocess.Popen) -> dict[int, str]:
    """Wait until the first epoch is over; return the processes of the training."""
    said = []
    assert process.stdout
    for line in process.stdout:
        said.append(line)
        if line.startswith("epoch 1,"):
            return processes(process.pid)
    raise AssertionError("".join(said))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> list[float]:
    """The losses of a training by one process."""
    return Training(tmp_path_factory.mktemp("alone") / "one").run()[0]


@given(images=st.integers(0, 300), count=st.integers(1, 40))
def test_parts_are_all_of_a_batch_and_none_twice(images: int, count: int) -> None:
    numbers = np.arange(images)
    assert len(parts(images, count)) == count
    assert np.concatenate([numbers[part] for part in parts(images, count)]).tolist() == [*numbers]
    assert max(part.stop - part.start for part in parts(images, count)) == -(-images // count)


@pytest.mark.slow
def test_workers_learn_as_one_process_does(tmp_path: Path, alone: list[float]) -> None:
    training = Training(tmp_path / "several", workers=2)
    losses, network = training.run()
    np.testing.assert_allclose(losses, alone, rtol=TOLERANCE)
    assert losses[-1] < 0.7 * losses[0]
    # One process that divides its batches in the same way gives the same bits.
    training.set(workers=1, replicas=2)
    assert training.run()[1] == network


@pytest.mark.slow
def test_three_workers_learn_the_same_bits_each_time(tmp_path: Path, alone: list[float]) -> None:
    training = Training(tmp_path / "several", workers=3)
    losses, network = training.run()
    np.testing.assert_allclose(losses, alone, rtol=TOLERANCE)
    assert training.run() == (losses, network)


RECORDING = """
import sys
from functools import partial
from pathlib import Path
import numpy as np
from lenet.training.distributed import launcher
role = launcher.configure(2)
from lenet.core import npz
from lenet.training import batches, committee
from lenet.training.distributed import workers
from lenet.training.distributed.shared import ShardedBatches, SynchronousLearner
from tests.settings import NETWORK, NO_AUGMENT, PLAIN_PREPROCESS, RECIPE
if role != "worker":
    workers.serve()
else:
    seen = []
    network_input = batches.network_input
    def recorded(images, *arguments, **others):
        seen.append(images)
        return network_input(images, *arguments, **others)
    batches.network_input = recorded
    data = npz.load(Path("train.npz"))
    recipe = RECIPE.changed(epochs=1, workers=2)
    with workers.joined() as peers:
        _, epochs = committee.train(
            *(data, recipe, NETWORK, PLAIN_PREPROCESS, NO_AUGMENT),
            learner=partial(SynchronousLearner, peers),
            batches=partial(ShardedBatches, peers),
        )
        list(epochs)
        np.save(f"seen{peers.rank}.npy", np.concatenate(seen))
"""


@pytest.mark.slow
def test_each_worker_has_images_of_its_own(tmp_path: Path) -> None:
    training = Training(tmp_path / "shards")
    training.run_script(RECORDING, workers=2)
    seen = [np.load(training.path / f"seen{rank}.npy").reshape(-1, 256) for rank in range(2)]
    assert [len(images) for images in seen] == [257, 256]
    expected = npz.load(training.path / "train.npz").images.reshape(-1, 256)
    found = np.concatenate(seen)
    np.testing.assert_array_equal(found[np.lexsort(found.T)], expected[np.lexsort(expected.T)])


@pytest.mark.slow
@pytest.mark.parametrize("role", ["worker", "server"])
def test_a_lost_process_ends_the_training_in_one_error(tmp_path: Path, role: str) -> None:
    training = Training(tmp_path / "lost", workers=2)
    training.set(epochs=4000)
    with training.started() as process:
        # The last worker does not lead.
        lost = max(pid for pid, its_role in begun(process).items() if its_role == role)
        os.kill(lost, signal.SIGKILL)
        output = process.communicate(timeout=PATIENCE)[0]
        assert process.returncode == 1
        assert processes(process.pid) == {}
    errors = [line for line in output.splitlines() if not line.startswith("epoch")]
    assert errors[0] == (
        f"error: a {role} of the training (PID {lost}) was killed by SIGKILL. "
        "The other processes have been stopped. Run the stage again."
    )
    assert "Traceback" not in output
    assert not (training.path / "models" / PARAMS).exists()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_it_listens_on_loopback_and_when_it_is_stopped_no_process_stays(
    tmp_path: Path, number: signal.Signals
) -> None:
    training = Training(tmp_path / "stopped", workers=2)
    training.set(epochs=4000)
    with training.started() as process:
        roles = begun(process)
        assert sorted(roles.values()) == ["launcher", "scheduler", "server", "worker", "worker"]
        for pid, role in roles.items():
            assert addresses(pid) == (set() if role == "launcher" else {"127.0.0.1"}), role
        os.kill(process.pid, number)
        rest = process.communicate(timeout=PATIENCE)[0].splitlines()
        deadline = time.monotonic() + PATIENCE
        while processes(process.pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert processes(process.pid) == {}
    said = [line for line in rest if not line.startswith("epoch")]
    assert said == (["interrupted"] if number == signal.SIGINT else [])


@pytest.mark.slow
def test_a_training_that_diverges_says_so_once(tmp_path: Path) -> None:
    training = Training(tmp_path / "diverging", workers=2)
    training.set(lr=100, momentum=0.99)
    with training.started() as process:
        output = process.communicate(timeout=PATIENCE)[0]
        assert process.returncode == 1
        assert processes(process.pid) == {}
    assert len(re.findall("error: training diverged", output)) == 1
    assert "Traceback" not in output


def addresses(pid: int) -> set[str]:
    """Return where a process listens."""
    connections = psutil.Process(pid).net_connections()
    return {each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN}


def led_at(port: int, *, lost_after: int = 60) -> dict[str, str]:
    """Return the environment of those that take part in a training led on loopback."""
    return {
        launcher.ADDRESS: "localhost",
        launcher.PORT: str(port),
        launcher.LOST_AFTER: str(lost_after),
    }


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.mark.slow
def test_workers_join_from_elsewhere(tmp_path: Path, alone: list[float], port: int) -> None:
    first = Training(tmp_path / "first", workers=2)
    second = Training(tmp_path / "second", workers=2)
    environment = led_at(port)
    with (
        second.started("--join", environment=environment) as joining,
        first.started(environment=environment) as leading,
    ):
        said = leading.communicate(timeout=PATIENCE)[0]
        assert leading.returncode == 0, said
        assert joining.communicate(timeout=PATIENCE)[0] == ""
        assert joining.returncode == 0
    assert said.startswith(f"waiting at 127.0.0.1:{port} for workers; missing: 1\n")
    np.testing.assert_allclose(first.outcome()[0], alone, rtol=TOLERANCE)
    assert not (second.path / "models" / PARAMS).exists()


@pytest.mark.parametrize("other", [{"lr": 0.01}, {"workers": 3}], ids=str)
@pytest.mark.slow
def test_workers_of_other_inputs_are_refused(
    tmp_path: Path, port: int, other: dict[str, object]
) -> None:
    first = Training(tmp_path / "first", workers=2)
    second = Training(tmp_path / "second", **{"workers": 2, **other})
    environment = led_at(port)
    with (
        second.started("--join", environment=environment) as joining,
        first.started(environment=environment) as leading,
    ):
        for process in (leading, joining):
            output = process.communicate(timeout=PATIENCE)[0]
            assert process.returncode == 1
            assert output.count("error: the workers were given different training images") == 1
            assert "Traceback" not in output


@pytest.mark.slow
def test_a_worker_notices_that_the_machine_that_leads_is_lost(tmp_path: Path, port: int) -> None:
    first = Training(tmp_path / "first", workers=2)
    second = Training(tmp_path / "second", workers=2)
    for training in (first, second):
        training.set(epochs=4000)
    environment = led_at(port, lost_after=4)
    with (
        second.started("--join", environment=environment) as joining,
        first.started(environment=environment) as leading,
    ):
        begun(leading)
        # A stopped process neither answers nor closes its connections.
        for pid in processes(leading.pid):
            os.kill(pid, signal.SIGSTOP)
        output = joining.communicate(timeout=PATIENCE)[0]
        assert joining.returncode == 1
    assert "given no sign of life for 4 seconds" in output
    assert "Traceback" not in output


@pytest.fixture
def hosts() -> Iterator[tuple[str, str]]:
    """Two network namespaces with a cable between them, 10.97.0.1 and 10.97.0.2."""
    names = (f"lenet{os.getpid()}a", f"lenet{os.getpid()}b")

    def ip(*arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True, capture_output=True)

    try:
        for name in names:
            ip("netns", "add", name)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root on Linux can make network namespaces")
    try:
        # A device's name has 15 letters at most.
        ip(
            "link",
            "add",
            "cable",
            "netns",
            names[0],
            "type",
            "veth",
            "peer",
            "cable",
            "netns",
            names[1],
        )
        for number, name in enumerate(names, 1):
            ip("-n", name, "address", "add", f"10.97.0.{number}/24", "dev", "cable")
            for device in ("lo", "cable"):
                ip("-n", name, "link", "set", device, "up")
        yield names
    finally:
        for name in names:
            ip("netns", "delete", name)


@pytest.mark.slow
def test_workers_on_two_hosts_until_the_cable_is_cut(
    tmp_path: Path, alone: list[float], hosts: tuple[str, str]
) -> None:
    first = Training(tmp_path / "first", workers=2)
    second = Training(tmp_path / "second", workers=2)
    led = {launcher.ADDRESS: "10.97.0.1", launcher.PORT: "9091"}
    commands = [["ip", "netns", "exec", host, *COMMAND] for host in hosts]

    @contextmanager
    def together(lost_after: int) -> Iterator[tuple[subprocess.Popen, subprocess.Popen]]:
        environment = {**led, launcher.LOST_AFTER: str(lost_after)}
        with (
            second.started("--join", command=commands[1], environment=environment) as joining,
            first.started(command=commands[0], environment=environment) as leading,
        ):
            yield leading, joining

    with together(lost_after=60) as both:
        for process in both:
            output = process.communicate(timeout=PATIENCE)[0]
            assert process.returncode == 0, output
    np.testing.assert_allclose(first.outcome()[0], alone, rtol=TOLERANCE)

    for training in (first, second):
        training.set(epochs=4000)
    with together(lost_after=4) as both:
        begun(both[0])
        subprocess.run(["ip", "-n", hosts[1], "link", "set", "cable", "down"], check=True)
        for process in both:
            output = process.communicate(timeout=PATIENCE)[0]
            assert process.returncode == 1
            assert "given no sign of life for 4 seconds" in output
            assert "Traceback" not in output


def test_joining_a_training_that_nobody_leads(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setenv(launcher.ADDRESS, "127.0.0.1")
    monkeypatch.setenv(launcher.PORT, str(port))
    monkeypatch.setattr(workers, "_REACH_WITHIN", 0.5)
    with (
        pytest.raises(InputError, match=f"found no training at 127.0.0.1:{port}"),
        workers.joined(),
    ):
        pass


def test_joining_something_else_that_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    def greet(server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"220 mail.example.org ESMTP")

    monkeypatch.setattr(workers, "_REACH_WITHIN", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv(launcher.ADDRESS, "127.0.0.1")
        monkeypatch.setenv(launcher.PORT, str(server.getsockname()[1]))
        threading.Thread(target=greet, args=[server], daemon=True).start()
        with (
            pytest.raises(InputError, match="another program than MXNet's scheduler answers there"),
            workers.joined(),
        ):
            pass


@pytest.mark.parametrize(
    ("join", "environment", "message"),
    [
        (
            False,
            {"DMLC_PS_ROOT_URI": "nowhere.invalid"},
            "DMLC_PS_ROOT_URI: found 'nowhere.invalid'",
        ),
        (False, {"DMLC_PS_ROOT_URI": "a..b"}, "DMLC_PS_ROOT_URI: found 'a..b'"),
        (False, {"DMLC_PS_ROOT_URI": "0"}, "which is every address of this machine"),
        # An address that is reserved for documentation.
        (
            False,
            {"DMLC_PS_ROOT_URI": "192.0.2.1", "DMLC_PS_ROOT_PORT": "9091"},
            "DMLC_PS_ROOT_URI=192.0.2.1, DMLC_PS_ROOT_PORT=9091: Cannot assign requested address",
        ),
        (False, {"DMLC_NODE_HOST": "nonsense"}, "DMLC_NODE_HOST: found 'nonsense'"),
        (False, {"DMLC_NODE_HOST": "192.0.2.1"}, "DMLC_NODE_HOST: found '192.0.2.1'"),
        (False, {"DMLC_PS_ROOT_PORT": "http"}, "DMLC_PS_ROOT_PORT: found 'http'"),
        (False, {"PS_HEARTBEAT_TIMEOUT": "20s"}, "PS_HEARTBEAT_TIMEOUT: found '20s'"),
        (True, {}, "DMLC_PS_ROOT_PORT: found ''; expected a whole number from 1 to 65535"),
    ],
)
def test_settings_that_cannot_be_are_named(
    monkeypatch: pytest.MonkeyPatch, join: bool, environment: dict[str, str], message: str
) -> None:
    clean = {name: value for name, value in os.environ.items() if "DMLC" not in name}
    monkeypatch.setattr(os, "environ", clean | environment)
    with pytest.raises(InputError) as error:
        if join:
            launcher.configure(2)
            with workers.joined():
                pass
        else:
            launcher.launch(COMMAND, 2)
    assert message in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_setting_that_cannot_be_ends_the_stage_in_one_line(
    tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    Project(tmp_path).set({"workers": 2})
    npz.save(real_digits()[:64], tmp_path / "train.npz")
    clean = {name: value for name, value in os.environ.items() if "DMLC" not in name}
    monkeypatch.setattr(os, "environ", clean)
    done = typed(train.main, *COMMAND[3:], "--join")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: DMLC_PS_ROOT_PORT: found ''; expected a whole number")
    assert len(done.stderr.splitlines()) == 1


def test_a_port_in_use_and_an_address_left_empty(
    monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    monkeypatch.setenv(launcher.ADDRESS, "")
    monkeypatch.setenv(launcher.PORT, str(port))
    monkeypatch.setenv("DMLC_NODE_HOST", "127.0.0.1")
    for name in (launcher.ROLE, launcher.LOST_AFTER, "PS_HEARTBEAT_INTERVAL"):
        monkeypatch.setenv(name, "20")
    for name in ("DMLC_NUM_WORKER", "DMLC_NUM_SERVER"):
        monkeypatch.setenv(name, "1")
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(InputError, match=f"=127.0.0.1, {launcher.PORT}={port}: Address alr"),
    ):
        launcher.launch(["true"], workers=2)
    assert os.environ[launcher.ADDRESS] == "127.0.0.1"


@pytest.mark.slow
def test_a_worker_that_waits_for_others_ends_with_the_one_that_leads(
    tmp_path: Path, port: int
) -> None:
    first = Training(tmp_path / "first", workers=3)
    second = Training(tmp_path / "second", workers=3)
    environment = led_at(port)
    with (
        second.started("--join", environment=environment) as joining,
        first.started(environment=environment) as leading,
    ):
        deadline = time.monotonic() + PATIENCE
        in_a_row = 0
        while in_a_row < 5:
            connections = psutil.Process(joining.pid).net_connections()
            connected = any(c.raddr and c.raddr.port == port for c in connections)
            in_a_row = in_a_row + 1 if connected else 0
            assert time.monotonic() < deadline
            time.sleep(0.2)
        os.kill(leading.pid, signal.SIGINT)
        output = joining.communicate(timeout=PATIENCE)[0]
        assert joining.returncode == 1
    assert "the scheduler, has gone" in output


COMMANDING = """
from lenet.training.distributed import launcher
role = launcher.configure(1)
from lenet.training.distributed import workers
if role != "worker":
    workers.serve()
else:
    from lenet.model._mxnet import mx
    with workers.joined() as peers:
        # MXNet's own server would unpickle this command, and so run it.
        peers._store._send_command_to_servers(0, "cos\\nsystem\\n(S'touch unpickled'\\ntR.")
        peers.add_up("still there", [mx.nd.ones(3)])
"""


@pytest.mark.slow
def test_the_server_unpickles_nothing(tmp_path: Path) -> None:
    training = Training(tmp_path / "commanded")
    training.run_script(COMMANDING, workers=1)
    assert not (training.path / "unpickled").exists()
