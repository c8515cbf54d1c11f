import hashlib
import json
import shutil
from pathlib import Path

import pytest

from lenet.core.errors import InputError
from lenet.report.results import File, Results
from tests.project import ROOT


@pytest.fixture
def metrics(tmp_path: Path) -> Path:
    """A copy of the results in git, with hashes of this test's own, and a model."""
    folder = tmp_path / "metrics"
    shutil.copytree(ROOT / "metrics", folder)
    for name in ("train", "test"):
        card = json.loads((folder / f"data_{name}.json").read_text())
        card |= {"raw_md5": f"raw {name}", "npz_md5": f"npz {name}"}
        (folder / f"data_{name}.json").write_text(json.dumps(card))
    (tmp_path / "lenet.onnx").write_bytes(b"a model")
    return folder


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def load(metrics: Path) -> Results:
    return Results.load(metrics, metrics.parent / "lenet.onnx", ROOT / "params.yaml")


def test_everything_is_read_and_the_files_have_their_hashes(metrics: Path) -> None:
    results = load(metrics)
    assert results.headline == json.loads((metrics / "test.json").read_text())
    assert results.training == json.loads((metrics / "training/metrics.json").read_text())
    assert len(results.predictions) == results.per_class["support"].sum()
    assert results.cards["test"]["images"] == results.headline["images"]
    predictions = (metrics / "predictions.csv").read_bytes()
    assert results.files == {
        "training file": File(results.config.train_file, "raw train"),
        "test file": File(results.config.test_file, "raw test"),
        "training images": File("data/npz/train.npz", "npz train"),
        "test images": File("data/npz/test.npz", "npz test"),
        "network": File(str(metrics.parent / "lenet.onnx"), md5(b"a model")),
        "predictions": File(str(metrics / "predictions.csv"), md5(predictions)),
    }


@pytest.mark.parametrize("name", ["test.json", "per_class.csv", "data_train.json"])
def test_a_result_that_is_missing_or_broken_is_named(metrics: Path, name: str) -> None:
    (metrics / name).write_bytes(b'"<<<<<<< HEAD\n{')
    expected = rf"{name}: missing or damaged \(.*`dvc repro` makes it again\."
    with pytest.raises(InputError, match=expected):
        load(metrics)
    (metrics / name).unlink()
    with pytest.raises(InputError, match=expected):
        load(metrics)
