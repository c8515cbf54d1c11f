"""Faults while the workflow runs: results are kept, and the next run ends as if undisturbed."""

import hashlib
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import psutil
import pytest

from lenet.core.errors import InputError
from lenet.model import network
from lenet.model._mxnet import mx
from tests.project import SMALL, STAGES, TRAINED, Project
from tests.settings import NETWORK

pytestmark = pytest.mark.slow


def interrupted(project: Project, number: signal.Signals, line: str, wait: float = 0) -> str:
    """Type `dvc repro`, and send a signal to it and its stage; return what is printed.

    The signal comes `wait` seconds after a line that begins with `line`.
    """
    with project.started("dvc repro") as repro:
        assert repro.stdout
        # There is no such line if the run before finished the stage in its last moments.
        head = next((said for said in repro.stdout if said.startswith(line)), "")
        if head:
            time.sleep(wait)
            os.killpg(repro.pid, number)
        rest = repro.stdout.read()
    # With a wait the stage may have succeeded before the signal.
    assert wait or repro.returncode != 0
    # No code of the project is in a traceback. DVC's progress bars may print one of their own, if
    # the signal comes while a bar is made.
    assert f'File "{project.path}/' not in head + rest, head + rest
    return head + rest


@contextmanager
def paused(processes: list[psutil.Process]) -> Iterator[None]:
    """Let processes pause while something else is done; some may have ended already."""
    try:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()


def test_stages_ended_at_any_moment_leave_whole_files_and_end_as_if_undisturbed(
    project: Project,
) -> None:
    before = project.hashes()
    # All stages run again, with the same results.
    with (project.path / "lenet/core/errors.py").open("a") as code:
        code.write("# edited\n")
    generator = np.random.default_rng(0)
    planned = re.findall(r"^Running stage '(.+)':$", project.run("dvc repro --dry"), re.M)
    assert len(planned) == len(STAGES)
    for stage in planned:
        number = (signal.SIGKILL, signal.SIGINT)[generator.integers(2)]
        # Python, while it starts, answers a Ctrl-C with a traceback of its own.
        begin = 1.0 if number == signal.SIGINT else 0
        wait = generator.uniform(begin, begin + (0.6 if stage in planned[:3] else 1.5))
        interrupted(project, number, f"Running stage '{stage}'", wait)
        for name, digest in project.hashes().items():
            # Curves grow as the network is trained, and an unfinished file may leave a part, DVC's
            # own files too.
            if not name.startswith("metrics/training") and not name.endswith((".part", ".tmp")):
                assert digest == before[name], f"{name}, {number} {wait} s into {stage}"
        mend(project)
    project.repro()
    after = project.hashes()
    assert {name: after[name] for name in after if not name.endswith(".tmp")} == before


# The words of DVC about a file that it was killed over, and what the docs advise.
MENDS = {
    "dvc.lock": "git checkout --quiet dvc.lock",
    "RWLock-file": "rm .dvc/tmp/rwlock",
}


def mend(project: Project) -> None:
    """Mend the files that DVC was killed over, until it can read them all."""
    for _ in MENDS:
        status = ["dvc", "status"]
        done = subprocess.run(status, cwd=project.path, capture_output=True, text=True, check=False)
        if not done.returncode:
            return
        advice = [command for said, command in MENDS.items() if said in done.stderr]
        assert advice, done.stderr
        project.run(advice[0])


@pytest.mark.parametrize("name", ["dvc.lock", ".dvc/tmp/rwlock"])
def test_a_file_that_dvc_left_half_written_is_mended_as_the_docs_advise(
    project: Project, name: str
) -> None:
    text = (project.path / name).read_text()
    (project.path / name).write_text(text[: len(text) // 2])
    mend(project)
    assert project.repro() == []


def test_killed_while_training_it_ends_as_if_undisturbed(
    reproduced: Project, branched: Project, tmp_path: Path
) -> None:
    project = reproduced.copy(tmp_path / "killed")
    project.set({"lr": 0.02})
    for epoch in (1, 2):
        interrupted(project, signal.SIGKILL, f"epoch {epoch},")
    assert project.repro() == TRAINED
    assert project.hashes() == branched.hashes()


def test_an_interrupted_training_says_so_and_nothing_is_lost(project: Project) -> None:
    before = project.hashes()
    project.set({"epochs": 400})
    output = interrupted(project, signal.SIGINT, "epoch 10,")
    assert output.splitlines().count("interrupted") == 1
    project.set({"epochs": SMALL["epochs"]})
    assert project.repro() == []
    assert project.hashes() == before


def test_parameters_that_change_while_training_are_not_tied_to_its_results(
    project: Project,
) -> None:
    lock, params = (project.path / name for name in ("dvc.lock", "params.yaml"))
    before = lock.read_bytes()
    project.set({"epochs": 12})
    with project.started("dvc repro") as repro:
        assert repro.stdout
        said = ""
        for line in repro.stdout:
            said += line
            if line.startswith("epoch 1,"):
                # The stage pauses, because it might end before the edit.
                with paused(psutil.Process(repro.pid).children(recursive=True)):
                    project.set({"lr": 0.02})
    assert repro.returncode != 0, said
    assert "error: changed while this stage ran: lr. Its results are not kept" in said
    assert lock.read_bytes() == before
    # Nothing is restored that the rate did not make.
    assert "epoch 1," in project.run("dvc repro")
    assert "lr: 0.02" in lock.read_text()
    assert "lr: 0.02" in params.read_text()


def test_a_training_left_behind_is_not_disturbed_nor_disturbs(
    reproduced: Project, branched: Project, tmp_path: Path
) -> None:
    project = reproduced.copy(tmp_path / "left")
    project.set({"lr": 0.02, "epochs": 100})
    with project.started("dvc repro") as repro:
        assert repro.stdout
        next(line for line in repro.stdout if line.startswith("epoch 1,"))
        stage = psutil.Process(repro.pid).children(recursive=True)
        # The signal ends DVC alone; its stage continues.
        repro.kill()
        repro.wait()
        project.set({"lr": 0.02, "epochs": SMALL["epochs"]})
        # The stage pauses, because it would end at once if it missed a file that DVC removes.
        with paused(stage):
            message = "error: metrics/training: another process writes there"
            assert message in project.run("dvc repro", fails=True)
        # The output ends with the stage.
        repro.stdout.read()
    project.repro()
    assert project.hashes() == branched.hashes()


def test_a_file_changed_by_accident_is_brought_back(project: Project) -> None:
    before = project.hashes()
    images = project.path / "data/npz/train.npz"
    content = bytearray(images.read_bytes())
    content[2000] ^= 1
    images.write_bytes(content)
    assert project.repro() == []
    assert project.hashes() == before


def test_a_corrupted_file_in_the_cache_is_made_anew(project: Project) -> None:
    before = project.hashes()
    network = project.path / "models/lenet-0000.params"
    md5 = hashlib.md5(network.read_bytes(), usedforsecurity=False).hexdigest()
    cached = project.path / ".dvc/cache/files/md5" / md5[:2] / md5[2:]
    content = bytearray(cached.read_bytes())
    content[-1] ^= 1
    cached.chmod(0o644)
    cached.write_bytes(content)
    network.unlink()
    assert "train" in project.repro()
    assert project.hashes() == before


def test_a_second_repro_beside_one_does_not_disturb_it(
    reproduced: Project, branched: Project, tmp_path: Path
) -> None:
    project = reproduced.copy(tmp_path / "shared")
    project.set({"lr": 0.02})
    with project.started("dvc repro") as first:
        assert first.stdout
        next(line for line in first.stdout if line.startswith("epoch 1,"))
        # The second run is told that the first has the stage's files. The stage pauses, because the
        # first run would wait three seconds at most for what the second locks.
        with paused(psutil.Process(first.pid).children(recursive=True)):
            assert "is busy, it is being blocked by" in project.run("dvc repro", fails=True)
        first.stdout.read()
    assert first.returncode == 0
    assert project.repro() == []
    assert project.hashes() == branched.hashes()


def test_where_memory_is_short_one_line_says_so(project: Project) -> None:
    project.set({"network.image_size": 512, "batch_size": 200})
    train = "python -m stages.train data/npz/train.npz networks curves"
    (project.path / "train.sh").write_text(f"ulimit -v 4000000\n{train}\n")
    output = project.run("sh train.sh", fails=True)
    assert output.startswith("error: there is not enough memory for MXNet. Lower batch_size")
    assert output.count("\n") == 1


class Disk:
    """A file system in memory."""

    def __init__(self, path: Path) -> None:
        path.mkdir()
        self.path = path
        self._mount("-t", "tmpfs", "-o", "size=1g", "tmpfs")

    def _mount(self, *arguments: str) -> None:
        subprocess.run(["mount", *arguments, str(self.path)], check=True, capture_output=True)

    def set(self, options: str) -> None:
        """Mount the same files again with other options."""
        self._mount("-o", f"remount,{options}")

    def leave_free(self, kib: int) -> None:
        space = os.statvfs(self.path)
        used = (space.f_blocks - space.f_bfree) * space.f_frsize
        self.set(f"size={used // 1024 + kib}k")

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.path)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    try:
        disk = Disk(tmp_path / "disk")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root on Linux can mount a disk")
    yield disk
    disk.unmount()


def test_a_full_disk_ends_in_an_error_and_room_in_the_right_result(
    reproduced: Project, branched: Project, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = reproduced.copy(disk.path / "lenet")
    project.set({"lr": 0.02})
    (disk.path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(disk.path / "tmp"))
    messages = (
        "No space left on device"
        "|could not write the network there"
        # DVC says this if its trial of a link finds no room.
        "|No possible cache link types"
    )
    for kib in (16, 64, 160, 300):
        disk.leave_free(kib)
        assert re.search(messages, project.run("dvc repro", fails=True)), kib
    disk.set("size=1g")
    project.repro()
    assert project.hashes() == branched.hashes()


def test_where_there_is_no_room_for_a_network_one_line_says_so(
    disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lenet = network.LeNet(NETWORK)
    lenet.initialize(mx.init.Xavier())
    lenet.hybridize()
    lenet(mx.nd.zeros((1, 1, 16, 16)))
    network.save([lenet], tmp_path)
    names = (network.SYMBOL, network.PARAMS)
    size = sum((tmp_path / name).stat().st_size for name in names) // 1024
    monkeypatch.setattr(tempfile, "tempdir", str(disk.path))
    # MXNet writes to a temporary folder first, so that saving needs twice the size.
    refused = set()
    for kib in range(4, 2 * size, 4):
        disk.leave_free(kib)
        with pytest.raises(InputError) as error:
            network.save([lenet], disk.path)
        said = re.fullmatch(r"\S+: (.*) [(].+[)]\.[^()]*", str(error.value))
        assert said, error.value
        refused.add(said[1])
        assert {path.name for path in disk.path.iterdir() if path.is_file()} <= {*names}
    assert refused == {"MXNet could not write the network there", "cannot be written"}
    disk.leave_free(2 * size + 40)
    network.save([lenet], disk.path)
    for name in names:
        assert (disk.path / name).read_bytes() == (tmp_path / name).read_bytes()


def test_a_disk_that_is_only_read_ends_in_an_error_and_nothing_is_lost(
    reproduced: Project, disk: Disk
) -> None:
    project = reproduced.copy(disk.path / "lenet")
    before = project.hashes()
    project.set({"lr": 0.02})
    disk.set("ro")
    assert "Read-only file system" in project.run("dvc repro", fails=True)
    for command in (
        f"convert {reproduced.path}/data/npz/test.npz mine.jf",
        f"convert {reproduced.path}/data/npz/test.npz data/npz/test.npz",
    ):
        output = project.run(f"python -m lenet {command}", fails=True)
        assert output.endswith(": cannot be written (Read-only file system).\n")
    assert project.hashes() == before
    disk.set("rw")
