"""The results that the pages are about, read from git."""

import subprocess
from functools import cache
from typing import Any

from PIL import Image
from ruamel.yaml import YAML

from tests.project import ROOT

# The picture of the page to draw on notes the md5 of its network.
PICTURE = ROOT / "docs/draw.png"
_STAGED = ""


def tracked(path: str) -> str:
    """Return the text of a result, staged or else committed, but not of another processor.

    `make repro` on another kind of processor writes another network into the workspace, and users
    may commit it. The pages then are about the last committed network of the same inputs.
    """
    return _git("show", f"{_revision()}:./{path}")


def network_of(lock: dict[str, Any]) -> str:
    """Return the md5 of the exported network in dvc.lock."""
    outs = lock["stages"]["export"]["outs"]
    return next(str(out["md5"]) for out in outs if out["path"] == "models/lenet.onnx")


@cache
def _revision() -> str:
    """Return the revision with the pages' network and the inputs of today, or `_STAGED`."""
    with Image.open(PICTURE) as picture:
        network = picture.info["network"]
    now = _inputs(_lock(_STAGED))
    for revision in (_STAGED, *_git("log", "--format=%H", "--", "dvc.lock").split()):
        lock = _lock(revision)
        if _inputs(lock) != now:
            break
        if network_of(lock) == network:
            return revision
    return _STAGED


def _lock(revision: str) -> dict[str, Any]:
    lock: dict[str, Any] = YAML(typ="safe").load(_git("show", f"{revision}:./dvc.lock"))
    return lock


def _inputs(lock: dict[str, Any]) -> list[Any]:
    return [lock["stages"]["train"].get(key) for key in ("cmd", "deps", "params")]


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
