"""A sweep: experiments of DVC's queue that run beside each other and beside the workspace."""

import re
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

import psutil
import pytest
from ruamel.yaml import YAML

from tests.project import Project

# Seconds; a busy machine takes minutes for what a quiet machine does in one.
PATIENCE = 600
SWEEP = "dvc exp run --queue -S lr=0.02,0.06,0.1"


def queue(project: Project) -> dict[str, str]:
    """Return the state of each experiment of the queue by its name."""
    status = project.run("dvc queue status")
    return dict(re.findall(r"^\w{7} +(\S+) +.* (Queued|Running|Success|Failed)$", status, re.M))


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def wait_for_idle_workers(project: Project) -> None:
    """Wait until no worker is active, three times in a row: none takes up another experiment."""
    idle: list[bool] = []

    def ended() -> bool:
        idle.append("Worker status: 0 active" in project.run("dvc queue status"))
        return idle[-3:] == [True] * 3

    wait_until(ended)


def processes(project: Project, kind: str) -> list[psutil.Process]:
    """Return the processes of a kind that work on the project's queue."""
    every = [(one, one.info) for one in psutil.process_iter(["cwd", "cmdline"])]
    return [
        process
        for process, info in every
        if kind in (info["cmdline"] or ()) and str(project.path) in str(info)
    ]


def kill_a_worker(project: Project) -> None:
    """Kill a worker, and the stages that a worker runs."""
    wait_until(lambda: bool(processes(project, "exec-run")))
    run = processes(project, "exec-run")[0]
    for process in (*processes(project, "queue-worker")[:1], run, *run.children(recursive=True)):
        # A child may have ended by itself.
        with suppress(psutil.NoSuchProcess):
            process.kill()


def outputs(lock: str) -> dict[str, str]:
    """Return the hash of each output of a workflow by its path in dvc.lock."""
    stages = YAML(typ="safe").load(lock)["stages"].values()
    return {out["path"]: out["md5"] for stage in stages for out in stage["outs"]}


@pytest.mark.slow
def test_a_sweep_survives_a_killed_worker_and_gives_the_bytes_of_a_repro_beside_it(
    project: Project,
) -> None:
    project.run(SWEEP)
    project.set({"lr": 0.02})
    with project.started("dvc repro") as repro:
        assert repro.stdout
        next(line for line in repro.stdout if line.startswith("epoch 1,"))
        project.run("dvc queue start --jobs 2")
        kill_a_worker(project)
        repro.stdout.read()
    assert repro.returncode == 0
    made = outputs((project.path / "dvc.lock").read_text())
    project.run("git checkout --quiet .")

    wait_for_idle_workers(project)
    # An experiment whose worker is gone counts as running until a user kills it. DVC refuses that
    # where the experiment has ended meanwhile without its worker.
    for name, state in queue(project).items():
        if state == "Running":
            command = ["dvc", "queue", "kill", name]
            subprocess.run(command, cwd=project.path, check=False)
    wait_until(lambda: {*queue(project).values()} <= {"Success", "Failed"})
    assert "Failed" in queue(project).values()

    # The same sweep by four workers takes finished experiments from the cache.
    project.run("dvc queue remove --failed")
    project.run(SWEEP)
    project.run("dvc queue start --jobs 4")
    wait_until(lambda: not {"Queued", "Running"} & {*queue(project).values()})
    assert {*queue(project).values()} == {"Success"}
    rows = [row for row in project.table("dvc exp show --csv") if row["typ"] != "baseline"]
    assert {row["lr"] for row in rows} == {"0.02", "0.06", "0.1"}
    assert all(float(row["accuracy"]) > 0.9 for row in rows)
    assert project.run("git status --porcelain") == ""
    name = next(row["Experiment"] for row in rows if row["lr"] == "0.02")
    (revision,) = re.findall(rf"^(\w+)\s.*{name}$", project.run("git for-each-ref"), re.M)
    assert outputs(project.run(f"git show {revision}:dvc.lock")) == made
