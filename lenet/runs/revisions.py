"""The results of the project's revisions, read from the workspace, or from git by DVC."""

import io
import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import dvc.api
from ruamel.yaml import YAML

from lenet.core.errors import InputError, untrusted
from lenet.core.files import read_table
from lenet.core.params import read
from lenet.evaluation.comparison import Comparison
from lenet.evaluation.summary import counted, summary

# The files as they are now; DVC has the same word.
WORKSPACE = "workspace"


def compare(old: str, new: str) -> Comparison:
    """Compare the predictions of two revisions; either may be `WORKSPACE`.

    Raises InputError where a revision or its predictions do not exist, or the test images differ.
    """
    if _test_md5(old) != _test_md5(new):
        found = f"{old} and {new} were evaluated on different test images"
        raise InputError("", found, "the same images, to compare one by one")
    tables = []
    for rev in (old, new):
        with understood(rev):
            tables.append(read_table(io.StringIO(_read("metrics/predictions.csv", rev))))
    return Comparison.of(old, new, *tables)


def results(rev: str) -> str:
    """Return the results of a revision, or of `WORKSPACE`, in four lines.

    Raises InputError where the revision or its results do not exist.
    """
    with understood(rev):
        headline, card, training = (
            json.loads(_read(f"metrics/{name}.json", rev))
            for name in ("test", "data_train", "training/metrics")
        )
        values = params(rev)
        trained = f"trained on {values['train_file']}, {counted(card['images'], 'image')}"
        lines = [f"{trained}; tested on {values['test_file']}", summary(headline)]
        if "validation_loss" in training:
            lines.append(
                f"validation loss {training['validation_loss']:.4f}, error rate "
                f"{1 - training['validation_accuracy']:.2%}: choose between recipes by these"
            )
    page = Path("metrics/report.html")
    where = f"`dvc get . {page} --rev {rev} --out {page.name}` brings it"
    if rev == WORKSPACE:
        where = str(page) if page.exists() else f"`dvc repro` or `dvc pull` brings {page}"
    return "\n".join([*lines, f"report: {where}"])


def params(rev: str) -> dict[str, Any]:
    """Return what params.yaml holds in a revision, or in `WORKSPACE`.

    Raises InputError where the revision or its file does not exist, or the file is not YAML.
    """
    with understood(rev):
        return dict(YAML(typ="safe", pure=True).load(_read("params.yaml", rev)))


def is_stale() -> bool:
    """Return whether results of the workspace are not those of params.yaml, by dvc.lock.

    The stage `report` depends on all parameters, and runs last. Raises InputError where dvc.lock or
    params.yaml cannot be read.
    """
    report = read(Path("dvc.lock"))["stages"].get("report", {})
    return report.get("params", {}).get("params.yaml") != read(Path("params.yaml"))


def understood(rev: str) -> AbstractContextManager[None]:
    """Return what turns any error of reading a revision's files into an InputError."""
    advice = (
        "Expected is a branch, commit, tag or experiment with results, or the word workspace; for "
        "`lenet diff` also two files that are here."
    )
    if rev == WORKSPACE:
        advice = "A run may have been interrupted: `dvc repro` makes the results again."
    return untrusted(rev, "its results or params.yaml cannot be read", advice)


def _test_md5(rev: str) -> str:
    with understood(rev):
        return str(json.loads(_read("metrics/data_test.json", rev))["npz_md5"])


def _read(path: str, rev: str) -> str:
    return Path(path).read_text() if rev == WORKSPACE else dvc.api.read(path, rev=rev)
