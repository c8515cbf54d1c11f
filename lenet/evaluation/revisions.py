"""The results of other revisions of the project, read from git by DVC."""

import io
import json
from contextlib import AbstractContextManager
from pathlib import Path

import dvc.api
import pandas as pd
from dvc.exceptions import DvcException
from dvc.scm import SCMError
from ruamel.yaml import YAML

from lenet.core.errors import InputError, untrusted
from lenet.core.files import md5
from lenet.core.params import read
from lenet.evaluation.comparison import Comparison
from lenet.evaluation.summary import counted, summary

PREDICTIONS, CARD = "metrics/predictions.csv", "metrics/data_test.json"
# The files as they are now; DVC has the same word.
WORKSPACE = "workspace"


def compare(old: str, new: str) -> Comparison:
    """Compare the predictions of two revisions; either may be `WORKSPACE`.

    Raises InputError where a revision or its predictions do not exist, or the test images differ.
    """
    if _test_hash(old) != _test_hash(new):
        raise InputError(
            f"{old} and {new}: were evaluated on different test images, so they cannot be compared "
            "image by image."
        )
    with _understood(f"{old} or {new}"):
        before, after = (pd.read_csv(io.StringIO(_read(PREDICTIONS, rev))) for rev in (old, new))
        return Comparison.of(old, new, before, after)


def test_images_of(rev: str) -> Path:
    """Return the npz file of the test images that a revision, or `WORKSPACE`, was evaluated on.

    Raises InputError where the workspace has other test images.
    """
    path = Path("data/npz/test.npz")
    if not path.is_file() or md5(path) != _test_hash(rev):
        raise InputError(
            f"{path}: not there, or not the test images of {rev}. `dvc checkout {path}` or `dvc "
            "repro convert` brings them."
        )
    return path


def results(rev: str) -> str:
    """Return the results of a revision, or of `WORKSPACE`, in four lines.

    Raises InputError where the revision or its results do not exist.
    """
    with _understood(rev):
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
    page = "metrics/report.html"
    if rev == WORKSPACE:
        where = page if Path(page).exists() else f"`dvc repro` or `dvc pull` brings {page}"
    else:
        where = f"`dvc get . {page} --rev {rev} --out {Path(page).name}` brings it"
    return "\n".join([*lines, f"report: {where}"])


def is_stale() -> bool:
    """Return whether results of the workspace are not those of params.yaml, by dvc.lock.

    The stage `report` depends on all parameters, and runs last. Raises InputError where dvc.lock or
    params.yaml cannot be read.
    """
    lock = Path("dvc.lock")
    stages = read(lock).get("stages", {}) if lock.exists() else {}
    if not stages:
        return False
    noted = stages.get("report", {}).get("params", {}).get("params.yaml")
    outs = (out for stage in stages.values() for out in stage.get("outs", ()))
    results = {Path(out["path"]): out["md5"] for out in outs if out["path"].startswith("metrics/")}
    return noted != read(Path("params.yaml")) or any(
        md5(path) != digest for path, digest in results.items() if path.is_file()
    )


def _test_hash(rev: str) -> str:
    with _understood(rev):
        return str(json.loads(_read(CARD, rev))["npz_md5"])


def _understood(rev: str) -> AbstractContextManager[None]:
    """Return what turns any error of reading results into an InputError."""
    advice = "In the workspace, after a merge conflict too, `dvc repro` makes them again."
    return untrusted(f"{rev}: the results or params.yaml cannot be understood", advice)


def _read(path: str, rev: str) -> str:
    try:
        if rev == WORKSPACE:
            return Path(path).read_text()
        return str(dvc.api.read(path, rev=rev))
    except (OSError, DvcException, SCMError) as error:
        reason = str(error).strip() or type(error).__name__
        if rev == WORKSPACE:
            expected = "In the project's folder, `dvc repro` makes it."
        else:
            expected = "Expected a branch, commit, tag or experiment with results."
        raise InputError(f"{rev}: {path} cannot be read ({reason}). {expected}") from error
