"""Files that appear whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def replace(source: Path, target: Path) -> None:
    """Move `source`, a finished file of the same file system, to `target` in one step."""
    # Temporary files are private (0600); a result is as readable as any other new file.
    umask = os.umask(0)
    os.umask(umask)
    os.chmod(source, 0o666 & ~umask)
    os.replace(source, target)


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary sibling of `path` for writing bytes; it takes the name only on success.

    Until then, and for good after an error, what stood at `path` stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        replace(Path(name), path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
