"""The workflow as people use it: real dvc and real git in a clone in a temporary folder.

The embedded digits and a small recipe make it quick. Each test works in a copy of a project that
has been reproduced once.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import ROOT, TEST_FILE, TRAIN_FILE, Project

RESULTS = (
    "data_train.json",
    "data_test.json",
    "test.json",
    "per_class.csv",
    "predictions.csv",
    "confusion.png",
    "training/metrics.json",
    "training/plots/metrics/loss.tsv",
    "training/plots/metrics/train_accuracy.tsv",
    "training/plots/metrics/validation_accuracy.tsv",
)


def test_the_root_reproduces_the_named_source_alone_and_leaves_every_result(
    reproduced: Project,
) -> None:
    raw = sorted(path.name for path in (reproduced.path / "data/raw").iterdir())
    assert raw == [".gitignore", "digits_test.txt", "digits_train.jf"]
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
    curve = (reproduced.path / "metrics/training/plots/metrics/loss.tsv").read_text().split("\n")
    assert [line.partition("\t")[0] for line in curve] == ["step", "1", "2", "3", "4", "5", ""]
    # Data and model are dvc's; results, locks and parameters are git's.
    tracked = reproduced.run("git ls-files").split()
    assert {"dvc.lock", "data/dvc.lock", "metrics/test.json", "metrics/confusion.png"} < {*tracked}
    assert not [name for name in tracked if name.endswith((".npz", ".params", ".jf"))]


def test_a_second_repro_runs_nothing(project: Project) -> None:
    assert project.repro() == []
    assert project.status() == set()
    assert project.run("git status --porcelain") == ""


def test_a_value_set_back_brings_the_results_out_of_the_cache(branched: Project) -> None:
    feature = branched.hashes()
    branched.set(lr=0.05)
    assert branched.repro() == []
    main = branched.hashes()
    assert main != feature
    branched.set(lr=0.02)
    assert branched.repro() == []
    assert branched.hashes() == feature


def test_ones_own_test_file_reruns_its_conversion_and_evaluation(project: Project) -> None:
    mine = project.path / "data/raw/mine.txt"
    lines = (project.path / TEST_FILE).read_text().splitlines(keepends=True)
    mine.write_text("".join(lines[:100]))
    project.run("dvc add data/raw/mine.txt")
    project.set(test_file="data/raw/mine.txt")
    assert project.repro() == ["convert@test", "evaluate", "report"]
    assert project.json("metrics/test.json")["images"] == 100
    assert project.json("metrics/data_test.json")["images"] == 100

    # A new version of the file, and the diff says what it changed.
    project.commit("mine")
    mine.write_text("".join(lines[:101]))
    project.run("dvc add data/raw/mine.txt")
    assert project.repro() == ["convert@test", "evaluate", "report"]
    diff = project.run("dvc metrics diff --md")
    assert re.search(r"metrics/data_test.json +\| images +\| 100 +\| 101 ", diff)


@pytest.mark.parametrize(
    ("file", "stages"),
    [
        ("lenet/figures.py", {"draw", "evaluate"}),
        ("lenet/training.py", {"train"}),
        ("lenet/exchange.py", {"export"}),
        ("lenet/prediction.py", {"train", "export", "evaluate"}),
        ("lenet/raw.py", {"convert@train", "convert@test"}),
        ("lenet/templates/report.md.jinja", {"report"}),
        ("lenet/sources.py", {"data/dvc.yaml:digits"}),
        ("lenet/jf.py", {"data/dvc.yaml:digits", "convert@train", "convert@test"}),
        ("lenet/__main__.py", set()),
    ],
)
def test_an_edit_touches_the_stages_that_import_the_file(
    project: Project, file: str, stages: set[str]
) -> None:
    with (project.path / file).open("a") as code:
        code.write("# edited\n")
    assert project.status() == stages


def test_an_edited_plot_is_drawn_again_without_training(project: Project) -> None:
    code = project.path / "lenet/figures.py"
    code.write_text(code.read_text().replace('"Reds"', '"Blues"'))
    before = project.hashes()
    assert project.repro() == ["draw", "evaluate", "report"]
    after = project.hashes()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"metrics/confusion.png", "metrics/report.html"}


@pytest.mark.parametrize(
    "deleted",
    [
        "data/npz/train.npz",
        "models/lenet-0000.params",
        "metrics/test.json",
        "metrics/training",
        TRAIN_FILE,
    ],
)
def test_a_deleted_output_is_restored_without_running(project: Project, deleted: str) -> None:
    before = project.hashes()
    path = project.path / deleted
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert project.repro() == []
    assert path.exists()
    assert project.hashes() == before


def test_a_faulty_raw_file_ends_in_one_clear_error_and_nothing_is_lost(project: Project) -> None:
    before = project.hashes()
    mine = project.path / "data/raw/mine.jf"
    lines = (project.path / TRAIN_FILE).read_text().splitlines()
    lines[7] = lines[7].rpartition(" ")[0]
    mine.write_text("\n".join(lines))
    project.run("dvc add data/raw/mine.jf")
    project.set(train_file="data/raw/mine.jf")
    output = project.run("dvc repro", fails=True)
    message = "error: data/raw/mine.jf, line 8, record 7: found 255 pixel values"
    assert output.count(message) == 1
    # dvc takes a stage's outputs out of the workspace before it runs; they are in its cache.
    project.set(train_file=TRAIN_FILE)
    assert project.repro() == []
    assert project.hashes() == before


def test_test_images_among_the_training_images_are_named(project: Project) -> None:
    project.set(test_file=TRAIN_FILE)
    output = project.run("dvc repro")
    assert "warning: 1437 of the test images are training images too" in output
    rows = project.csv("metrics/predictions.csv")
    assert [row["train_index"] for row in rows] == [row["index"] for row in rows]


def test_exp_run_with_another_lr(project: Project) -> None:
    project.run("dvc exp run -S lr=0.1")
    assert "\nlr: 0.1\n" in (project.path / "params.yaml").read_text()
    # The file stays as it was written, but for the value.
    assert project.run("git diff --numstat params.yaml").split()[:2] == ["1", "1"]
    assert project.json("metrics/test.json")["accuracy"] > 0.9
    rows = project.experiments()
    assert [row["lr"] for row in rows] == ["0.1", "0.05", "0.1"]
    assert float(rows[2]["accuracy"]) > 0.9


def test_every_source_and_list_can_be_set_on_the_command_line(project: Project) -> None:
    raw = project.path / "data/raw/libsvm.txt"
    text = (project.path / TEST_FILE).read_text()

    def shifted(match: re.Match[str]) -> str:
        return f":{float(match[1]) - 1:g}"

    lines = [re.sub(r":(\S+)", shifted, line) for line in text.splitlines()]
    raw.write_text("".join(re.sub(r"^\d", lambda m: str(int(m[0]) + 1), x) + "\n" for x in lines))
    project.run("dvc add data/raw/libsvm.txt")
    before = project.hashes()
    refused = project.run("dvc exp run -S test_file=data/raw/libsvm.txt convert@test", fails=True)
    assert "set pixel_range=[-1,1]" in refused
    project.run(
        "dvc exp run -S test_file=data/raw/libsvm.txt -S first_label=1 -S pixel_range=[-1,1] "
        "convert@test"
    )
    assert project.hashes()["data/npz/test.npz"] == before["data/npz/test.npz"]


def test_a_bad_setting_is_refused_and_nothing_is_lost(project: Project) -> None:
    before = project.hashes()
    for setting, message in (
        ("learning_rate=1", "Key 'learning_rate' is not in struct"),
        ("lr=fast", "params.yaml: lr: found 'fast'; expected a number from 1e-9 to 100"),
        ("lr=-1", "params.yaml: lr: found -1; expected a number from 1e-9 to 100"),
        ("epochs=0", "params.yaml: epochs: found 0; expected a whole number from 1 to 100000"),
        ("activation=foo", "activation: found 'foo'; expected relu, tanh, sigmoid or scaled_tanh"),
        ("device=gpu", "device: gpu needs an MXNet built with CUDA"),
    ):
        assert message in project.run(f"dvc exp run -S {setting}", fails=True)
        project.run("git checkout --quiet params.yaml")
    # What dvc took out of the workspace before the stage ran is in its cache.
    assert project.repro() == []
    assert project.hashes() == before


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


def test_made_anew_elsewhere_everything_has_the_same_bytes(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In another folder, another part of the world, without UTF-8, and another order of sets.
    for name, value in (("TZ", "Asia/Kolkata"), ("LC_ALL", "C"), ("PYTHONHASHSEED", "7")):
        monkeypatch.setenv(name, value)
    output = project.run("python tools/reproduce.py")
    assert output.count("Running stage '") == 8
    assert re.search(r"\nAll 2\d files are the same to the byte\.\n", output)
    assert project.run("git status --porcelain") == ""


@pytest.mark.slow
def test_on_another_processor_the_data_have_the_same_bytes_and_the_error_rate_is_near(
    project: Project,
) -> None:
    done = subprocess.run(
        [sys.executable, "tools/reproduce.py"],
        cwd=project.path,
        # oneDNN then uses no instructions but those of a processor of 2008.
        env=os.environ | {"DNNL_MAX_CPU_ISA": "SSE41"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert "\nsame     data/npz/train.npz\n" in done.stdout
    assert "\ndiffers  models/lenet-0000.params\n" in done.stdout
    rates = re.search(r"error rate ([\d.]+), committed ([\d.]+)", done.stdout)
    assert rates
    near = abs(float(rates[1]) - float(rates[2])) <= 0.005
    assert done.returncode == (not near), done.stdout


def test_the_report_leads_to_the_commit_that_made_it(
    branched: Project, reproduced: Project
) -> None:
    project = branched
    first = project.run("git rev-parse --short main").strip()
    report = (reproduced.path / "metrics/report.md").read_text()
    command = re.search(r"^    (git log .*)$", report, re.M)
    assert command
    # Made in the first commit, and no longer there in the last.
    found = project.run(command[1]).splitlines()
    assert [line.split()[0] for line in found][1:] == [first]
    # What the report tells of its data is what dvc knows them by.
    lock = project.run(f"git show {first}:dvc.lock")
    hashes = re.findall(r"\| ([0-9a-f]{32}) \|", report)
    assert len(hashes) == 6
    assert all(f"md5: {md5}\n" in lock for md5 in hashes)
    pictures = re.findall(r"!\[.+\]\((.+)\)", report)
    assert len(pictures) == 7
    assert all((project.path / "metrics" / picture).is_file() for picture in pictures)


def test_curves_can_be_watched_while_training(project: Project) -> None:
    # What DVC's extension of VS Code asks for again and again.
    project.set(epochs=400)
    training = subprocess.Popen(
        ["dvc", "exp", "run"], cwd=project.path, stdout=subprocess.PIPE, start_new_session=True
    )
    with training:
        try:
            assert training.stdout
            next(line for line in training.stdout if line.startswith(b"epoch 12,"))
            # DVCLive writes the file in place: who asks at that moment asks again.
            figures: dict = {}
            while "data" not in figures:
                workspace = json.loads(project.run("dvc exp show --json"))[0]["data"]
                figures = workspace["metrics"]["metrics/training/metrics.json"]
            assert 10 < figures["data"]["step"] < 400
            plots = json.loads(project.run("dvc plots diff --json"))["data"]
            (curve,) = plots["metrics/training/plots/metrics/validation_accuracy.tsv"]
            values = curve["content"]["data"]["values"]
            assert len([value for value in values if value["rev"] == "workspace"]) > 10
            assert training.poll() is None, "ended before it was looked at"
        finally:
            os.killpg(training.pid, signal.SIGKILL)


def test_a_pull_request_is_told_what_it_changes(branched: Project) -> None:
    script = f"sh {ROOT}/tools/pull_request.sh {{}} https://example.org/metrics"
    assert "\nNo figure does.\n" in branched.run(script.format("HEAD"))
    # Whatever becomes of main meanwhile.
    branched.run("git checkout --quiet main")
    branched.set(lr=0.01)
    (branched.path / "metrics/test.json").write_text('{"errors": 0}\n')
    branched.commit("ahead")
    branched.run("git checkout --quiet feature")
    comment = branched.run(script.format("main"))
    assert re.search(r"\| metrics/test.json +\| log_loss +\| [\d.]+ +\| [\d.]+ +\|", comment)
    assert not re.search(r"\| metrics/test.json +\| errors +\| 0 ", comment)
    assert "Run again here" not in comment
    assert "\n## Handwritten digits" in comment
    assert "\n### Digit by digit\n" in comment
    pictures = re.findall(r"^!\[.+\]\((.+)\)$", comment, re.M)
    assert len(pictures) == 7
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
    for title in ("Accuracy while training", "Confusion matrix", "Recall of each digit"):
        assert title in page
    for picture in ("confusion.png", "mistakes.png", "digits.png", "responses.png"):
        assert picture in page


def test_the_notebooks_run_is_one_command(project: Project) -> None:
    # With nothing to set up: the environment is the one that runs the tests.
    output = project.run("make notebook INSTALLED=")
    assert output.count("\nepoch ") + output.startswith("epoch ") == 10
    # On the plateau every image is taken for the same digit.
    accuracy = re.search(r"test accuracy ([\d.]+)", output)
    assert accuracy
    assert float(accuracy[1]) < 0.3
    (row,) = (row for row in project.experiments() if row["Experiment"] == "notebook")
    assert (row["activation"], row["lr"], row["epochs"]) == ("sigmoid", "0.9", "10")
    assert float(row["accuracy"]) == pytest.approx(float(accuracy[1]), abs=1e-4)
    assert project.run("git status --porcelain") == ""
