"""The workflow as users use it: real DVC and real git in a clone in a temporary folder.

Scikit-learn's digits and a small recipe make it quick. Each test works in a copy of a project that
has been reproduced once. test_alone.py runs the stages without DVC.
"""

import json
import os
import re
import shutil
import signal
import sys
from pathlib import Path

import pytest

from lenet.core.errors import InputError
from stages import evaluate, train
from tests.conftest import Typed
from tests.project import ROOT, STAGES, TEST_FILE, TRAIN_FILE, Project

RESULTS = (
    "data_train.json",
    "data_test.json",
    "test.json",
    "per_class.csv",
    "predictions.csv",
    "confusion.png",
    "training/metrics.json",
    "training/plots/custom/curves.json",
    "network.json",
)


def test_the_workflow_leaves_every_result(
    reproduced: Project,
) -> None:
    sources = {path.parent / path.name for path in (reproduced.path / "data/sources").glob("*/*")}
    made = {str(path.relative_to(reproduced.path)) for path in sources if path.name[0] != "."}
    assert made == {file + end for file in (TRAIN_FILE, TEST_FILE) for end in ("", ".dvc")}
    # The user's folder stays as it is.
    assert [path.name for path in (reproduced.path / "data/raw").iterdir()] == [".gitignore"]
    for name in RESULTS:
        assert (reproduced.path / "metrics" / name).is_file(), name
    headline = reproduced.json("metrics/test.json")
    assert headline["images"] == 360
    assert headline["accuracy"] > 0.9
    assert headline["error_rate_low"] < headline["error_rate"] < headline["error_rate_high"]
    assert reproduced.json("metrics/data_train.json")["images"] == 1437
    assert sum(int(row["support"]) for row in reproduced.csv("metrics/per_class.csv")) == 360
    rows = reproduced.csv("metrics/predictions.csv")
    wrong = sum(row["actual"] != row["predicted"] for row in rows)
    assert (len(rows), wrong) == (360, headline["errors"])
    curves = json.loads((reproduced.path / "metrics/training/plots/custom/curves.json").read_text())
    assert [row["epoch"] for row in curves] == [1, 2, 3, 4, 5]
    last = reproduced.json("metrics/training/metrics.json")
    assert curves[-1]["validation_loss"] == last["validation_loss"] > 0
    assert 0 <= reproduced.json("metrics/network.json")["dead_units"] < 1
    # DVC keeps data and models; git keeps results, locks and parameters.
    tracked = reproduced.run("git ls-files").split()
    assert {"dvc.lock", f"{TRAIN_FILE}.dvc", "metrics/test.json", "metrics/confusion.png"} < {
        *tracked
    }
    assert not [name for name in tracked if name.endswith((".npz", ".params", ".jf"))]


def test_a_second_repro_runs_nothing(project: Project) -> None:
    assert project.repro() == []
    assert project.status() == set()
    assert project.run("git status --porcelain") == ""


def test_a_value_set_back_brings_the_results_out_of_the_cache(
    branched: Project, reproduced: Project
) -> None:
    assert branched.hashes() != reproduced.hashes()
    branched.set({"lr": 0.05})
    assert branched.repro() == []
    assert branched.hashes() == reproduced.hashes()


@pytest.mark.slow
def test_ones_own_test_file_reruns_its_conversion_and_evaluation(project: Project) -> None:
    mine = project.path / "data/raw/mine.txt"
    lines = (project.path / TEST_FILE).read_text().splitlines(keepends=True)
    mine.write_text("".join(lines[:100]))
    project.run("dvc add data/raw/mine.txt")
    project.set({"test_file": "data/raw/mine.txt"})
    assert project.repro() == ["convert@test", "evaluate", "report"]
    assert project.json("metrics/test.json")["images"] == 100
    assert project.json("metrics/data_test.json")["images"] == 100

    diff = project.run("dvc metrics diff --md")
    assert re.search(r"metrics/test.json +\| images +\| 360 +\| 100 ", diff)

    # A new version of the file is noticed.
    mine.write_text("".join(lines[:101]))
    status = json.loads(project.run("dvc status convert@test --json"))
    assert status == {"convert@test": [{"changed deps": {"data/raw/mine.txt": "modified"}}]}


# The stages that an edit of each package, or of its templates, runs again.
EDITS = {
    "lenet/core/files.py": {*STAGES},
    "lenet/core/classes.py": {*STAGES},
    "lenet/raw/jf.py": {"convert@train", "convert@test", "report"},
    "lenet/sources/web.py": {"report"},
    "lenet/model/prediction.py": {"train", "export", "draw", "report"},
    "lenet/training/distributed/launcher.py": {"train", "draw", "report"},
    "lenet/deploy/recogniser.py": {"export", "evaluate"},
    "lenet/evaluation/measures.py": {"evaluate", "report"},
    "lenet/figures/__init__.py": {"evaluate", "draw"},
    "lenet/report/templates/report.md.jinja": {"report"},
    "lenet/predict/output.py": set(),
    "lenet/command.py": set(),
    "stages/train.py": {"train"},
}
# Files of editors, of file managers and of Jupyter.
LEFTOVERS = ("measures.py~", ".measures.py.swp", "#measures.py#", ".#measures.py", ".DS_Store")
CHECKPOINT = ".ipynb_checkpoints/measures-checkpoint.py"


def test_an_edit_touches_the_stages_that_list_the_package_and_leftovers_touch_none(
    project: Project,
) -> None:
    packages = [path for path in (project.path / "lenet").rglob("*/") if path.name[0] != "_"]
    assert {path.parent / path.name for path in packages} > {project.path / "lenet/training"}
    for package in packages:
        for name in (*LEFTOVERS, CHECKPOINT, "__pycache__/new.pyc"):
            (package / name).parent.mkdir(exist_ok=True)
            (package / name).write_text("left\n")
    assert project.status() == set()

    for name in EDITS:
        with (project.path / name).open("a") as code:
            code.write("# edited\n")
    status = json.loads(project.run("dvc status --json"))
    touched = {
        stage: {name for entry in said for name in entry["changed deps"]}
        for stage, said in status.items()
    }
    for name, stages in EDITS.items():
        listed = name if name.startswith("stages/") else "/".join(name.split("/")[:2])
        assert {stage for stage in touched if listed in touched[stage]} == stages, name


@pytest.mark.slow
def test_an_edited_plot_is_drawn_again_without_training(project: Project) -> None:
    edited = [
        path
        for path in (project.path / "lenet/figures").glob("*.py")
        if '"Reds"' in path.read_text()
    ]
    assert len(edited) == 1
    edited[0].write_text(edited[0].read_text().replace('"Reds"', '"Blues"'))
    before = project.hashes()
    assert project.repro("evaluate") == ["evaluate"]
    after = project.hashes()
    assert {name for name in after if after[name] != before[name]} == {"metrics/confusion.png"}


def test_deleted_outputs_are_restored_without_running(project: Project) -> None:
    before = project.hashes()
    for name in (
        "data/npz/train.npz",
        "models/lenet-0000.params",
        "metrics/test.json",
        "metrics/training",
    ):
        path = project.path / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert project.repro() == []
    assert project.hashes() == before


@pytest.mark.slow
def test_a_faulty_raw_file_ends_in_one_clear_error_and_nothing_is_lost(project: Project) -> None:
    before = project.hashes()
    mine = project.path / "data/raw/mine.jf"
    lines = (project.path / TRAIN_FILE).read_text().splitlines()
    lines[7] = lines[7].rpartition(" ")[0]
    mine.write_text("\n".join(lines))
    project.run("dvc add data/raw/mine.jf")
    project.set({"train_file": "data/raw/mine.jf"})
    output = project.run("dvc repro", fails=True)
    message = "error: data/raw/mine.jf, line 8, record 7: found 255 pixel values"
    assert output.count(message) == 1
    # DVC removes a stage's outputs before it runs the stage; its cache has them.
    project.set({"train_file": TRAIN_FILE})
    assert project.repro() == []
    assert project.hashes() == before


def test_test_images_among_the_training_images_are_named(
    reproduced: Project, typed: Typed, tmp_path: Path
) -> None:
    # The stage convert@test would do this if test_file were the training file.
    for name in ("train", "test"):
        shutil.copy(reproduced.path / "data/npz/train.npz", tmp_path / f"{name}.npz")
    model = reproduced.path / "models/lenet.onnx"
    done = typed(evaluate.main, model, tmp_path, "metrics")
    assert done.returncode == 0
    assert "warning: 1437 of the test images are training images too" in done.stdout
    rows = Project(tmp_path).csv("metrics/predictions.csv")
    assert [row["train_index"] for row in rows] == [row["index"] for row in rows]
    # Some of scikit-learn's digits are nearly equal to an earlier one.
    assert all(int(row["near_train_index"]) <= int(row["index"]) for row in rows)


def test_exp_run_with_another_lr(branched: Project) -> None:
    # The branch `feature` was made by `dvc exp run -S lr=0.02`.
    assert "\nlr: 0.02\n" in (branched.path / "params.yaml").read_text()
    # The file stays as it was written, except for the value.
    assert branched.run("git diff --numstat main -- params.yaml").split()[:2] == ["1", "1"]
    assert branched.json("metrics/test.json")["accuracy"] > 0.9
    branched.run("git checkout --quiet main")
    rows = branched.experiments()
    assert [row["lr"] for row in rows] == ["0.05", "0.05", "0.02"]
    assert float(rows[2]["accuracy"]) > 0.9


@pytest.mark.slow
def test_an_experiment_of_the_queue_has_the_same_bytes_and_leaves_the_workspace(
    branched: Project,
) -> None:
    feature = branched.run("git show feature:dvc.lock")
    branched.run("git checkout --quiet main")
    branched.run("dvc checkout --quiet")
    branched.run("dvc exp run --queue --name queued -S lr=0.02")
    # Its results are in the run cache: nothing has to be trained.
    branched.run("dvc exp run --run-all")
    assert branched.run("git status --porcelain") == ""
    (revision,) = re.findall(r"^(\w+)\s.*/queued$", branched.run("git for-each-ref"), re.M)
    assert branched.run(f"git show {revision}:dvc.lock") == feature


@pytest.mark.slow
def test_every_source_group_and_list_can_be_set_on_the_command_line(project: Project) -> None:
    raw = project.path / "data/raw/libsvm.txt"
    text = (project.path / TEST_FILE).read_text()

    def shifted(match: re.Match[str]) -> str:
        return f":{float(match[1]) - 1:g}"

    lines = [re.sub(r":(\S+)", shifted, line) for line in text.splitlines()]
    raw.write_text("".join(re.sub(r"^\d", lambda m: str(int(m[0]) + 1), x) + "\n" for x in lines))
    project.run("dvc add data/raw/libsvm.txt")
    before = project.hashes()
    written = (project.path / "params.yaml").read_bytes()
    refused = project.run("python -m stages.convert data/raw/libsvm.txt a.npz a.json", fails=True)
    assert "raw.pixel_range=[-1,1]" in refused
    project.run(
        "dvc exp run -S test_file=data/raw/libsvm.txt -S raw.first_label=1 "
        "-S raw.pixel_range=[-1,1] -S augment.rotation=0 -S lr=0.1 convert@test"
    )
    assert project.hashes()["data/npz/test.npz"] == before["data/npz/test.npz"]
    # The file is the one that a user would have written: each comment stays, and each other byte.
    for old, new in (
        (f"test_file: {TEST_FILE}", "test_file: data/raw/libsvm.txt"),
        ("first_label: 0", "first_label: 1"),
        ("  - 0\n  - 2\n", "  - -1\n  - 1\n"),
        ("rotation: 12 ", "rotation: 0  "),
        ("lr: 0.05", "lr: 0.1"),
    ):
        assert written.count(old.encode()) == 1
        written = written.replace(old.encode(), new.encode())
    assert (project.path / "params.yaml").read_bytes() == written


@pytest.mark.slow
def test_a_bad_setting_is_refused_and_nothing_is_lost(project: Project) -> None:
    before = project.hashes()
    message = "Key 'learning_rate' is not in struct"
    assert message in project.run("dvc exp run -S learning_rate=1", fails=True)
    # A key that no stage reads reruns the report alone, which refuses it.
    with (project.path / "params.yaml").open("a") as file:
        file.write("learning_rate: 0.1\n")
    assert "params.yaml: learning_rate: unknown parameter" in project.run("dvc repro", fails=True)
    project.run("git checkout --quiet params.yaml")
    # DVC removes a stage's outputs before it runs the stage; its cache has them.
    assert project.repro() == []
    assert project.hashes() == before


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("lr", -1, "lr: found -1; expected a number from 1e-9 to 100"),
        ("lr", "fast", "params.yaml: lr: found 'fast'; expected a number from 1e-9 to 100"),
        ("epochs", 0, "epochs: found 0; expected a whole number from 1 to 100000"),
        (
            "network.activation",
            "foo",
            "network.activation: found 'foo'; expected relu, tanh, sigmoid or scaled_tanh",
        ),
        ("device", "gpu", "device: gpu needs an MXNet built with CUDA"),
    ],
)
def test_training_refuses_what_it_cannot_do(
    reproduced: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: object,
    message: str,
) -> None:
    shutil.copy(reproduced.path / "params.yaml", tmp_path)
    Project(tmp_path).set({name: value})
    monkeypatch.chdir(tmp_path)
    images = str(reproduced.path / "data/npz/train.npz")
    monkeypatch.setattr(sys, "argv", ["train", images, "models", "curves"])
    with pytest.raises(InputError, match=re.escape(message)):
        train.main()
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]


def test_branches_are_compared_in_a_fresh_clone_that_pulled_nothing(
    branched: Project, tmp_path: Path
) -> None:
    accuracy = {}
    for branch in ("main", "feature"):
        shown = branched.run(f"git show {branch}:metrics/test.json")
        accuracy[branch] = json.loads(shown)["accuracy"]

    clone = Project(tmp_path / "clone")
    branched.run(f"git clone --quiet {branched.path} {clone.path}")
    clone.run("git branch --quiet main origin/main")
    diff = json.loads(clone.run("dvc metrics diff main feature --json --all"))
    found = diff["metrics/test.json"]["accuracy"]
    assert (found["old"], found["new"]) == (accuracy["main"], accuracy["feature"])
    assert "loss" in diff["metrics/training/metrics.json"]
    assert "metrics/test.json" in clone.run("dvc metrics diff main feature")
    params = json.loads(clone.run("dvc params diff main feature --json"))
    lr = params["params.yaml"]["lr"]
    assert (lr["old"], lr["new"]) == (0.05, 0.02)
    assert not (clone.path / "models/lenet-0000.params").exists()


@pytest.mark.slow
def test_made_anew_elsewhere_everything_has_the_same_bytes(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In another folder, time zone, encoding and order of sets; test_alone.py has the quick form.
    for name, value in (("TZ", "Asia/Kolkata"), ("LC_ALL", "C"), ("PYTHONHASHSEED", "7")):
        monkeypatch.setenv(name, value)
    output = project.run("python tools/reproduce.py")
    assert output.count("Running stage '") == 7
    assert re.search(r"\nAll 2\d files are the same to the byte\.\n", output)
    assert project.run("git status --porcelain") == ""


def test_the_report_leads_to_the_commit_that_made_it(
    branched: Project, reproduced: Project
) -> None:
    project = branched
    first = project.run("git rev-parse --short main").strip()
    report = (reproduced.path / "metrics/report.md").read_text()
    command = re.search(r"^    (git log .*)$", report, re.M)
    assert command
    # The first commit brought the network; the experiment and its branch replaced the network.
    found = project.run(command[1]).splitlines()
    assert [line.split()[0] for line in found][2:] == [first]
    # The report names its data by the hashes that DVC knows.
    lock = project.run(f"git show {first}:dvc.lock")
    hashes = re.findall(r"\| ([0-9a-f]{32}) \|", report)
    # Two raw files and the network stand at the top too.
    assert (len(hashes), len({*hashes})) == (9, 6)
    assert all(f"md5: {md5}\n" in lock for md5 in hashes)
    pictures = re.findall(r"!\[.+\]\((.+)\)", report)
    assert len(pictures) == 8
    assert all((project.path / "metrics" / picture).is_file() for picture in pictures)


@pytest.mark.slow
def test_curves_can_be_watched_while_training(project: Project) -> None:
    # DVC's extension of VS Code asks for this again and again.
    project.set({"epochs": 400})
    with project.started("dvc exp run") as training:
        assert training.stdout
        next(line for line in training.stdout if line.startswith("epoch 20,"))
        # DVCLive writes the file in place, so a reader at that moment has to ask again.
        figures: dict = {}
        while "data" not in figures:
            assert training.poll() is None, "ended before it was looked at"
            workspace = json.loads(project.run("dvc exp show --json"))[0]["data"]
            figures = workspace["metrics"]["metrics/training/metrics.json"]
        assert 10 < figures["data"]["step"] < 400
        while "DVC failed to load" in (said := project.run("dvc plots diff --json")):
            assert training.poll() is None, "ended before it was looked at"
        plots = json.loads(said)["data"]
        (curve,) = plots["metrics/training/plots/custom/curves.json"]
        values = curve["content"]["data"]["values"]
        assert len([value for value in values if value["rev"] == "workspace"]) > 10
        assert training.poll() is None, "ended before it was looked at"
        os.killpg(training.pid, signal.SIGKILL)


@pytest.mark.slow
def test_a_pull_request_is_told_what_it_changes(branched: Project) -> None:
    script = f"sh {ROOT}/tools/pull_request.sh {{}} https://example.org/metrics"
    assert "\nNo metric differs from the base branch.\n" in branched.run(script.format("HEAD"))
    # Later commits of main make no difference.
    branched.run("git checkout --quiet main")
    branched.set({"lr": 0.01})
    (branched.path / "metrics/test.json").write_text('{"errors": 0}\n')
    branched.commit("ahead")
    branched.run("git checkout --quiet feature")
    comment = branched.run(script.format("main"))
    assert re.search(r"\| metrics/test.json +\| log_loss +\| [\d.]+ +\| [\d.]+ +\|", comment)
    assert not re.search(r"\| metrics/test.json +\| errors +\| 0 ", comment)
    assert "Run again here" not in comment
    assert "\n## Handwritten characters" in comment
    assert "\n### Class by class\n" in comment
    assert "McNemar's exact test" in comment
    pictures = re.findall(r"^!\[.+\]\((.+)\)$", comment, re.M)
    assert len(pictures) == 8
    for picture in pictures:
        assert picture.startswith("https://example.org/metrics/")
        path = picture.removeprefix("https://example.org/")
        assert (branched.path / path).is_file()
    (branched.path / "metrics/test.json").write_text('{"errors": 0}\n')
    assert "**Run again here, the results differ" in branched.run(script.format("main"))


def test_plots_are_drawn_from_the_results(project: Project) -> None:
    output = project.run("dvc plots show --out plots")
    page = (project.path / "plots/index.html").read_text()
    assert (project.path / "plots/index.html").as_uri() in output
    for title in ("While training", "Confusion matrix", "Errors of each class", "Images of each"):
        assert title in page
    for picture in ("confusion.png", "mistakes.png", "digits.png", "responses.png"):
        assert picture in page


@pytest.mark.slow
def test_the_run_of_the_notebook_is_one_command(project: Project) -> None:
    # An empty INSTALLED means no set-up: the environment is the one that runs the tests.
    output = project.run("make notebook INSTALLED=")
    assert output.count("\nepoch ") + output.startswith("epoch ") == 10
    # On the plateau every image is taken for the same digit.
    accuracy = re.search(r"test accuracy ([\d.]+)", output)
    assert accuracy
    assert float(accuracy[1]) < 0.3
    (row,) = (row for row in project.experiments() if row["Experiment"] == "notebook")
    assert (row["network.activation"], row["lr"], row["epochs"]) == ("sigmoid", "0.9", "10")
    assert float(row["accuracy"]) == pytest.approx(float(accuracy[1]), abs=1e-4)
    assert project.run("git status --porcelain") == ""
