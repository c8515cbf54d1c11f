"""Versions of the raw files: those of the workspace, and those of other revisions, through DVC."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dvc.api import DVCFileSystem
from dvc.config import Config
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.scm import SCMError
from dvc_data.index import DataIndexDirError

from lenet.core import params
from lenet.core.errors import InputError, untrusted
from lenet.core.files import md5
from lenet.evaluation.revisions import WORKSPACE
from lenet.raw.difference import Difference, Version
from lenet.raw.layout import Layout

FILES = ("train_file", "test_file")
_PARAMS = "params.yaml"


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
    with _revision(old) as before, _revision(new) as after:
        return [Difference.of(key, before.version(key), after.version(key)) for key in files]


class _Workspace:
    """The raw files of the workspace."""

    def version(self, key: str) -> Version:
        """Return the file that the parameter `key` names; raise InputError if it is not there."""
        path = _named(Path(_PARAMS), key)
        if not Path(path).exists():
            raise InputError(
                f"{path}: not there, but {_PARAMS} names it as {key}. `dvc checkout {path}` or "
                f"`dvc pull {path}` brings a file that DVC knows; `dvc repro convert` makes a "
                "built-in source."
            )
        return Version(path, Path(path), Layout.load(), WORKSPACE)


class _Revision:
    """The raw files of a revision of git.

    Args:
        rev: the revision.
        folder: is empty; the files are put there.

    Raises InputError where git does not know the revision, or it has no parameters.
    """

    def __init__(self, rev: str, folder: Path) -> None:
        self._rev = rev
        self._folder = folder
        try:
            # A revision may be older than the remote that has its files by now.
            config = Config(Repo.find_dvc_dir())
            self._files = DVCFileSystem(rev=rev, config=config)
            self._files.get_file(_PARAMS, str(folder / _PARAMS))
        except FileNotFoundError as error:
            raise InputError(
                f"{rev}: that revision has no {_PARAMS}. Expected a revision of this project."
            ) from error
        except (DvcException, SCMError) as error:
            raise _unknown(rev, error) from error

    def version(self, key: str) -> Version:
        """Return the file that the parameter `key` of the revision names.

        Raises InputError where the revision does not have the file, or its content is neither in
        the workspace, nor in DVC's cache or remote.
        """
        local = self._folder / _PARAMS
        try:
            path, layout = _named(local, key), Layout.load(local)
        except InputError as error:
            message = str(error).replace(str(local), f"{_PARAMS} at {self._rev}")
            raise InputError(message) from error
        try:
            info = self._files.info(path)
        except FileNotFoundError as error:
            raise InputError(
                f"{path} at {self._rev}: neither git nor DVC has such a file in that revision, but "
                f"its {_PARAMS} names it as {key}. Files that were never added cannot be compared."
            ) from error
        target = self._content(path, info, self._folder / key)
        return Version(path, target, layout, self._rev, workspace=False)

    def _content(self, path: str, info: dict[str, Any], target: Path) -> Path:
        """Return where a file or folder can be read, perhaps a copy at `target`; see `version`."""
        tracked = info.get("dvc_info", {})
        # A file that has not changed need not be in the cache.
        if tracked.get("md5") and Path(path).exists() and md5(Path(path)) == tracked["md5"]:
            return Path(path)
        try:
            with untrusted(
                f"{path} at {self._rev}: cannot be read from DVC's cache or remote",
                "See docs/experiments.md.",
                passing=(FileNotFoundError, DataIndexDirError, MemoryError),
            ):
                self._files.get(path, str(target), recursive=True)
        except (FileNotFoundError, DataIndexDirError) as error:
            # The latter means the list of a folder.
            raise InputError(self._missing(path)) from error
        return target

    def _missing(self, path: str) -> str:
        """Return the message where neither cache nor remote have the content of a file."""
        repo = self._files.repo
        remote = repo.config["core"].get("remote")
        # DVC names a local folder that this clone was made from; that is no remote of the user's.
        if remote and not remote.startswith("auto-generated"):
            advice = (
                f"neither DVC's cache nor the remote {remote} has it. In a clone that has it, "
                "`dvc push --all-commits` puts it there."
            )
        else:
            # For a remote that is in git `dvc fetch` would leave out the revisions before it.
            advice = (
                "DVC's cache does not have it, and there is no default remote. Name the remote "
                "that has it, `dvc remote add --local --default NAME URL`; then `dvc fetch "
                f"--all-commits {path}` brings it."
            )
        full = repo.fs.join(repo.root_dir, path)
        stages = [out.stage for out in repo.index.outs if out.fs_path == full and out.stage.cmd]
        for stage in stages:
            advice += f" Or `dvc repro {stage.path_in_repo}:{stage.name}` makes it again."
        return f"{path} at {self._rev}: {advice}"


@contextmanager
def _revision(rev: str) -> Iterator[_Workspace | _Revision]:
    """Open a revision, or `WORKSPACE`; its files are there until the end."""
    if rev == WORKSPACE:
        yield _Workspace()
        return
    with TemporaryDirectory() as folder:
        yield _Revision(rev, Path(folder))


def _named(path: Path, key: str) -> str:
    """Return the file that `key` of a file of parameters names."""
    value = params.read(path).get(key)
    if not isinstance(value, str):
        raise InputError(f"{path}: {key}: found {value!r}; expected the name of a file.")
    return value


def _unknown(rev: str, error: Exception) -> InputError:
    if Path(rev).exists():
        return InputError(
            f"{rev}: a file here, but no revision of git. Expected revisions, or two files that "
            "are both here: `lenet diff OLD.jf NEW.jf`."
        )
    reason = str(error).strip() or type(error).__name__
    return InputError(
        f"{rev}: neither a file here nor a revision of git ({reason}). Expected a branch, commit, "
        "tag or experiment, or two files."
    )
