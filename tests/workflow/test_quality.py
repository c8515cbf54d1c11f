"""The way of docs/quality.md: wrong labels are found, corrected, and their cost is measured."""

import signal
from pathlib import Path

import numpy as np
import pytest

from tests.project import TRAINED, Project

LENET = "python -m lenet"
# A name may have blanks.
RAW = "data/raw/my digits.txt"


def relabel(path: Path, share: float) -> list[int]:
    """Give a share of the lines of an image-text file another label; return their indices."""
    lines = path.read_text().splitlines()
    generator = np.random.default_rng(0)
    wrong = np.sort(generator.choice(len(lines), round(share * len(lines)), replace=False))
    for index in wrong:
        label, pixels = lines[index].split(" ", 1)
        lines[index] = f"{(int(label) + generator.integers(1, 10)) % 10} {pixels}"
    path.write_text("\n".join(lines) + "\n")
    return wrong.tolist()


def interrupt_a_search(project: Project) -> None:
    """Start `lenet label-issues`, and type Ctrl-C when the first fold is done."""
    with project.started(f"{LENET} label-issues") as search:
        assert search.stdout
        next(line for line in search.stdout if line.endswith(" of 5 is done\n"))
        search.send_signal(signal.SIGINT)
        assert "Traceback" not in search.stdout.read()
    assert search.returncode == -signal.SIGINT


@pytest.mark.slow
def test_wrong_labels_are_found_corrected_and_compared(project: Project, tmp_path: Path) -> None:
    raw = project.path / RAW
    project.run(f"{LENET} convert data/sources/digits/train.jf '{RAW}'")
    right = raw.read_text().splitlines()
    wrong = relabel(raw, 0.02)
    project.run(f"dvc add '{RAW}'")
    project.set({"train_file": RAW})
    project.repro()
    project.commit("errors")
    project.run("git tag v1")
    before = project.hashes()

    interrupt_a_search(project)
    said = project.run(f"{LENET} label-issues")
    assert 1 <= said.count(" of 5 is done\n") <= 4
    issues = project.csv("metrics/label_issues.csv")
    looked_at = [int(row["index"]) for row in issues[: round(1.5 * len(wrong))]]
    found = sorted(set(looked_at) & set(wrong))
    assert len(found) >= 0.9 * len(wrong)
    for row in issues:
        assert row["place"] == f"line {int(row['index']) + 1}, record {int(row['index']) + 1}"
    assert (project.path / "metrics/label_issues.png").stat().st_size > 10_000
    # The workflow itself is as it was.
    assert project.repro() == []

    # The user corrects what was planted and found, all but one.
    found.pop()
    lines = raw.read_text().splitlines()
    for index in found:
        lines[index] = right[index]
    raw.write_text("\n".join(lines) + "\n")
    project.run(f"dvc add '{RAW}'")
    changes = project.table(f"{LENET} diff v1 --csv")
    assert [row["change"] for row in changes] == ["relabelled"] * len(found)
    for name in ("new_record", "new_line"):
        assert [int(row[name]) - 1 for row in changes] == found

    assert project.repro() == ["convert@train", *TRAINED]
    assert "metrics/test.json" in project.run("dvc metrics diff v1")
    assert "fixed" in project.run(f"{LENET} compare v1")
    project.commit("corrected")
    # A remote that is in git since v1 would not be known at v1.
    clone, add = Project(tmp_path / "clone"), "dvc remote add --local --default store"
    project.run(f"{add} {tmp_path}/store")
    project.run("dvc push --all-commits")
    project.run(f"git clone --quiet {project.path} {clone.path}")
    clone.run(f"{add} {tmp_path}/store")
    for revision, hashes in (("v1", before), ("main", project.hashes())):
        clone.run(f"git checkout --quiet {revision}")
        clone.run("dvc pull")
        assert {name: clone.hashes()[name] for name in hashes} == hashes

    # New images are joined to the old ones.
    project.run(f"cp '{RAW}' data/raw/old.txt")
    project.run(f"{LENET} convert data/raw/old.txt data/sources/digits/test.txt '{RAW}'")
    project.run(f"dvc add '{RAW}'")
    changes = project.table(f"{LENET} diff main --csv")
    assert [row["change"] for row in changes] == ["added"] * 360
    assert [int(row["new_record"]) for row in changes] == list(range(1438, 1798))
