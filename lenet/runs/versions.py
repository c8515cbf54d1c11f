"""Versions of the raw files: those of the workspace, and those of other revisions, through DVC."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from dvc.api import DVCFileSystem
from dvc.config import Config
from dvc.repo import Repo

from lenet.core.errors import InputError, untrusted
from lenet.raw.layout import Layout
from lenet.runs.difference import Difference, Version
from lenet.runs.revisions import WORKSPACE, params, understood

FILES = ("train_file", "test_file")


def differences(old: str, new: str, files: Sequence[str]) -> list[Difference]:
    """Compare the raw files of two revisions, or two files of the workspace.

    Args:
        old, new: two revisions, of which either may be `WORKSPACE`, or two files.
        files: which files of revisions are compared, of `FILES`.

    Raises InputError where a revision or a file is not to be had, or cannot be read.
    """
    if Path(old).exists() and Path(new).exists():
        layout = Layout.load()
        return [Difference.of("", *(Version(name, Path(name), layout) for name in (old, new)))]
    with TemporaryDirectory() as folder:
        return [
            Difference.of(
                key,
                _version(old, key, Path(folder, f"old_{key}")),
                _version(new, key, Path(folder, f"new_{key}")),
            )
            for key in files
        ]


def _version(rev: str, key: str, target: Path) -> Version:
    """Return the file that the parameter `key` of a revision names, perhaps a copy at `target`."""
    values = params(rev)
    with understood(rev):
        file = str(values[key])
        # An older revision lacks newer parameters.
        raw = Layout.of(side=2).model_dump() | values["raw"]
        layout = Layout.check(raw, f"params.yaml at {rev}: raw.")
    if rev == WORKSPACE:
        if not Path(file).exists():
            found = f"not there, but params.yaml names it as {key}"
            advice = f"`dvc pull '{file}'` or `dvc repro convert` brings it."
            raise InputError(file, found, advice=advice)
        return Version(file, Path(file), layout)
    name = f"{file} at {rev}"
    advice = (
        "`dvc push --all-commits`, in a clone that has it, puts it into the remote, which "
        "docs/experiments.md explains; `dvc repro` makes a file of a stage again."
    )
    with untrusted(name, "cannot be read from git, or from DVC's cache or remote", advice):
        # A revision may be older than the remote that has its files by now.
        files = DVCFileSystem(rev=rev, config=Config(Repo.find_dvc_dir()))
        files.get(file, str(target), recursive=True)
    return Version(name, target, layout)
