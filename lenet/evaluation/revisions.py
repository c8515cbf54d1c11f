"""The results of other revisions of the project, read from git by DVC."""

import io
import json
from pathlib import Path

import dvc.api
import pandas as pd
from dvc.exceptions import DvcException
from dvc.scm import SCMError
from ruamel.yaml import YAML

from lenet.core.errors import InputError
from lenet.core.files import md5
from lenet.evaluation.comparison import Comparison
from lenet.evaluation.summary import counted, summary

PREDICTIONS, CARD = "metrics/predictions.csv", "metrics/data_test.json"
WORKSPACE = "workspace"


def compare(old: str, new: str | None) -> Comparison:
    """Compare the predictions of two revisions; the second is the workspace if it is None.

    Raises InputError where a revision or its predictions do not exist, or the test images differ.
    """
    if _test_hash(old) != _test_hash(new):
        raise InputError(
            f"{old} and {new or WORKSPACE}: were evaluated on different test images, so they "
            "cannot be compared image by image."
        )
    before, after = (pd.read_csv(io.StringIO(_read(PREDICTIONS, rev))) for rev in (old, new))
    return Comparison.of(old, new or WORKSPACE, before, after)


def test_images_of(new: str | None) -> Path:
    """Return the npz file of the test images that the revision `new` was evaluated on.

    Raises InputError where the workspace has other test images.
    """
    path = Path("data/npz/test.npz")
    if not path.is_file() or md5(path) != _test_hash(new):
        raise InputError(
            f"{path}: not there, or not the test images of {new or WORKSPACE}. `dvc checkout "
            f"{path}` or `dvc repro convert` brings them."
        )
    return path


def results(rev: str | None) -> str:
    """Return the results of a revision in four lines; of the workspace if it is None.

    Raises InputError where the revision or its results do not exist.
    """
    headline, card, training = (
        json.loads(_read(f"metrics/{name}.json", rev))
        for name in ("test", "data_train", "training/metrics")
    )
    params = YAML(typ="safe", pure=True).load(_read("params.yaml", rev))
    trained = f"trained on {params['train_file']}, {counted(card['images'], 'image')}"
    lines = [f"{trained}; tested on {params['test_file']}", summary(headline)]
    if "validation_loss" in training:
        lines.append(
            f"validation loss {training['validation_loss']:.4f}, error rate "
            f"{1 - training['validation_accuracy']:.2%}: choose between recipes by these"
        )
    where = "metrics/report.html" if rev is None else f"after `dvc exp apply {rev}`"
    return "\n".join([*lines, f"report: {where}"])


def _test_hash(rev: str | None) -> str:
    card = json.loads(_read(CARD, rev))
    return str(card["npz_md5"])


def _read(path: str, rev: str | None) -> str:
    try:
        if rev is None:
            return Path(path).read_text()
        return str(dvc.api.read(path, rev=rev))
    except (OSError, DvcException, SCMError) as error:
        reason = str(error).strip() or type(error).__name__
        raise InputError(
            f"{rev or WORKSPACE}: {path} cannot be read ({reason}). Expected a branch, commit, tag "
            "or experiment with results."
        ) from error
