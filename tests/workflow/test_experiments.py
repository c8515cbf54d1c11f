"""Sweeps: experiments of DVC's queue that run beside each other and beside the workspace."""

import re
import subprocess
import time
from contextlib import suppress

import psutil
import pytest
from ruamel.yaml import YAML

from tests.project import Project

pytestmark = pytest.mark.slow

# Seconds; a busy machine takes minutes for what a quiet machine does in one.
PATIENCE = 600
SWEEP = "dvc exp run --queue -S lr=0.02,0.06,0.1"


def queue(project: Project) -> dict[str, str]:
    """Return the state of each experiment of the queue by its name."""
    status = project.run("dvc queue status")
    return dict(re.findall(r"^\w{7} +(\S+) +.* (Queued|Running|Success|Failed)$", status, re.M))


def wait_for_idle_workers(project: Project) -> None:
    """Wait until no worker is active, and none takes up another experiment."""
    deadline = time.monotonic() + PATIENCE
    in_a_row = 0
    while in_a_row < 3:
        status = project.run("dvc queue status")
        in_a_row = in_a_row + 1 if "Worker status: 0 active" in status else 0
        assert time.monotonic() < deadline, status
        time.sleep(1)


def processes(project: Project, kind: str) -> list[psutil.Process]:
    """Return the processes of a kind that work on the project's queue."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = str(project.path) in " ".join([process.cwd(), *process.cmdline()])
            if mine and kind in process.cmdline():
                found.append(process)
        except psutil.Error:
            continue
    return found


def outputs(lock: str) -> dict[str, str]:
    """Return the hash of each output of a workflow by its path in dvc.lock."""
    stages = YAML(typ="safe").load(lock)["stages"].values()
    return {out["path"]: out["md5"] for stage in stages for out in stage["outs"]}


def test_a_sweep_survives_a_killed_worker_and_gives_the_same_bytes(
    project: Project, branched: Project
) -> None:
    project.run(SWEEP)
    project.run("dvc queue start --jobs 2")
    deadline = time.monotonic() + PATIENCE
    while not (workers := processes(project, "queue-worker")) or not (
        runs := processes(project, "exec-run")
    ):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    # A worker, and the stages that a worker runs.
    for process in (workers[0], runs[0], *runs[0].children(recursive=True)):
        # A child may have ended by itself.
        with suppress(psutil.NoSuchProcess):
            process.kill()
    wait_for_idle_workers(project)
    # An experiment whose worker is gone counts as running until a user kills it.
    deadline = time.monotonic() + PATIENCE
    while running := [name for name, state in queue(project).items() if state == "Running"]:
        assert time.monotonic() < deadline
        for name in running:
            # DVC refuses it where the experiment has ended meanwhile without its worker.
            command = ["dvc", "queue", "kill", name]
            subprocess.run(command, cwd=project.path, check=False)
    states = queue(project).values()
    assert set(states) <= {"Success", "Failed"}
    assert "Failed" in states

    # The same sweep by four workers takes finished experiments from the cache.
    project.run("dvc queue remove --failed")
    project.run(SWEEP)
    project.run("dvc queue start --jobs 4")
    deadline = time.monotonic() + PATIENCE
    while {"Queued", "Running"} & set(queue(project).values()):
        assert time.monotonic() < deadline, queue(project)
        time.sleep(1)
    assert set(queue(project).values()) == {"Success"}
    rows = [row for row in project.experiments() if row["typ"] != "baseline"]
    assert {row["lr"] for row in rows} == {"0.02", "0.06", "0.1"}
    assert all(float(row["accuracy"]) > 0.9 for row in rows)
    # The workspace has not been touched.
    assert project.run("git status --porcelain") == ""
    # The results have the bytes that a run in the workspace gives.
    name = next(row["Experiment"] for row in rows if row["lr"] == "0.02")
    (revision,) = re.findall(rf"^(\w+)\s.*{name}$", project.run("git for-each-ref"), re.M)
    lock = project.run(f"git show {revision}:dvc.lock")
    assert outputs(lock) == outputs((branched.path / "dvc.lock").read_text())


def test_an_experiment_beside_a_repro_disturbs_neither(project: Project, branched: Project) -> None:
    project.run("dvc exp run --queue -S lr=0.02")
    project.set({"lr": 0.02})
    with project.started("dvc repro") as repro:
        assert repro.stdout
        next(line for line in repro.stdout if line.startswith("epoch 1,"))
        project.run("dvc queue start")
        repro.stdout.read()
    assert repro.returncode == 0
    assert project.hashes() == branched.hashes()
    wait_for_idle_workers(project)
    assert list(queue(project).values()) == ["Success"]
    (row,) = (row for row in project.experiments() if row["typ"] != "baseline")
    assert float(row["log_loss"]) == branched.json("metrics/test.json")["log_loss"]
