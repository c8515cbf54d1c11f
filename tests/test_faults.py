"""Faults while the workflow runs: nothing made is lost, and the next run makes up for them."""

import hashlib
import os
import signal
import subprocess
from pathlib import Path

from tests.project import SMALL, Project


def interrupted(project: Project, number: signal.Signals, epoch: int) -> str:
    """Type `dvc repro`, send a signal to it and its stage in an epoch; return what is printed."""
    with subprocess.Popen(
        ["dvc", "repro"],
        cwd=project.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as repro:
        assert repro.stdout
        head = next(line for line in repro.stdout if line.startswith(f"epoch {epoch},"))
        os.killpg(repro.pid, number)
        rest = repro.stdout.read()
    assert repro.returncode != 0
    return head + rest


def test_killed_while_training_it_ends_as_if_undisturbed(
    reproduced: Project, branched: Project, tmp_path: Path
) -> None:
    project = reproduced.copy(tmp_path / "killed")
    project.set(lr=0.02)
    for epoch in (1, 4):
        interrupted(project, signal.SIGKILL, epoch)
    assert project.repro() == ["train", "draw", "export", "evaluate", "report"]
    assert project.hashes() == branched.hashes()


def test_an_interrupted_training_says_so_and_nothing_is_lost(project: Project) -> None:
    before = project.hashes()
    project.set(epochs=400)
    output = interrupted(project, signal.SIGINT, 2)
    assert "Traceback" not in output
    assert output.splitlines().count("interrupted") == 1
    project.set(epochs=SMALL["epochs"])
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
    project.set(lr=0.02)
    with subprocess.Popen(
        ["dvc", "repro"], cwd=project.path, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout
        next(line for line in first.stdout if line.startswith("epoch 1,"))
        # It is told that the first has the stage's files, not given half of them.
        assert "is busy, it is being blocked by" in project.run("dvc repro", fails=True)
        first.stdout.read()
    assert first.returncode == 0
    assert project.repro() == []
    assert project.hashes() == branched.hashes()
