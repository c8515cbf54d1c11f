"""The workflow as people use it: real dvc and real git in a clone in a temporary folder.

The embedded digits and a small recipe make it quick. Each test works in a copy of a project that
has been reproduced once.
"""

import csv
import functools
import hashlib
import http.server
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from dvc.utils.serialize import modify_yaml

ROOT = Path(__file__).parents[1]
TRAIN_FILE, TEST_FILE = "data/raw/digits_train.jf", "data/raw/digits_test.txt"
SMALL = {
    "train_file": TRAIN_FILE,
    "test_file": TEST_FILE,
    "image_size": 16,
    "batch_size": 32,
    "epochs": 5,
    "warmup_epochs": 1,
}
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


class Project:
    """A clone of the project in a folder of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def copy(self, path: Path) -> "Project":
        """Copy everything to `path`."""
        return Project(shutil.copytree(self.path, path, symlinks=True))

    def run(self, command: str, *, fails: bool = False) -> str:
        """Type `command`; return what it prints. It has to end well, or badly if it `fails`."""
        done = subprocess.run(
            command.split(), cwd=self.path, capture_output=True, text=True, check=False
        )
        output = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, output
        assert "Traceback" not in output, output
        return output

    def repro(self, options: str = "") -> list[str]:
        """Type `dvc repro`; return the stages that it ran, not those restored or skipped."""
        return re.findall(
            r"^Running stage '(?:.*:)?(.+)':$", self.run(f"dvc repro {options}"), re.M
        )

    def status(self) -> set[str]:
        """Type `dvc status` for the workflow; return the stages that have changed."""
        # For all that is there it would name the other sources as well, which have never run.
        return set(json.loads(self.run("dvc status --with-deps report --json")))

    def experiments(self) -> list[dict[str, str]]:
        """Return the rows of `dvc exp show`."""
        return list(csv.DictReader(io.StringIO(self.run("dvc exp show --csv"))))

    def csv(self, path: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO((self.path / path).read_text())))

    def set(self, **params: object) -> None:
        """Change params.yaml as dvc does, comments and all."""
        with modify_yaml(self.path / "params.yaml") as values:
            values.update(params)

    def json(self, path: str) -> dict:
        return json.loads((self.path / path).read_text())  # type: ignore[no-any-return]

    def hashes(self) -> dict[str, str]:
        """Return the sha256 of every data file, model and result."""
        folders = ("data/npz", "models", "metrics")
        files = [f for folder in folders for f in (self.path / folder).rglob("*") if f.is_file()]
        return {
            str(file.relative_to(self.path)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in files
        }

    def commit(self, message: str) -> None:
        self.run("git add --all")
        self.run(f"git commit --quiet --message {message}")


@pytest.fixture(scope="session")
def _alone(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep dvc and git to the project's folder: no settings or caches of the person's own."""
    home = tmp_path_factory.mktemp("home")
    for variable in ("DVC_SITE_CACHE_DIR", "DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        os.environ[variable] = str(home / variable)
    os.environ["DVC_NO_ANALYTICS"] = "1"
    os.environ["HOME"] = str(home)
    os.environ["GIT_CONFIG_NOSYSTEM"] = "1"
    # The stages call `python`: that of the project's environment, as after activating it.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    (home / ".gitconfig").write_text("[user]\n\tname = Tester\n\temail = tester@example.org\n")


@pytest.fixture(scope="session")
def reproduced(_alone: None, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A clone of the working tree with the small recipe, reproduced and committed."""
    project = Project(tmp_path_factory.mktemp("reproduced") / "lenet")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        # What the default recipe left is not the small one's.
        if (ROOT / name).is_file() and not name.startswith("metrics/"):
            (project.path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, project.path / name)
    for lock in ("dvc.lock", "data/dvc.lock"):
        (project.path / lock).unlink(missing_ok=True)
    project.run("git init --quiet --initial-branch main")
    project.commit("start")
    project.set(**SMALL)
    assert project.repro() == [
        "digits",
        "convert@train",
        "convert@test",
        "train",
        "draw",
        "export",
        "evaluate",
        "report",
    ]
    project.commit("small")
    return project


@pytest.fixture
def project(reproduced: Project, tmp_path: Path) -> Project:
    """A copy, to do with as the test likes."""
    return reproduced.copy(tmp_path / "lenet")


@pytest.fixture(scope="session")
def _branched(reproduced: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = reproduced.copy(tmp_path_factory.mktemp("branched") / "lenet")
    project.run("git checkout --quiet -b feature")
    project.set(lr=0.02)
    assert project.repro() == ["train", "draw", "export", "evaluate", "report"]
    project.commit("feature")
    return project


@pytest.fixture
def branched(_branched: Project, tmp_path: Path) -> Project:
    """A copy on the branch `feature`, which has another rate than `main`, and its results."""
    return _branched.copy(tmp_path / "lenet")


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
        ("lr=fast", "params.yaml: lr: found 'fast'; expected a number above 0"),
        ("lr=-1", "params.yaml: lr: found -1; expected a number above 0"),
        ("epochs=0", "params.yaml: epochs: found 0; expected a whole number from 1 on"),
        ("activation=foo", "activation: found 'foo'; expected relu, tanh, sigmoid or scaled_tanh"),
        ("device=gpu", "device: gpu needs an MXNet built with CUDA"),
    ):
        assert message in project.run(f"dvc exp run -S {setting}", fails=True)
        project.run("git checkout --quiet params.yaml")
    # What dvc took out of the workspace before the stage ran is in its cache.
    assert project.repro() == []
    assert project.hashes() == before


def test_queued_experiments(project: Project) -> None:
    for lr in (0.02, 0.1):
        project.run(f"dvc exp run --queue -S lr={lr}")
    project.run("dvc queue start")
    deadline = time.monotonic() + 120
    while re.search("Queued|Running", status := project.run("dvc queue status")):
        assert time.monotonic() < deadline, status
        time.sleep(3)
    assert status.count("Success") == 2, status
    rows = project.experiments()
    assert sorted(row["lr"] for row in rows if row["typ"] != "baseline") == ["0.02", "0.1"]
    assert all(float(row["accuracy"]) > 0.9 for row in rows)
    # The workspace has not been touched.
    assert project.run("git status --porcelain") == ""


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


def test_a_remote_brings_everything_to_a_fresh_clone(project: Project, tmp_path: Path) -> None:
    project.run(f"dvc remote add --default storage {tmp_path / 'storage'}")
    project.commit("remote")
    project.run("dvc push")
    clone = Project(tmp_path / "clone")
    project.run(f"git clone --quiet {project.path} {clone.path}")
    # Of everything, and not of the workflow alone, dvc would miss the sources never used.
    clone.run("dvc pull --with-deps report")
    assert clone.repro() == []
    assert clone.hashes() == project.hashes()
    assert clone.run("git status --porcelain") == ""


def interrupted(project: Project, number: signal.Signals, epoch: int) -> str:
    """Type `dvc repro`, send a signal to it and its stage in an epoch; return what is printed."""
    with subprocess.Popen(
        ["dvc", "repro"],
        cwd=project.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as repro:
        assert repro.stdout
        head = next(line for line in repro.stdout if line.startswith(f"epoch {epoch},"))
        os.killpg(repro.pid, number)
        rest = repro.stdout.read()
    assert repro.returncode != 0
    return head + rest


def test_killed_while_training_it_ends_as_if_undisturbed(
    reproduced: Project, branched: Project, tmp_path: Path
) -> None:
    project = reproduced.copy(tmp_path / "killed")
    project.set(lr=0.02)
    for epoch in (1, 4):
        interrupted(project, signal.SIGKILL, epoch)
    assert project.repro() == ["train", "draw", "export", "evaluate", "report"]
    assert project.hashes() == branched.hashes()


def test_an_interrupted_training_says_so_and_nothing_is_lost(project: Project) -> None:
    before = project.hashes()
    project.set(epochs=400)
    output = interrupted(project, signal.SIGINT, 2)
    assert "Traceback" not in output
    assert output.splitlines().count("interrupted") == 1
    project.set(epochs=SMALL["epochs"])
    assert project.repro() == []
    assert project.hashes() == before


def test_a_corrupted_file_in_the_cache_is_made_anew(project: Project) -> None:
    before = project.hashes()
    network = project.path / "models/lenet-0000.params"
    md5 = hashlib.md5(network.read_bytes(), usedforsecurity=False).hexdigest()
    cached = project.path / ".dvc/cache/files/md5" / md5[:2] / md5[2:]
    content = bytearray(cached.read_bytes())
    content[-1] ^= 1
    cached.chmod(0o644)
    cached.write_bytes(content)
    network.unlink()
    assert "train" in project.repro()
    assert project.hashes() == before


def test_a_remote_is_read_over_http(project: Project, tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    project.run(f"dvc remote add --default storage {storage}")
    project.run("dvc push")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(storage))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        project.run(f"dvc remote modify storage url http://127.0.0.1:{server.server_port}")
        project.commit("remote")
        clone = Project(tmp_path / "clone")
        project.run(f"git clone --quiet {project.path} {clone.path}")
        clone.run("dvc pull --with-deps report")
        server.shutdown()
    assert clone.repro() == []
    assert clone.hashes() == project.hashes()


def test_an_experiment_is_handed_on(branched: Project, tmp_path: Path) -> None:
    branched.run("git clone --quiet --bare . origin.git")
    branched.run("git remote add origin origin.git")
    branched.run(f"dvc remote add --default storage {tmp_path / 'storage'}")
    branched.commit("remote")
    branched.run("git push --quiet origin feature")
    branched.run("dvc push")
    # The results of main are in the run cache: nothing has to be trained.
    branched.run("dvc exp run --temp --name back -S lr=0.05")
    branched.run("dvc exp push origin back")

    clone = Project(tmp_path / "clone")
    branched.run(f"git clone --quiet --branch feature origin.git {clone.path}")
    clone.run("dvc exp pull origin back")
    # Not `dvc exp apply`, which checks out everything: it would miss the sources never used.
    clone.run("dvc exp branch back tried")
    clone.run("git checkout --quiet tried")
    clone.run("dvc pull --with-deps report")
    assert "\nlr: 0.05\n" in (clone.path / "params.yaml").read_text()
    assert clone.repro() == []


def test_a_second_repro_beside_one_does_not_disturb_it(
    reproduced: Project, branched: Project, tmp_path: Path
) -> None:
    project = reproduced.copy(tmp_path / "shared")
    project.set(lr=0.02)
    with subprocess.Popen(
        ["dvc", "repro"], cwd=project.path, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout
        next(line for line in first.stdout if line.startswith("epoch 1,"))
        # It is told that the first has the stage's files, not given half of them.
        assert "is busy, it is being blocked by" in project.run("dvc repro", fails=True)
        first.stdout.read()
    assert first.returncode == 0
    assert project.repro() == []
    assert project.hashes() == branched.hashes()


def test_another_project_imports_the_exported_network(project: Project, tmp_path: Path) -> None:
    other = Project(tmp_path / "other")
    other.path.mkdir()
    other.run("git init --quiet")
    other.run("dvc init --quiet")
    other.run(f"dvc import {project.path} models/lenet.onnx --rev main --out digits.onnx")
    network = (project.path / "models/lenet.onnx").read_bytes()
    assert (other.path / "digits.onnx").read_bytes() == network
    assert (
        f"rev_lock: {project.run('git rev-parse main').strip()}"
        in (other.path / "digits.onnx.dvc").read_text()
    )


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


def test_the_exported_network_comes_by_revision_or_version(project: Project) -> None:
    network = (project.path / "models/lenet.onnx").read_bytes()
    project.run("git tag --annotate --message first lenet@v1.0.0")
    project.run("dvc artifacts get . lenet --rev v1.0.0 --out registered.onnx")
    project.run("dvc get . models/lenet.onnx --rev main --out other.onnx")
    assert (project.path / "registered.onnx").read_bytes() == network
    assert (project.path / "other.onnx").read_bytes() == network


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
