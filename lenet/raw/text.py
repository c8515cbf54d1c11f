"""Raw files, plain or compressed: opened, and read whole or in blocks of text."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lenet.core.errors import InputError, Place, untrusted
from lenet.core.files import check_expansion

# Large enough for the parser's full speed, small enough to stay in the processor's cache.
PIECE_BYTES = 1 << 20
# Bytes that a number and the white space around it may take at most.
_NUMBER_BYTES = 64
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_COMPRESSED: tuple[tuple[bytes, Callable[[IO[bytes]], io.BufferedIOBase]], ...] = (
    (b"\xfd7zXZ\0", lzma.LZMAFile),
    (b"BZh", bz2.BZ2File),
    (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
)
# Advice for images in a format that is not read.
AS_NPZ = (
    "Write its images and labels as npz: `numpy.savez('mine.npz', images=..., labels=...)`, images "
    "float32 (n, side, side) from 0 = background to 1, labels int64 (n,)."
)


@dataclass(frozen=True)
class RawFile:
    """An open raw file, to be read once from its beginning.

    path: as the user gave it, for messages.
    start: the first piece of the file, which shows its format.
    rest: the following pieces.
    """

    path: Path
    start: bytes
    rest: Iterator[bytes]

    def whole(self) -> bytes:
        """Return the whole content."""
        return b"".join([self.start, *self.rest])


@contextmanager
def open_raw(path: Path) -> Iterator[RawFile]:
    """Open a raw file; gzip, bzip2 and xz are recognised by content.

    Raises InputError where the file is missing, unreadable, empty or broken.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(path, f"cannot be read ({error.strerror})") from error
    with file:
        pieces = _pieces(path, file)
        start = next(pieces, b"").removeprefix(_BYTE_ORDER_MARK)
        if not start.strip():
            raise InputError(path, "the file is empty", "images of characters")
        yield RawFile(path, start, pieces)


def _pieces(path: Path, file: io.BufferedReader) -> Iterator[bytes]:
    """Yield what a file holds, decompressed, in pieces of at most `PIECE_BYTES`.

    Raises InputError where the file is broken, or expands further than any text of pixels.
    """
    magic = file.peek(6)
    text = file
    for signature, reader in _COMPRESSED:
        if magic.startswith(signature):
            # A file may hold several compressed streams; the buffer reads across their ends.
            text = io.BufferedReader(reader(file))
    broken = "cannot be read, broken or cut short"
    total = 0
    while True:
        with untrusted(path, broken, "Fetch it again.", passing=(MemoryError,)):
            piece = text.read(PIECE_BYTES)
        if not piece:
            return
        total += len(piece)
        check_expansion(path, total)
        yield piece


@dataclass
class Block:
    """Text that begins where the last whole record of the block before ends.

    text: the text.
    line: the number of the line that `text` begins on, or in the middle of.
    is_last: whether the file ends with `text`.
    used: bytes of `text` that are done; the next block begins with the others. The reader sets it.
    """

    text: bytes
    line: int
    is_last: bool
    used: int


def blocks(file: RawFile, *, end: Callable[[bytes], int], numbers: int) -> Iterator[Block]:
    """Yield the blocks of a file, each of about a piece.

    Args:
        file: the file.
        end: returns how many bytes of a text can be read before more of it is known.
        numbers: the most numbers that a record has.

    Raises InputError where more text than a record can have makes none.
    """
    most = PIECE_BYTES + _NUMBER_BYTES * numbers
    text, line, is_last = file.start, 1, False
    while not is_last:
        following = next(file.rest, b"")
        is_last = not following
        whole = len(text) if is_last else end(text)
        block = Block(text[:whole], line, is_last, used=whole)
        yield block
        line += text.count(b"\n", 0, block.used)
        rest = text[block.used :]
        if len(rest) > most:
            raise InputError(
                Place(file.path, line),
                f"found {len(rest)} bytes that make no whole record",
                f"{numbers} numbers at most, in {most} bytes at most",
            )
        text = rest + following
