"""Training by several processes: a real scheduler, server and workers, on loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import psutil
import pytest

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.files import md5
from lenet.model.network import PARAMS
from lenet.training import workers
from tests.project import ROOT, Project
from tests.training.small import real_digits

COMMAND = [sys.executable, "-m", "stages.train", "train.npz", "models", "curves"]
# Losses differ: float32 is summed in another order, and training magnifies the difference.
TOLERANCE = 1e-3
# Seconds; a busy machine takes minutes for what a quiet machine does in one.
PATIENCE = 600
ENDLESS = {"epochs": 4000}


class Training:
    """A folder to train in, with its own params.yaml."""

    def __init__(self, path: Path, **params: object) -> None:
        self.path = path
        path.mkdir()
        # 512 images are made at once. The last batch is one image: the second worker has none.
        npz.save(real_digits()[: 512 + 1], path / "train.npz")
        (path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
        small = {"network.image_size": 16, "epochs": 4, "batch_size": 32, "validation_fraction": 0}
        Project(path).set({**small, **params})

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
        return self.losses(), md5(self.path / "models" / PARAMS)

    def losses(self) -> list[float]:
        return pd.read_csv(self.path / "curves/curves.csv")["loss"].tolist()


def processes(session: int) -> dict[int, str]:
    """Return the living processes of a session and the role of each in a training."""
    found = {}
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found[process.pid] = process.environ().get(workers.ROLE, "launcher")
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


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 3])
def test_workers_learn_as_one_process_does_and_the_same_bits_each_time(
    tmp_path: Path, alone: list[float], count: int
) -> None:
    training = Training(tmp_path / "several", workers=count)
    losses, network = training.run()
    np.testing.assert_allclose(losses, alone, rtol=TOLERANCE)
    assert losses[-1] < 0.7 * losses[0]
    assert training.run() == (losses, network)


@pytest.mark.slow
@pytest.mark.parametrize("role", ["worker", "server"])
def test_a_lost_process_ends_the_training_in_one_error(tmp_path: Path, role: str) -> None:
    training = Training(tmp_path / "lost", workers=2, **ENDLESS)
    with training.started() as process:
        # The last worker does not lead.
        lost = max(pid for pid, its_role in begun(process).items() if its_role == role)
        os.kill(lost, signal.SIGKILL)
        output = process.communicate(timeout=PATIENCE)[0]
        assert process.returncode == 1
        assert processes(process.pid) == {}
    errors = [line for line in output.splitlines() if not line.startswith("epoch")]
    assert errors[0].startswith(
        f"error: a {role} of the training (PID {lost}): ended with exit status -9. "
        "The other processes have been stopped. Run the stage again."
    )
    assert "Traceback" not in output
    assert not (training.path / "models" / PARAMS).exists()


@pytest.mark.slow
def test_it_listens_on_loopback_and_when_its_launcher_is_killed_no_process_stays(
    tmp_path: Path,
) -> None:
    training = Training(tmp_path / "stopped", workers=2, **ENDLESS)
    with training.started() as process:
        roles = begun(process)
        assert sorted(roles.values()) == ["launcher", "scheduler", "server", "worker", "worker"]
        for pid, role in roles.items():
            assert addresses(pid) == (set() if role == "launcher" else {"127.0.0.1"}), role
        os.kill(process.pid, signal.SIGKILL)
        rest = process.communicate(timeout=PATIENCE)[0].splitlines()
        deadline = time.monotonic() + PATIENCE
        while processes(process.pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert processes(process.pid) == {}
    assert [line for line in rest if not line.startswith("epoch")] == []


def addresses(pid: int) -> set[str]:
    """Return where a process listens."""
    connections = psutil.Process(pid).net_connections()
    return {each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN}


def led_at(port: int) -> dict[str, str]:
    """Return the environment of those that take part in a training led on loopback."""
    return {workers.ADDRESS: "localhost", workers.PORT: str(port)}


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
    assert said.startswith(f"waiting at localhost:{port} for workers; missing: 1\n")
    np.testing.assert_allclose(first.losses(), alone, rtol=TOLERANCE)
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
    first = Training(tmp_path / "first", workers=2, **ENDLESS)
    second = Training(tmp_path / "second", workers=2, **ENDLESS)
    environment = led_at(port)
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
    assert "gave no sign of life for 20 seconds" in output
    assert "Traceback" not in output


JOINING = """
from lenet.training import workers
workers._JOINED_WITHIN = 2
workers.take_part(2, print)
"""


def test_joining_where_nobody_leads(tmp_path: Path, port: int) -> None:
    command = [sys.executable, "-c", JOINING]
    with Training(tmp_path / "joining").started(
        command=command, environment=led_at(port)
    ) as joining:
        output = joining.communicate(timeout=PATIENCE)[0]
    assert joining.returncode == 1
    assert output == (
        f"error: not all workers have joined at 127.0.0.1:{port} within 2 seconds. "
        "The training has ended.\n"
    )


def test_joining_needs_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(workers.PORT, raising=False)
    with pytest.raises(InputError, match="DMLC_PS_ROOT_PORT do not say where"):
        workers.take_part(2, print)


def test_a_port_in_use_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(os, "environ", os.environ | {workers.PORT: str(port)})
        with pytest.raises(OSError, match=f"Address already in use .*{port}"):
            workers.launch(COMMAND, 2)


COMMANDING = """
import os, sys
from lenet.model._mxnet import mx
from lenet.training import workers

def learn(peers):
    # MXNet's own server would unpickle this command, and so run it.
    peers._store._send_command_to_servers(0, "cos\\nsystem\\n(S'touch unpickled'\\ntR.")
    peers.add_up("still there", mx.nd.ones(3))

if workers.LAUNCHER in os.environ:
    workers.take_part(1, learn)
else:
    workers.launch([sys.executable, "script.py"], 1)
"""


@pytest.mark.slow
def test_the_server_unpickles_nothing(tmp_path: Path) -> None:
    training = Training(tmp_path / "commanded")
    (training.path / "script.py").write_text(COMMANDING)
    with training.started(command=[sys.executable, "script.py"]) as process:
        output = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 0, output
    assert not (training.path / "unpickled").exists()
