"""The commands that read the results of other revisions, by real git and DVC."""

import csv
import io
import re

import pytest

from tests.project import Project

LENET = "python -m lenet"


@pytest.mark.slow
def test_runs_are_listed_and_compared(branched: Project) -> None:
    # On `feature`, where test_shift is 0.
    table = branched.run(f"{LENET} experiments")
    assert max(map(len, table.splitlines())) <= 100
    rows = {row["test_shift"]: row for row in branched.table(f"{LENET} experiments --csv")}
    assert {*rows} == {"0", "0.09"}
    # The workspace is the branch, and its experiment.
    assert rows["0"]["run"].startswith("workspace, feature")
    errors = branched.json("metrics/test.json")["errors"]
    assert float(rows["0"]["errors_mean"]) == errors

    said = branched.run(f"{LENET} compare main")
    after = branched.csv("metrics/predictions.csv")
    before = csv.DictReader(io.StringIO(branched.run("git show main:metrics/predictions.csv")))
    pairs = [*zip(before, after, strict=True)]
    fixed = sum(old["predicted"] != old["actual"] == new["predicted"] for old, new in pairs)
    broken = sum(old["predicted"] == old["actual"] != new["predicted"] for old, new in pairs)
    assert fixed + broken > 0
    assert f"fixed {fixed}, broken {broken}" in said
    # Revisions of git alone need no workspace.
    assert said == branched.run(f"{LENET} compare main feature").replace("feature", "workspace")
    # Without names it is HEAD against the workspace, like `dvc metrics diff`.
    said = branched.run(f"{LENET} compare")
    assert "fixed 0, broken 0" in said
    assert "both are one recipe" in said
    assert f"fixed {broken}, broken {fixed}" in branched.run(f"{LENET} compare workspace main")

    result = branched.run(f"{LENET} results")
    assert f"{errors} errors in 360 images" in result
    assert "report: metrics/report.html" in result
    other = branched.run(f"{LENET} results main")
    (get,) = re.findall("report: `(dvc get .*)` brings it", other)
    branched.run(get)
    brought = (branched.path / "report.html").read_text()
    assert brought.startswith("<!DOCTYPE html>")
    assert brought != (branched.path / "metrics/report.html").read_text()

    stale = "warning: the results in the workspace are not those of params.yaml;"
    assert stale not in result
    branched.set({"lr": 0.3})
    for command in ("results", "compare main", "experiments"):
        assert stale in branched.run(f"{LENET} {command}")
    assert stale not in branched.run(f"{LENET} compare main feature")
    assert "unknown Git revision" in branched.run(f"{LENET} compare nowhere", fails=True)

    # Results of other test images are not compared.
    branched.run("git checkout --quiet .")
    text = (branched.path / "data/sources/digits/test.txt").read_text().splitlines(keepends=True)
    (branched.path / "data/raw/fewer.txt").write_text("".join(text[:-10]))
    branched.run("dvc add data/raw/fewer.txt")
    branched.run("dvc exp run -S test_file=data/raw/fewer.txt")
    said = branched.run(f"{LENET} compare main", fails=True)
    assert "different test images" in said


@pytest.mark.slow
def test_recipes_are_compared_by_seeds_and_missing_ones_are_trained(branched: Project) -> None:
    # Another run has a file that these lack.
    other = branched.path / "data/raw/other.txt"
    other.write_bytes((branched.path / "data/sources/digits/test.txt").read_bytes())
    branched.run("dvc exp run -S test_file=data/raw/other.txt")
    branched.run("git checkout --quiet .")
    branched.run("dvc checkout --quiet")
    other.unlink()
    said = branched.run(f"{LENET} compare main feature --seeds 2")
    for name in ("validation loss", "test errors"):
        assert re.search(rf"{name}: mean of main [\d.]+, of feature [\d.]+ \(2 seeds\)", said)
    assert "too few seeds to tell" in said
    assert branched.run("git status --porcelain") == ""
    table = branched.table(f"{LENET} experiments --csv")
    rows = [row for row in table if "other" not in row["test_file"]]
    assert {row["test_shift"]: row["seeds"] for row in rows} == {"0": "2", "0.09": "2"}
    mean = sum(float(row["errors_mean"]) for row in rows if row["test_shift"] == "0")
    assert f"of feature {mean:.1f} (2 seeds)" in said
    # Nothing is missing now.
    assert said.startswith(branched.run(f"{LENET} compare main feature"))

    # Results that are not of params.yaml belong to no recipe.
    branched.set({"lr": 0.3})
    said = branched.run(f"{LENET} compare main")
    assert re.search(r"^test errors: main .* over 2 seeds, workspace \d+$", said, re.M)
    refused = branched.run(f"{LENET} compare main --seeds 2", fails=True)
    assert "workspace: its results are not those of its code" in refused

    # Another code is another recipe, which cannot be trained here.
    branched.run("git checkout --quiet .")
    (branched.path / "lenet/core/__init__.py").write_text('"""Other code."""\n')
    refused = branched.run(f"{LENET} compare main feature --seeds 3", fails=True)
    assert "main: its code or data are not the workspace's" in refused
