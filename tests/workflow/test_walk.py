"""The walk of a user who comes with files of their own, by real git and DVC."""

import csv
import io
import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests import letters
from tests.project import STAGES, Project

LENET = "python -m lenet"
QUICK = "-S epochs=30 -S batch_size=32 -S network.image_size=16 -S validation_fraction=0.1"


def pasted(inspected: str) -> str:
    """Return the command that `lenet inspect` prints last, as a shell reads it."""
    return " ".join(shlex.split(inspected.splitlines()[-1]))


@pytest.fixture
def own(reproduced: Project, tmp_path: Path) -> Project:
    """A clone whose path has a blank and a letter outside ASCII."""
    return reproduced.copy(tmp_path / "mes données" / "lenet")


@pytest.mark.slow
def test_letters_in_one_file_are_inspected_split_added_and_trained_on(own: Project) -> None:
    letters.write_jf(own.path / "letters.jf", 25)
    said = own.run(f"{LENET} inspect letters.jf")
    assert "650, of 28 x 28 pixels" in said
    assert pasted(said) == (
        "dvc exp run -S train_file=letters-train.npz -S test_file=letters-test.npz "
        "-S validation_fraction=0.1 -S raw.side=28 -S raw.pixel_range=[0,255] "
        "-S raw.first_label=1 -S raw.classes=26 -S raw.class_names=[] -S raw.transpose=false"
    )
    # Without the settings, the commands lead to `lenet inspect`.
    parts = "data/raw/train.jf data/raw/test.jf"
    assert "lenet inspect" in own.run(f"{LENET} split letters.jf {parts}", fails=True)
    (options,) = re.findall("--side .*", said)
    own.run(f"{LENET} split letters.jf {parts} {options}")

    said = own.run(f"{LENET} inspect {parts}")
    assert said.splitlines()[-2] == f"dvc add {parts}"
    own.run(f"dvc add {parts}")
    command = pasted(said)
    assert command.startswith("dvc exp run -S train_file=data/raw/train.jf ")
    assert own.ran(f"{command} {QUICK}") == STAGES
    test = own.json("metrics/test.json")
    assert test["images"] == 130
    assert test["accuracy"] > 0.6
    table = own.csv("metrics/per_class.csv")
    assert [row["class"] for row in table] == [str(label) for label in range(26)]

    # The network reads files as its training file was read, and needs no option for that.
    rows = own.table(f"{LENET} predict data/raw/test.jf --format csv")
    predicted = [row["predicted"] for row in own.csv("metrics/predictions.csv")]
    assert [row["prediction"] for row in rows] == predicted


@pytest.mark.slow
def test_a_folder_of_pictures_goes_through_the_queue(reproduced: Project, tmp_path: Path) -> None:
    # DVC's queue fails where the path has a letter outside ASCII; a blank does no harm.
    project = reproduced.copy(tmp_path / "my data" / "lenet")
    letters.write_folder(project.path / "data/raw/own/mine", 25)
    command = pasted(project.run(f"{LENET} inspect data/raw/own/mine"))
    settings = command[command.index("-S raw.") :]
    assert "raw.classes=26" in settings
    project.run("dvc add data/raw/own/mine")
    files = "-S train_file=data/raw/own/mine -S test_file=data/raw/own/mine"
    assert "lenet inspect" in project.run(f"dvc exp run {files}", fails=True)
    project.run("git checkout params.yaml")
    # The queue sees what git tracks.
    project.run("git add data/raw")
    project.run(f"dvc exp run --queue --name mine {files} {settings} {QUICK}")
    project.run("dvc exp run --run-all")
    assert "650 images" in project.run(f"{LENET} results mine")
    (revision,) = re.findall(r"^(\w+)\s.*/mine$", project.run("git for-each-ref"), re.M)
    table = project.run(f"git show {revision}:metrics/predictions.csv")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert rows[0]["name"] == "A/0.png"
    assert {row["name"][0] for row in rows if row["actual"] == "Z"} == {"Z"}
    assert sum(row["actual"] == row["predicted"] for row in rows) > 0.6 * 650
    # A network reads a picture as those of its training were, and tells the class by its name.
    project.run("dvc exp apply mine")
    letter = "data/raw/own/mine/Q"
    told = project.table(f"{LENET} predict --format csv {letter}")
    assert sum(row["prediction"] == "Q" for row in told) > 0.6 * 25
    # Training and test file are compared whichever of them has changed.
    shutil.copytree(project.path / "data/raw/own/mine", project.path / "data/raw/own/other")
    (project.path / "data/raw/own/other/Q").rename(project.path / "data/raw/own/other/queue")
    error = project.run("dvc exp run -S test_file=data/raw/own/other", fails=True)
    assert "names of the classes: Q in training images, queue in test images" in error
    # One more picture of each letter reruns the conversion.
    letters.write_folder(project.path / "data/raw/own/mine", 26)
    assert "convert@train" in project.status()


@pytest.mark.slow
def test_two_branches_with_results_are_merged(branched: Project) -> None:
    branched.run("git checkout --quiet main")
    branched.run("dvc checkout --quiet")
    branched.run("dvc exp run -S augment.rotation=10")
    branched.commit("rotation")
    conflict = branched.run("git merge feature", fails=True)
    assert "CONFLICT (content): Merge conflict in dvc.lock" in conflict
    # docs/experiments.md says so.
    branched.run("git checkout HEAD -- dvc.lock metrics")
    # The network of this branch is exported as the other says.
    assert branched.repro() == ["export", "evaluate", "report"]
    branched.run("git add --all")
    branched.run("git commit --quiet --no-edit")
    assert branched.status() == {}
    params = (branched.path / "params.yaml").read_text()
    assert "\ntest_shift: 0\n" in params
    assert "rotation: 10 " in params
    assert "accuracy" in branched.run("dvc metrics diff feature main")
