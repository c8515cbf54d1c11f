"""The way of docs/quality.md: wrong labels are found, corrected, and their cost is measured."""

import csv
import signal
from pathlib import Path

import numpy as np
import pytest

from tests.project import TRAINED, Project

LENET = "python -m lenet"
# A name may have blanks.
RAW = "data/raw/my digits.txt"


def mislabel(path: Path, share: float) -> list[int]:
    """Give a share of the lines of an image-text file another label; return their indices."""
    lines = path.read_text().splitlines()
    generator = np.random.default_rng(0)
    wrong = np.sort(generator.choice(len(lines), round(share * len(lines)), replace=False))
    for index in wrong:
        label, pixels = lines[index].split(" ", 1)
        lines[index] = f"{(int(label) + generator.integers(1, 10)) % 10} {pixels}"
    path.write_text("\n".join(lines) + "\n")
    return wrong.tolist()


def correct(project: Project, issues: list[dict[str, str]], new_labels: dict[str, str]) -> str:
    """Give images new labels, by index, as after `lenet review --label-issues`.

    Returns what `lenet relabel` says.
    """
    project.run(f"{LENET} review --label-issues")
    assert (project.path / "review.html").read_text().count('"title"') == len(issues)
    columns = ["place", "hash", "label", "new_label"]
    with (project.path / "corrections.csv").open("w") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        for row in issues:
            if row["index"] in new_labels:
                writer.writerow(row | {"new_label": new_labels[row["index"]]})
    command = f"{LENET} relabel '{RAW}' corrections.csv '{RAW}'"
    said = project.run(command)
    # The table is for the file as it was.
    now = (project.path / RAW).read_bytes()
    assert "as in corrections.csv" in project.run(command, fails=True)
    assert (project.path / RAW).read_bytes() == now
    return said


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
    wrong = mislabel(raw, 0.02)
    # The file in the workspace and that in the cache are one.
    project.run("dvc config cache.type hardlink")
    project.run(f"dvc add '{RAW}'")
    assert raw.stat().st_nlink == 2
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

    # The user corrects what was planted and found, all but one, and leaves the last of them out.
    found.pop()
    left_out = found.pop()
    new_labels = {str(index): right[index].split()[0] for index in found}
    said = correct(project, issues, new_labels | {str(left_out): "left out"})
    assert f"relabelled {len(found)}, left out 1, unchanged {1436 - len(found)}" in said
    project.run(f"dvc add '{RAW}'")
    changes = project.table(f"{LENET} diff v1 --csv")
    assert [row["change"] for row in changes] == ["relabelled"] * len(found) + ["removed"]
    for name in ("old_record", "old_line"):
        assert [int(row[name]) - 1 for row in changes] == [*found, left_out]

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
    assert [int(row["new_record"]) for row in changes] == list(range(1437, 1797))
