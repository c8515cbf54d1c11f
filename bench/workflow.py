"""The time of the workflow: cold, with nothing to do, and of each stage and its imports."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from bench.report import clone, compared, run, seconds

ROUNDS = 7


def empty_project(folder: Path) -> Path:
    """Return a DVC project without any stage."""
    folder.mkdir()
    run(["git", "init", "--quiet"], folder)
    run(["dvc", "init", "--quiet"], folder)
    (folder / "dvc.yaml").write_text("stages: {}\n")
    return folder


def stages(folder: Path) -> list[str]:
    """Return the stages of the default workflow in their order, as `dvc repro` takes them."""
    names = run([sys.executable, "-m", "dvc", "stage", "list", "--name-only"], folder).split()
    return ["data/dvc.yaml:usps", *names]


def measure() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each table with its title."""
    with tempfile.TemporaryDirectory() as name:
        os.environ |= {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": f"{name}/site"}
        ours, empty = clone(Path(name, "ours")), empty_project(Path(name, "empty"))
        rows = []
        for stage in stages(ours):
            module = "fetch" if stage.startswith("data/") else stage.partition("@")[0]
            whole = seconds(["dvc", "repro", "--single-item", "--force", stage], ours)
            imports = seconds([sys.executable, "-c", f"import stages.{module}"], ours)
            rows.append({"stage": stage, "seconds": whole, "its imports": imports})
        table = pd.DataFrame(rows)
        table.insert(2, "share", (table["seconds"] / table["seconds"].sum()).map("{:.1%}".format))
        yield "Every stage by itself, by `dvc repro --single-item --force`", table.round(2)

        whole = seconds(["dvc", "repro"], clone(Path(name, "cold")))
        cold = pd.DataFrame([{"seconds": round(whole, 1)}])
        yield "A cold `dvc repro`, everything from the download on", cold

        idle: dict[str, list[float]] = {"an empty DVC project": [], "this project": []}
        for _ in range(ROUNDS):
            for times, folder in zip(idle.values(), (empty, ours), strict=True):
                times.append(seconds(["dvc", "repro"], folder))
        title = f"`dvc repro` with nothing to do, {ROUNDS} rounds"
        yield title, compared(idle, "an empty DVC project", "seconds")
