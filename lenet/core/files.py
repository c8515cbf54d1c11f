"""Files that appear whole or not at all."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lenet.core.errors import InputError, see_inspect, untrusted

if TYPE_CHECKING:
    import pandas as pd

# Bytes that are made of a byte of a file at most; the text of digits shrinks to about a tenth.
_MOST_EXPANSION = 200
# Small files may expand further: 64 MiB do not fill the memory.
_ALWAYS_ALLOWED = 64 << 20


def check_expansion(path: Path, size: int) -> None:
    """Raise InputError if the file at `path` makes `size` bytes, which no file of digits does.

    Readers call it before the memory is full. A pipe has no size to compare with.
    """
    if size > max(_ALWAYS_ALLOWED, _MOST_EXPANSION * path.stat().st_size) and path.is_file():
        raise InputError(
            path,
            f"its images take more than {_MOST_EXPANSION} times the size of the file",
            "smaller images",
            see_inspect(path),
        )


def md5(path: Path) -> str:
    """Return the MD5 of a file or folder in hexadecimal, the hash that DVC uses.

    A .DS_Store in a folder does not count, because .dvcignore names it.
    """
    if path.is_dir():
        entries = [
            {"md5": md5(file), "relpath": file.relative_to(path).as_posix()}
            for file in path.rglob("*")
            if file.is_file() and file.name != ".DS_Store"
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
    import fcntl  # Windows has none, and `predict` runs there.

    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            found = "another process writes there, perhaps a stage of a killed `dvc repro`"
            advice = "Wait until that process ends, or kill it, and type the command again."
            raise InputError(folder, found, advice=advice) from error
        except OSError:
            pass  # Some file systems have no locks.
        yield
    finally:
        os.close(descriptor)


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


def read_table(file: "Path | IO[str]") -> "pd.DataFrame":
    """Read a CSV file of results; classes are text, whatever their names look like."""
    import pandas as pd

    text = dict.fromkeys(("class", "actual", "predicted"), str)
    return pd.read_csv(file, dtype=text, keep_default_na=False, na_values=[""])


def write_csv(table: "pd.DataFrame", path: Path) -> None:
    """Write `table` as CSV without its index, whole or not at all."""
    with whole_file(path) as file:
        # The name of a picture may be no UTF-8.
        table.to_csv(file, index=False, lineterminator="\n", errors="backslashreplace")
