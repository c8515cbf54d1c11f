"""The stages that run without MXNet, run in order on scikit-learn's digits."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from lenet.sources.fetch import fetch
from tests.deploy.untrained import export_untrained
from tests.project import ROOT
from tests.report.conftest import PICTURES

COMMANDS = {
    "convert": ["data/sources/digits/train.jf", "data/npz/train.npz", "metrics/data_train.json"],
    "evaluate": ["models/lenet.onnx", "data/npz", "metrics"],
    "report": ["models/lenet.onnx", "metrics"],
}


def imports(stage: str, arguments: list[str], folder: Path) -> set[str]:
    """Run a stage in `folder`; return the names of the modules that were imported."""
    code = (
        f"import runpy, sys; sys.argv = [{stage!r}, *{arguments!r}]; "
        f"runpy.run_module('stages.{stage}', run_name='__main__'); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with an exported network and with results of training, but without any data."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "params.yaml", folder)
    fetch("digits", folder / "data/sources/digits")
    (folder / "models").mkdir()
    export_untrained(folder / "models")
    for picture in PICTURES:
        (folder / "metrics" / picture).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (2, 2)).save(folder / "metrics" / picture)
    (folder / "metrics/training").mkdir()
    training = {"step": 1, "loss": 2.3, "train_accuracy": 0.1}
    (folder / "metrics/training/metrics.json").write_text(json.dumps(training))
    (folder / "metrics/network.json").write_text('{"dead_units": 0}')
    return folder


@pytest.fixture(scope="module")
def imported(folder: Path) -> dict[str, set[str]]:
    """Return the modules that each stage imports."""
    found = {}
    for stage, arguments in COMMANDS.items():
        found[stage] = imports(stage, arguments, folder)
        if stage == "convert":
            test = [name.replace("train", "test").replace(".jf", ".txt") for name in arguments]
            imports(stage, test, folder)
    return found


@pytest.mark.parametrize("stage", COMMANDS)
def test_the_stage_imports_no_mxnet(imported: dict[str, set[str]], stage: str) -> None:
    assert not imported[stage] & {"mxnet", "lenet.model._mxnet", "matplotlib.pyplot"}


def test_evaluation_needs_nothing_of_model_and_training(imported: dict[str, set[str]]) -> None:
    packages = {name.split(".")[1] for name in imported["evaluate"] if name.startswith("lenet.")}
    assert packages == {"core", "deploy", "evaluation", "figures"}


@pytest.mark.slow
def test_drawing_needs_nothing_of_evaluation() -> None:
    code = "import sys, stages.draw; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    packages = {".".join(name.split(".")[:2]) for name in done.stdout.splitlines()[-1].split()}
    assert not packages & {"lenet.evaluation", "lenet.deploy", "matplotlib.pyplot"}


def test_evaluation_and_report_write_their_files(
    imported: dict[str, set[str]], folder: Path
) -> None:
    assert imported.keys() == COMMANDS.keys()
    headline = json.loads((folder / "metrics/test.json").read_text())
    assert headline["images"] == 360
    lines = (folder / "metrics/predictions.csv").read_text().splitlines()
    assert len(lines) == 1 + headline["images"]
    assert len((folder / "metrics/per_class.csv").read_text().splitlines()) == 1 + 10
    for picture in ("confusion.png", "pictures/mistakes.png", "pictures/confidence.png"):
        with Image.open(folder / "metrics" / picture) as drawn:
            assert min(drawn.size) > 350
    report = (folder / "metrics/report.md").read_text()
    assert f"{headline['errors']} errors in 360 test images" in report
    assert "data:image/png;base64," in (folder / "metrics/report.html").read_text()
