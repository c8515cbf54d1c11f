"""The commands that read the results of other revisions, by real git and DVC."""

import csv
import io
import re

import pytest
from PIL import Image

from tests.project import Project

LENET = "python -m lenet"


@pytest.mark.slow
def test_runs_are_listed_and_compared(branched: Project) -> None:
    # On `feature`, where the rate is 0.02.
    table = branched.run(f"{LENET} experiments")
    assert max(map(len, table.splitlines())) <= 100
    assert "lr=0.05" in table
    rows = list(csv.DictReader(io.StringIO(branched.run(f"{LENET} experiments --csv"))))
    assert {row["lr"] for row in rows} == {"0.02", "0.05"}
    by_rate = {row["lr"]: row for row in rows}
    # The workspace is the branch, and its experiment.
    assert by_rate["0.02"]["run"].startswith("workspace, feature")
    assert float(by_rate["0.02"]["errors_mean"]) == branched.json("metrics/test.json")["errors"]

    said = branched.run(f"{LENET} compare main --picture differences.png")
    predicted = branched.csv("metrics/predictions.csv")
    before = list(
        csv.DictReader(io.StringIO(branched.run("git show main:metrics/predictions.csv")))
    )
    fixed = sum(
        old["predicted"] != old["actual"] == new["predicted"]
        for old, new in zip(before, predicted, strict=True)
    )
    assert f"fixed {fixed}, broken " in said
    with Image.open(branched.path / "differences.png") as picture:
        assert picture.width == 840
    # Revisions of git alone need no workspace.
    assert said == branched.run(f"{LENET} compare main feature").replace("feature", "workspace")
    # Without names it is HEAD against the workspace, like `dvc metrics diff`.
    assert "fixed 0, broken 0" in branched.run(f"{LENET} compare")
    assert f"broken {fixed}, " in branched.run(f"{LENET} compare workspace main")

    result = branched.run(f"{LENET} results")
    assert f"{branched.json('metrics/test.json')['errors']} errors in 360 images" in result
    assert "report: metrics/report.html" in result
    assert branched.run(f"{LENET} results workspace") == result
    other = branched.run(f"{LENET} results main")
    assert other != result
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
    branched.set({"lr": 0.02})
    assert branched.run(f"{LENET} results") == result
    (branched.path / "metrics/test.json").write_text("{}")
    assert stale in branched.run(f"{LENET} compare main")
    branched.run("git checkout metrics")
    assert "nowhere: metrics/data_test.json cannot be read" in branched.run(
        f"{LENET} compare nowhere", fails=True
    )


@pytest.mark.slow
def test_other_test_images_are_not_compared(branched: Project) -> None:
    branched.run("git checkout --quiet main")
    text = (branched.path / "data/sources/digits/test.txt").read_text().splitlines(keepends=True)
    (branched.path / "data/raw/fewer.txt").write_text("".join(text[:-10]))
    branched.run("dvc add data/raw/fewer.txt")
    branched.run("dvc exp run -S test_file=data/raw/fewer.txt")
    said = branched.run(f"{LENET} compare feature", fails=True)
    assert "feature and workspace: were evaluated on different test images" in said
