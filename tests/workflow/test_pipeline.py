"""The workflow as users use it: real DVC and real git in a clone in a temporary folder.

Scikit-learn's digits and a small recipe make it quick. Each test works in a copy of a project that
has been reproduced once. test_alone.py runs the stages without DVC.
"""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from lenet.core import npz
from stages import evaluate
from tests.conftest import Typed
from tests.project import PICTURES, ROOT, STAGES, TEST_FILE, TRAIN_FILE, Project


def test_the_workflow_leaves_every_result_where_it_belongs(reproduced: Project) -> None:
    # The user's folder stays as it is.
    assert [path.name for path in (reproduced.path / "data/raw").iterdir()] == [".gitignore"]
    headline = reproduced.json("metrics/test.json")
    assert headline["images"] == 360
    assert headline["accuracy"] > 0.9
    assert headline["error_rate_low"] < headline["error_rate"] < headline["error_rate_high"]
    assert reproduced.json("metrics/data_train.json")["images"] == 1437
    rows = reproduced.csv("metrics/predictions.csv")
    assert len(rows) == 360
    assert sum(row["actual"] != row["predicted"] for row in rows) == headline["errors"]
    curves = reproduced.csv("metrics/training/curves.csv")
    assert [row["epoch"] for row in curves] == ["1", "2", "3", "4", "5"]
    last = reproduced.json("metrics/training/metrics.json")
    assert float(curves[-1]["validation_loss"]) == last["validation_loss"] > 0
    # DVC keeps data and models; git keeps results, locks and parameters.
    tracked = reproduced.run("git ls-files").split()
    for name in ("dvc.lock", f"{TRAIN_FILE}.dvc", "metrics/test.json", "metrics/confusion.png"):
        assert name in tracked
    assert not [name for name in tracked if name.endswith((".npz", ".params", ".jf"))]


# Files of editors, of file managers, of Jupyter and of Python.
LEFTOVERS = (
    *("measures.py~", ".measures.py.swp", "#measures.py#", ".#measures.py", ".DS_Store"),
    *(".ipynb_checkpoints/measures-checkpoint.py", "__pycache__/new.pyc"),
)


def test_only_an_edit_of_what_a_stage_lists_runs_it_again(project: Project) -> None:
    assert project.run("git status --porcelain") == ""
    for package in {path.parent for path in (project.path / "lenet").rglob("*.py")}:
        for name in LEFTOVERS:
            (package / name).parent.mkdir(exist_ok=True)
            (package / name).write_text("left\n")
    assert project.status() == {}

    for name in ("figures/__init__.py", "report/templates/report.md.jinja", "predict/__init__.py"):
        with (project.path / "lenet" / name).open("a") as code:
            code.write("# edited\n")
    assert project.status() == {
        "evaluate": [{"changed deps": {"lenet/figures": "modified"}}],
        "draw": [{"changed deps": {"lenet/figures": "modified"}}],
        "report": [{"changed deps": {"lenet/report": "modified"}}],
    }


def test_what_is_set_back_deleted_or_damaged_comes_out_of_the_cache(
    branched: Project, reproduced: Project
) -> None:
    assert branched.hashes() != reproduced.hashes()
    branched.set({"test_shift": 0.09})
    (branched.path / "models/lenet-0000.params").unlink()
    (branched.path / "metrics/data_test.json").unlink()
    shutil.rmtree(branched.path / "metrics/training")
    images = branched.path / "data/npz/train.npz"
    content = bytearray(images.read_bytes())
    content[2000] ^= 1
    images.write_bytes(content)
    assert branched.repro() == []
    assert branched.hashes() == reproduced.hashes()


@pytest.mark.slow
def test_ones_own_test_file_reruns_what_reads_it_and_a_fault_in_it_loses_nothing(
    project: Project,
) -> None:
    before = project.hashes()
    mine = project.path / "data/raw/mine.txt"
    lines = (project.path / TEST_FILE).read_text().splitlines(keepends=True)
    mine.write_text("".join(lines[:100]))
    project.run("dvc add data/raw/mine.txt")
    project.set({"test_file": "data/raw/mine.txt"})
    assert project.repro() == ["convert@test", "export", "evaluate", "report"]
    assert project.json("metrics/test.json")["images"] == 100
    diff = project.run("dvc metrics diff --md")
    assert re.search(r"metrics/test.json +\| images +\| 360 +\| 100 ", diff)

    mine.write_text("".join(lines[:100]) + "7 257:0.5\n")
    output = project.run("dvc repro", fails=True)
    assert output.count("error: data/raw/mine.txt, line 101, record 101: ") == 1
    # DVC removes a stage's outputs before it runs the stage; its cache has them.
    project.set({"test_file": TEST_FILE})
    assert project.repro() == []
    assert project.hashes() == before


def test_test_images_among_the_training_images_and_classes_without_any_are_named(
    reproduced: Project, typed: Typed, tmp_path: Path
) -> None:
    # The stage convert@test would do this if test_file were the training file.
    images = npz.load(reproduced.path / "data/npz/train.npz", 10)[:50]
    for name in ("train", "test"):
        npz.save(images, tmp_path / f"{name}.npz")
    evaluated = reproduced.path / "models/lenet.onnx", tmp_path, "metrics"
    done = typed(evaluate.main, *evaluated)
    assert done.returncode == 0
    assert "warning: 50 of the test images are training images too" in done.stdout
    rows = Project(tmp_path).csv("metrics/predictions.csv")
    assert [row["train_index"] for row in rows] == [row["index"] for row in rows]
    npz.save(images[np.flatnonzero(images.labels != 3)], tmp_path / "train.npz")
    said = typed(evaluate.main, *evaluated).stdout
    assert "warning: no training image is of class 3\n" in said


def test_branches_are_compared_in_a_fresh_clone_that_pulled_nothing(
    branched: Project, tmp_path: Path
) -> None:
    # The branch `feature` was made by `dvc exp run -S test_shift=0`, which left the rest as it was.
    assert branched.run("git diff --numstat main -- params.yaml").split()[:2] == ["1", "1"]
    assert "\ntest_shift: 0\n" in (branched.path / "params.yaml").read_text()
    before = json.loads(branched.run("git show main:metrics/test.json"))["log_loss"]
    clone = Project(tmp_path / "clone")
    branched.run(f"git clone --quiet {branched.path} {clone.path}")
    clone.run("git branch --quiet main origin/main")
    diff = json.loads(clone.run("dvc metrics diff main feature --json"))
    shown = diff["metrics/test.json"]["log_loss"]
    assert shown["old"] == before
    assert shown["new"] == branched.json("metrics/test.json")["log_loss"] != before
    assert not (clone.path / "models/lenet-0000.params").exists()


@pytest.mark.slow
def test_every_source_group_and_list_can_be_set_on_the_command_line(project: Project) -> None:
    raw = project.path / "data/raw/libsvm.txt"
    project.run(f"python -m lenet convert {TEST_FILE} all.jf")
    with raw.open("w") as file:
        for line in (project.path / "all.jf").read_text().splitlines()[1:-1]:
            label, *pixels = map(float, line.split())
            pairs = (f"{i}:{pixel - 1:g}" for i, pixel in enumerate(pixels, 1))
            print(int(label) + 1, *pairs, file=file)
    (project.path / "all.jf").unlink()
    project.run("dvc add data/raw/libsvm.txt")
    before = npz.load(project.path / "data/npz/test.npz")
    written = (project.path / "params.yaml").read_text()
    project.run(
        "dvc exp run -S test_file=data/raw/libsvm.txt -S raw.first_label=1 "
        "-S raw.pixel_range=[-1,1] -S augment.rotation=0 -S lr=0.1 convert@test"
    )
    data = npz.load(project.path / "data/npz/test.npz")
    np.testing.assert_array_equal(data.images, before.images)
    np.testing.assert_array_equal(data.labels, before.labels)
    assert data.reading["pixel_range"] == [-1, 1]
    # The file is the one that a user would have written: each comment stays, and each other byte.
    for old, new in (
        (f"test_file: {TEST_FILE}", "test_file: data/raw/libsvm.txt"),
        ("first_label: 0", "first_label: 1"),
        ("  - 0\n  - 2\n", "  - -1\n  - 1\n"),
        ("rotation: 12 ", "rotation: 0  "),
        ("lr: 0.05", "lr: 0.1"),
    ):
        written = written.replace(old, new)
    assert (project.path / "params.yaml").read_text() == written


@pytest.mark.slow
def test_an_unknown_parameter_is_refused_and_nothing_is_lost(project: Project) -> None:
    before = project.hashes()
    message = "Key 'learning_rate' is not in struct"
    assert message in project.run("dvc exp run -S learning_rate=1", fails=True)
    # A key that no stage reads reruns the report alone, which refuses it.
    with (project.path / "params.yaml").open("a") as file:
        file.write("learning_rate: 0.1\n")
    assert "learning_rate: unknown parameter" in project.run("dvc repro", fails=True)
    project.run("git checkout --quiet params.yaml")
    assert project.repro() == []
    assert project.hashes() == before


@pytest.mark.slow
def test_made_anew_elsewhere_everything_has_the_same_bytes(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In another folder, time zone, encoding and order of sets.
    for name, value in (("TZ", "Asia/Kolkata"), ("LC_ALL", "C"), ("PYTHONHASHSEED", "7")):
        monkeypatch.setenv(name, value)
    output = project.run("sh tools/reproduce.sh")
    assert output.count("Running stage '") == len(STAGES)
    assert "\nAll files are the same to the byte.\n" in output
    assert project.run("git status --porcelain") == ""


def test_the_report_leads_to_the_commit_that_made_it(
    branched: Project, reproduced: Project
) -> None:
    first = branched.run("git rev-parse --short main").strip()
    report = (reproduced.path / "metrics/report.md").read_text()
    command = re.search(r"^    (git log .*)$", report, re.M)
    assert command
    # The first commit brought the network; the experiment and its branch replaced the network.
    assert branched.run(command[1]).splitlines()[-1].split()[0] == first
    # The report names its data by the hashes that DVC knows.
    lock = branched.run(f"git show {first}:dvc.lock")
    hashes = {*re.findall(r"\| ([0-9a-f]{32}) \|", report)}
    assert len(hashes) == 6
    assert all(f"md5: {md5}\n" in lock for md5 in hashes)
    pictures = re.findall(r"!\[.+\]\((.+)\)", report)
    assert sorted(pictures) == sorted(PICTURES)
    assert all((reproduced.path / "metrics" / picture).is_file() for picture in pictures)


@pytest.mark.slow
def test_a_pull_request_is_told_what_it_changes(branched: Project) -> None:
    script = f"sh {ROOT}/tools/pull_request.sh {{}} https://example.org/metrics"
    assert "\nNo metric differs from the base branch.\n" in branched.run(script.format("HEAD"))
    comment = branched.run(script.format("main"))
    assert re.search(r"\| metrics/test.json +\| log_loss +\| [\d.]+ +\| [\d.]+ +\|", comment)
    for text in ("McNemar's exact test", " test images: error rate ", "\n### Class by class\n"):
        assert text in comment
    assert "Run again here" not in comment
    pictures = re.findall(r"^!\[.+\]\(https://example.org/(metrics/.+)\)$", comment, re.M)
    assert len(pictures) == len(PICTURES)
    assert all((branched.path / picture).is_file() for picture in pictures)
    (branched.path / "metrics/test.json").write_text('{"errors": 0}\n')
    assert "**Run again here, the results differ" in branched.run(script.format("main"))


@pytest.mark.slow
def test_the_run_of_the_notebook_is_one_command(project: Project) -> None:
    # An empty INSTALLED means no set-up: the environment is the one that runs the tests.
    output = project.run("make notebook INSTALLED=")
    # On the plateau every image is taken for the same digit.
    accuracy = re.search(r"test accuracy ([\d.]+)", output)
    assert accuracy
    assert float(accuracy[1]) < 0.3
    rows = project.table("dvc exp show --csv")
    (row,) = (row for row in rows if row["Experiment"] == "notebook")
    assert (row["network.activation"], row["lr"], row["epochs"]) == ("sigmoid", "0.9", "10")
    assert float(row["accuracy"]) == pytest.approx(float(accuracy[1]), abs=1e-4)
    assert project.run("git status --porcelain") == ""
