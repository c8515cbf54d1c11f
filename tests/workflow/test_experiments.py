"""A sweep: experiments of DVC's queue that run beside each other and beside the workspace."""

import re
import time

import pytest
from ruamel.yaml import YAML

from tests.project import Project


def outputs(lock: str) -> dict[str, str]:
    """Return the hash of each output of a workflow by its path in dvc.lock."""
    stages = YAML(typ="safe").load(lock)["stages"].values()
    return {out["path"]: out["md5"] for stage in stages for out in stage["outs"]}


@pytest.mark.slow
def test_a_sweep_gives_the_bytes_of_a_repro_beside_it(project: Project) -> None:
    project.run("dvc exp run --queue -S lr=0.02,0.06,0.1")
    project.set({"lr": 0.02})
    with project.started("dvc repro") as repro:
        assert repro.stdout
        next(line for line in repro.stdout if line.startswith("epoch 1,"))
        project.run("dvc queue start --jobs 2")
        repro.stdout.read()
    assert repro.returncode == 0
    made = outputs((project.path / "dvc.lock").read_text())
    project.run("git checkout --quiet .")
    # Minutes, on a busy machine.
    deadline = time.monotonic() + 600
    while re.search("Queued|Running", said := project.run("dvc queue status")):
        assert time.monotonic() < deadline, said
        time.sleep(1)
    assert said.count("Success") == 3
    rows = [row for row in project.table("dvc exp show --csv") if row["typ"] != "baseline"]
    assert {row["lr"] for row in rows} == {"0.02", "0.06", "0.1"}
    assert all(float(row["accuracy"]) > 0.9 for row in rows)
    assert project.run("git status --porcelain") == ""
    name = next(row["Experiment"] for row in rows if row["lr"] == "0.02")
    (revision,) = re.findall(rf"^(\w+)\s.*{name}$", project.run("git for-each-ref"), re.M)
    assert outputs(project.run(f"git show {revision}:dvc.lock")) == made
