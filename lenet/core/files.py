"""Files that appear whole or not at all."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lenet.core.errors import InputError, untrusted

try:
    import fcntl
except ImportError:  # Windows: `predict` runs there.
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    import pandas as pd

# The text of digits compresses to about a tenth.
MAX_EXPANSION = 200
# Small files may expand further: 64 MiB do not fill the memory.
_ALWAYS_ALLOWED = 64 << 20


def expands_too_far(path: Path, size: int) -> bool:
    """Return whether the file at `path` cannot hold digits if its contents take `size` bytes.

    Readers refuse such a file before it fills the memory. A pipe has no size to compare with.
    """
    limit = max(_ALWAYS_ALLOWED, MAX_EXPANSION * path.stat().st_size)
    return size > limit and path.is_file()


def md5(path: Path) -> str:
    """Return the MD5 of a file or folder in hexadecimal, the hash that DVC uses.

    A .DS_Store in a folder does not count, because .dvcignore names it.
    """
    if path.is_dir():
        files = [file for file in path.rglob("*") if file.is_file() and file.name != ".DS_Store"]
        entries = [
            {"md5": md5(file), "relpath": file.relative_to(path).as_posix()} for file in files
        ]
        entries.sort(key=lambda entry: entry["relpath"])
        listing = json.dumps(entries, sort_keys=True).encode()
        return hashlib.md5(listing, usedforsecurity=False).hexdigest() + ".dir"
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary sibling of `path` for writing bytes; it takes the name on success only.

    A file that stood at `path` stays as it was until then, and after an error.
    Raises InputError where the file cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise InputError(path, "is a folder", "the name of a file to write")
        with part.open("wb") as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise InputError(path, f"cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):
            part.unlink()


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Lock `folder` against other processes that use this function.

    Raises InputError where another process has locked the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        if fcntl:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InputError(
            folder,
            "another process writes there, perhaps a stage left behind by a killed `dvc repro`",
            advice="Wait until that process ends, or kill it, and type the command again.",
        ) from error
    except OSError:
        # Some file systems have no locks.
        pass


def read_json(path: Path) -> dict:
    """Read a JSON file that `write_json` wrote.

    Raises InputError where the file is missing or damaged; git may have left the marks of a merge
    conflict in it.
    """
    with untrusted(path, "missing or damaged", "`dvc repro` makes it again."):
        return dict(json.loads(path.read_bytes()))


def write_json(value: dict, path: Path) -> None:
    """Write `value` as JSON with sorted keys, whole or not at all."""
    with whole_file(path) as file:
        file.write(json.dumps(value, indent=2, sort_keys=True, allow_nan=False).encode() + b"\n")


def write_csv(table: "pd.DataFrame", path: Path) -> None:
    """Write `table` as CSV without its index, whole or not at all."""
    with whole_file(path) as file:
        # The name of a picture may be no UTF-8.
        table.to_csv(file, index=False, lineterminator="\n", errors="backslashreplace")
