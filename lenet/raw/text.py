"""Text files of numbers, plain or compressed: a block at a time, each number with its line."""

import bz2
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lenet.core.errors import InputError
from lenet.core.files import MOST_EXPANSION, most_unpacked

# Large enough for the parser's full speed, small enough to stay in the processor's cache.
_BLOCK_BYTES = 1 << 20
# What is read at a time of a packed file: little, so that `share` is near what has been unpacked.
_PACKED_BYTES = 1 << 16
# What a number and the white space around it may take at most.
_NUMBER_SPACE = 64

_BROKEN = (EOFError, OSError, lzma.LZMAError, zlib.error)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LARGE_EXPONENT = re.compile(rb"e[+-]?0*[1-9][0-9]")
_NUMBER_BYTES = b"0123456789+-.eE"
_SPACE_BYTES = b" \t\r\n\v\f"


class _Streams(io.RawIOBase):
    """What one bzip2 or xz stream behind the other holds.

    Python's own readers take whatever is behind the first one, such as a broken second one, for
    the end of the file.
    """

    def __init__(
        self,
        raw: BinaryIO,
        decompressor: type[bz2.BZ2Decompressor] | type[lzma.LZMADecompressor],
        padding: bytes,
    ) -> None:
        self._raw = raw
        self._new = decompressor
        # What may stand between and behind streams.
        self._padding = padding
        self._stream = decompressor()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            if self._stream.eof:
                packed = self._stream.unused_data.lstrip(self._padding)
                while not packed:
                    more = self._raw.read(_PACKED_BYTES)
                    if not more:
                        return 0
                    packed = more.lstrip(self._padding)
                self._stream = self._new()
            elif self._stream.needs_input:
                packed = self._raw.read(_PACKED_BYTES)
                if not packed:
                    raise EOFError("it ends before its end marker")
            else:
                packed = b""
            text = self._stream.decompress(packed, len(buffer))
            if text:
                buffer[: len(text)] = text
                return len(text)


def _open_bz2(raw: BinaryIO) -> BinaryIO:
    return io.BufferedReader(_Streams(raw, bz2.BZ2Decompressor, b""))


def _open_xz(raw: BinaryIO) -> BinaryIO:
    return io.BufferedReader(_Streams(raw, lzma.LZMADecompressor, b"\0"))


_OPENERS: dict[bytes, Callable[[BinaryIO], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": _open_bz2,
    b"\xfd7zXZ\x00": _open_xz,
}


class TextFile:
    """A text file to be read once from the front, in blocks of whole lines or whole words.

    Args:
        path: of it.
        file: what it holds, unpacked.
        raw: the file itself.

    Attributes:
        path: as the person gave it, for messages.
        start: the first block of the file, to tell its format by.
    """

    def __init__(self, path: Path, file: BinaryIO, raw: BinaryIO) -> None:
        self.path = path
        self._file = file
        self._raw = raw
        self._unpacked = self._given = 0
        self.start = self._read().removeprefix(_BYTE_ORDER_MARK)

    @property
    def share(self) -> float:
        """About how much of the file the blocks make up that have been yielded, up to 1.

        Of what is no file, such as a pipe, 1: it does not tell how much there is to come.
        """
        if not self.path.is_file():
            return 1
        return self._given / self._unpacked * self._raw.tell() / self.path.stat().st_size

    def _read(self) -> bytes:
        try:
            block = self._file.read(_BLOCK_BYTES)
        except _BROKEN as error:
            raise InputError(
                f"{self.path}: cannot be read, broken or cut short ({error}); fetch it again."
            ) from error
        self._unpacked += len(block)
        if self._file is not self._raw and self._unpacked > most_unpacked(self.path):
            raise InputError(
                f"{self.path}: unpacks to more than {MOST_EXPANSION} times its size; expected "
                "digit images, whose text shrinks to a tenth or so. Unpack it to see what it is."
            )
        return block

    def check_rest(self, rest: bytes, line: int, numbers: int) -> None:
        """Raise InputError where `rest`, the text of no whole record yet, is too long for one.

        Args:
            rest: the text.
            line: that it begins on.
            numbers: that a record has at most.
        """
        most = _BLOCK_BYTES + _NUMBER_SPACE * numbers
        if len(rest) > most:
            line += rest.count(b"\n", 0, len(rest) - len(rest.lstrip()))
            raise InputError(
                f"{self.path}, line {line}: found {len(rest)} bytes that make no whole record; "
                f"expected {numbers} numbers at most, in {most} bytes at most."
            )

    def blocks(self, *, skip: int = 0) -> Iterator[tuple[bytes, bool]]:
        """Yield the file's bytes in order, each block with whether it is the last.

        `skip` bytes of the first block are left out.
        """
        block = self.start[skip:]
        last = False
        while not last:
            following = self._read()
            last = not following
            self._given += len(block)
            yield block, last
            block = following


@contextmanager
def open_text(path: Path) -> Iterator[TextFile]:
    """Open a text file, seeing through gzip, bzip2 and xz by content.

    Raises InputError where the file is missing, unreadable, empty, binary or a broken archive.
    """
    try:
        raw = path.open("rb")
        magic = raw.peek(6)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    with raw:
        opener = next((o for m, o in _OPENERS.items() if magic.startswith(m)), None)
        with opener(raw) if opener else raw as file:
            text = TextFile(path, file, raw)
            if not text.start.strip():
                raise InputError(f"{path}: the file is empty; expected digit images.")
            if b"\0" in text.start:
                raise InputError(
                    f"{path}: a binary file; expected .jf or image-text, plain, .gz, .bz2 or .xz."
                )
            if b"\r" in text.start and b"\n" not in text.start:
                raise InputError(
                    f"{path}: lines end in CR alone; expected LF or CR LF (as by tr '\\r' '\\n')."
                )
            yield text


@dataclass(frozen=True)
class Numbers:
    """The numbers in a piece of text.

    Attributes:
        path, text, first_line: where they were found; `first_line` is the number of the line
            that `text` begins on (or in the middle of).
        values: (t,) float64, finite; the nearest to what is written.
        starts: (t,) int64, where in `text` each begins.
    """

    path: Path
    text: bytes
    first_line: int
    values: NDArray[np.float64]
    starts: NDArray[np.int64]

    def end(self, count: int) -> int:
        """Return where in `text` the first `count` numbers end."""
        if count < len(self.starts):
            return len(self.text[: self.starts[count]].rstrip()) if count else 0
        return len(self.text.rstrip())

    def line(self, index: int) -> int:
        """Return the line that number `index` stands on."""
        return self.first_line + self.text.count(b"\n", 0, int(self.starts[index]))

    def lines(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the lines that the numbers at `indices` stand on."""
        return self.first_line + np.searchsorted(positions(self.text, b"\n"), self.starts[indices])


def parse_numbers(path: Path, text: bytes, first_line: int) -> Numbers:
    """Read all white-space-separated numbers of `text`.

    Raises InputError at the first word that is not a finite decimal number.
    """
    if text.translate(None, _NUMBER_BYTES + _SPACE_BYTES):
        _refuse_word(path, text, first_line)
    starts = word_starts(text)
    if not len(starts):
        return Numbers(path, text, first_line, np.empty(0), starts)
    # One number a line is the form in which pandas' C reader takes any layout. Its quick
    # conversion multiplies or divides the digits by a power of ten once: exact while both are
    # float64 without rounding (15 digits, 10**22). Numbers that may be beyond that need the
    # slower one, so that what is written comes back to the bit.
    longest = int(np.diff(starts, append=len(text)).max())
    exact = longest <= 16 and not _LARGE_EXPONENT.search(text.replace(b"E", b"e"))
    lines = text.translate(bytes.maketrans(_SPACE_BYTES, b"\n" * len(_SPACE_BYTES)))
    try:
        column = pd.read_csv(
            io.BytesIO(lines),
            header=None,
            dtype=np.float64,
            na_filter=False,
            engine="c",
            float_precision="high" if exact else "round_trip",
        )
    except ValueError:
        _refuse_word(path, text, first_line)
    values = column.to_numpy().ravel()
    if not np.isfinite(values).all():
        _refuse_word(path, text, first_line)
    return Numbers(path, text, first_line, values, starts)


def word_starts(text: bytes) -> NDArray[np.int64]:
    """Return where each white-space-separated word of `text` begins, (t,) int64."""
    space = is_space(text)
    space_before = np.concatenate([[True], space[:-1]])
    return np.flatnonzero(space_before & ~space)


def is_space(text: bytes) -> NDArray[np.bool_]:
    """Return whether each byte of `text` is white space, (len(text),) bool."""
    table = np.zeros(256, bool)
    table[list(_SPACE_BYTES)] = True
    return table[np.frombuffer(text, np.uint8)]


def whole_words(text: bytes) -> int:
    """Return the length of `text` without the word that its last byte may stand in."""
    return 1 + max(text.rfind(space) for space in (b"%c" % byte for byte in _SPACE_BYTES))


def positions(text: bytes, byte: bytes) -> NDArray[np.int64]:
    """Return where `byte` stands in `text`, (t,) int64."""
    return np.flatnonzero(np.frombuffer(text, np.uint8) == ord(byte))


def _refuse_word(path: Path, text: bytes, first_line: int) -> NoReturn:
    """Raise the error of the first word of `text` that is not a finite number."""
    for offset, line in enumerate(text.split(b"\n")):
        for word in line.split():
            try:
                usable = not word.translate(None, _NUMBER_BYTES) and np.isfinite(float(word))
            except ValueError:
                usable = False
            if not usable:
                shown = word[:40].decode("ascii", "backslashreplace")
                raise InputError(
                    f"{path}, line {first_line + offset}: found '{shown}'; "
                    "expected a finite decimal number."
                )
    raise AssertionError("every word is a number")
