"""Raw files, plain or compressed: opened, read whole or in blocks of text, and their numbers."""

import bz2
import gzip
import io
import lzma
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, Place, see_inspect, untrusted
from lenet.core.files import check_expansion

# Large enough for the parser's full speed, small enough to stay in the processor's cache.
PIECE_BYTES = 1 << 20
# Bytes that a number and the white space around it may take at most.
_LONGEST_NUMBER = 64
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NUMBER_BYTES, _SPACE_BYTES = b"0123456789+-.eE", b" \t\r\n\v\f"
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
    most = PIECE_BYTES + _LONGEST_NUMBER * numbers
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


@dataclass(frozen=True)
class Numbers:
    """The numbers in a piece of text.

    path: the file.
    text: the text.
    first_line: the number of the line that `text` begins on, or in the middle of.
    values: (t,) float64, the nearest to what is written.
    starts: (t,) int64, where in `text` each number begins.
    """

    path: Path
    text: bytes
    first_line: int
    values: NDArray[np.float64]
    starts: NDArray[np.int64]

    def by_line(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the index of the first number, and the count of numbers, of each line.

        Lines without numbers are left out.
        """
        firsts = np.searchsorted(self.starts, np.concatenate([[0], self._newlines]))
        counts = np.diff(firsts, append=len(self.values))
        return firsts[counts > 0], counts[counts > 0]

    def place(self, index: int, record: int) -> Place:
        """Return the place of number `index`, which belongs to `record`, counted from 0."""
        line = self.first_line + int(np.searchsorted(self._newlines, self.starts[index]))
        return Place(self.path, line, record + 1)

    @cached_property
    def _newlines(self) -> NDArray[np.int64]:
        return positions(self.text, b"\n")


def parse_numbers(path: Path, text: bytes, first_line: int) -> Numbers:
    """Read all white-space-separated numbers of `text`.

    Raises InputError at a word that is no finite decimal number.
    """
    if not text.translate(None, _NUMBER_BYTES + _SPACE_BYTES):
        with suppress(ValueError):
            values = np.array(text.split(), np.float64)
            if np.isfinite(values).all():
                space = np.frombuffer(text, np.uint8) <= ord(" ")
                starts = np.flatnonzero(~space & np.concatenate([[True], space[:-1]]))
                return Numbers(path, text, first_line, values, starts)
    line, word = next(
        (line, word)
        for line, words in enumerate(text.split(b"\n"), first_line)
        for word in words.split()
        if not (_NUMBER.fullmatch(word) and np.isfinite(float(word)))
    )
    found = f"found '{word[:40].decode('ascii', 'backslashreplace')}'"
    raise InputError(Place(path, line), found, "a finite decimal number", see_inspect(path))


def positions(text: bytes, byte: bytes) -> NDArray[np.int64]:
    """Return where `byte` stands in `text`, (t,) int64."""
    return np.flatnonzero(np.frombuffer(text, np.uint8) == ord(byte))


def whole_words(text: bytes) -> int:
    """Return the length of `text` without its last word, which may go on behind it."""
    return 1 + max(text.rfind(b"%c" % space) for space in _SPACE_BYTES)


def shortest_texts(pixels: NDArray[np.float64]) -> Iterator[list[str]]:
    """Yield, for each row, the shortest text of each number that reads as the same float64."""
    for row in pixels.tolist():
        yield [repr(value).removesuffix(".0") for value in row]
