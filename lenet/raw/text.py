"""Text files, plain or compressed: opened, and refused if they are no text."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lenet.core.errors import InputError, untrusted
from lenet.core.files import MAX_EXPANSION, expands_too_far
from lenet.raw.foreign import refuse

# Large enough for the parser's full speed, small enough to stay in the processor's cache.
PIECE_BYTES = 1 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_COMPRESSED: tuple[tuple[bytes, Callable[[IO[bytes]], io.BufferedIOBase]], ...] = (
    (b"\xfd7zXZ\0", lzma.LZMAFile),
    (b"BZh", bz2.BZ2File),
    (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
)


@dataclass(frozen=True)
class TextFile:
    """An open text file, to be read once from its beginning.

    path: as the user gave it, for messages.
    start: the first piece of the file, which shows its format.
    rest: the following pieces.
    """

    path: Path
    start: bytes
    rest: Iterator[bytes]


@contextmanager
def open_text(path: Path) -> Iterator[TextFile]:
    """Open a text file; gzip, bzip2 and xz are recognised by content.

    Raises InputError where the file is missing, unreadable, empty, broken or of another kind.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(path, f"cannot be read ({error.strerror})") from error
    with file:
        pieces = _pieces(path, file)
        start = b""
        # The first of several compressed streams may be too short to show the format.
        while len(start) < PIECE_BYTES and (piece := next(pieces, b"")):
            start += piece
        start = start.removeprefix(_BYTE_ORDER_MARK)
        if not start.strip():
            raise InputError(path, "the file is empty", "images of characters")
        refuse(path, start)
        yield TextFile(path, start, pieces)


def _pieces(path: Path, file: io.BufferedReader) -> Iterator[bytes]:
    """Yield what a file holds, decompressed, in pieces of at most `PIECE_BYTES`.

    Raises InputError where the file is broken, or expands further than any text of pixels.
    """
    magic = file.peek(6)
    text: io.BufferedIOBase = file
    for signature, reader in _COMPRESSED:
        if magic.startswith(signature):
            text = reader(file)
    total = 0
    while True:
        with untrusted(
            path, "cannot be read, broken or cut short", "Fetch it again.", passing=(MemoryError,)
        ):
            piece = text.read(PIECE_BYTES)
        if not piece:
            return
        total += len(piece)
        if expands_too_far(path, total):
            times = f"more than {MAX_EXPANSION} times its size"
            raise InputError(path, f"unpacks to {times}", "text, which shrinks to about a tenth")
        yield piece
