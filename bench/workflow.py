"""The time of the workflow: cold, with nothing to do, and of each stage and its imports."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pandas as pd

from bench.report import compared

ROUNDS = 7
STAGES = {
    "data/dvc.yaml:usps": "fetch",
    "convert@train": "convert",
    "convert@test": "convert",
    "train": "train",
    "export": "export",
    "evaluate": "evaluate",
    "draw": "draw",
    "report": "report",
}


def seconds(command: list[str], folder: Path) -> float:
    """Run `command` in `folder` and return how long it took."""
    start = perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return perf_counter() - start


def clone(folder: Path) -> Path:
    """Return a clone of the committed state, in which nothing has been run."""
    subprocess.run(["git", "clone", "--quiet", ".", str(folder)], check=True)
    return folder


def empty_project(folder: Path) -> Path:
    """Return a DVC project without any stage."""
    folder.mkdir()
    for command in (["git", "init", "--quiet"], ["dvc", "init", "--quiet"]):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (folder / "dvc.yaml").write_text("stages: {}\n")
    return folder


def measure() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each table with its title."""
    with tempfile.TemporaryDirectory() as name:
        os.environ |= {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": f"{name}/site"}
        ours, empty = clone(Path(name, "ours")), empty_project(Path(name, "empty"))
        rows = []
        for stage, module in STAGES.items():
            whole = seconds(["dvc", "repro", "--single-item", "--force", stage], ours)
            imports = seconds([sys.executable, "-c", f"import stages.{module}"], ours)
            rows.append({"stage": stage, "seconds": whole, "its imports": imports})
        table = pd.DataFrame(rows)
        table.insert(2, "share", (table["seconds"] / table["seconds"].sum()).map("{:.1%}".format))
        yield "Every stage by itself, by `dvc repro --single-item --force`", table.round(2)

        cold = clone(Path(name, "cold"))
        whole = seconds(["dvc", "repro"], cold)
        yield (
            "A cold `dvc repro`, everything from the download on",
            pd.DataFrame([{"seconds": round(whole, 1)}]),
        )

        idle: dict[str, list[float]] = {"an empty DVC project": [], "this project": []}
        for _ in range(ROUNDS):
            for figures, folder in zip(idle.values(), (empty, ours), strict=True):
                figures.append(seconds(["dvc", "repro"], folder))
        title = f"`dvc repro` with nothing to do, {ROUNDS} rounds"
        yield title, compared(idle, "an empty DVC project", "seconds")
