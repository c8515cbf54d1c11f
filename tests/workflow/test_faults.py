"""Faults while the workflow runs: results are kept, and the next run ends as if undisturbed."""

import os
import re
import signal
import subprocess
import time

import numpy as np
import pytest

from tests.project import SMALL, STAGES, Project

pytestmark = pytest.mark.slow

# The words of DVC about a file that it was killed over, and what the docs advise.
CURES = {
    "dvc.lock": "git checkout --quiet dvc.lock",
    "RWLock-file": "rm .dvc/tmp/rwlock",
}


def edit(project: Project, module: str) -> None:
    """Add a comment to a module: the stages that use it run again, with the same results."""
    with (project.path / module).open("a") as code:
        code.write("# edited\n")


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
        said = head + repro.stdout.read()
    # With a wait the stage may have succeeded before the signal.
    assert wait or repro.returncode != 0
    # No code of the project is in a traceback. DVC's progress bars may print one of their own, if
    # the signal comes while a bar is made.
    assert f'File "{project.path}/' not in said, said
    return said


def cure(project: Project) -> None:
    """Treat the files that DVC was killed over as the docs advise, until it reads them all."""
    for _ in CURES:
        status = ["dvc", "status"]
        done = subprocess.run(status, cwd=project.path, capture_output=True, text=True, check=False)
        if not done.returncode:
            return
        advice = [command for said, command in CURES.items() if said in done.stderr]
        assert advice, done.stderr
        project.run(advice[0])


def test_stages_ended_at_any_moment_leave_whole_files_and_end_as_if_undisturbed(
    project: Project,
) -> None:
    before = project.hashes()
    edit(project, "lenet/core/errors.py")
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
        cure(project)
    project.repro()
    after = project.hashes()
    assert {name: after[name] for name in after if not name.endswith(".tmp")} == before


@pytest.mark.parametrize("name", ["dvc.lock", ".dvc/tmp/rwlock"])
def test_a_file_that_dvc_left_half_written_is_cured_as_the_docs_advise(
    project: Project, name: str
) -> None:
    text = (project.path / name).read_text()
    (project.path / name).write_text(text[: len(text) // 2])
    cure(project)
    assert project.repro() == []


def test_an_interrupted_training_loses_nothing(project: Project) -> None:
    before = project.hashes()
    project.set({"epochs": 400})
    interrupted(project, signal.SIGINT, "epoch 1,", wait=0.5)
    project.run("python -m lenet experiments")
    project.set({"epochs": SMALL["epochs"]})
    assert project.repro() == []
    assert project.hashes() == before


def test_parameters_that_change_while_training_are_not_tied_to_its_results(
    project: Project,
) -> None:
    lock = project.path / "dvc.lock"
    before = lock.read_bytes()
    project.set({"epochs": 40})
    with project.started("dvc repro") as repro:
        assert repro.stdout
        next(line for line in repro.stdout if line.startswith("epoch 1,"))
        project.set({"lr": 0.02})
        said = repro.stdout.read()
    assert repro.returncode != 0, said
    assert "error: changed while this stage ran: lr. Its results are not kept" in said
    assert lock.read_bytes() == before
    # Nothing is restored that the rate did not make.
    assert "epoch 1," in project.run("dvc repro")
    assert "lr: 0.02" in lock.read_text()


def test_where_memory_is_short_one_line_says_so(project: Project) -> None:
    project.set({"network.image_size": 512, "batch_size": 200})
    train = "python -m stages.train data/npz/train.npz networks curves"
    (project.path / "train.sh").write_text(f"ulimit -v 4000000\n{train}\n")
    output = project.run("sh train.sh", fails=True)
    assert output.startswith("error: there is not enough memory for MXNet. Lower batch_size")
    assert output.count("\n") == 1
