"""The numbers of a text, and where they stand."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lenet.core.errors import InputError, Place, see_inspect

_LARGE_EXPONENT = re.compile(rb"e[+-]?0*[1-9][0-9]")
_NUMBER_BYTES = b"0123456789+-.eE"
_SPACE_BYTES = b" \t\r\n\v\f"
_SPACES_TO_NEWLINES = bytes.maketrans(_SPACE_BYTES, b"\n" * len(_SPACE_BYTES))


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
    if text.translate(None, _NUMBER_BYTES + _SPACE_BYTES):
        _refuse_word(path, text, first_line)
    column = text.translate(_SPACES_TO_NEWLINES)
    space = np.frombuffer(column, np.uint8) == ord("\n")
    starts = np.flatnonzero(~space & np.concatenate([[True], space[:-1]]))
    if not len(starts):
        return Numbers(path, text, first_line, np.empty(0), starts)
    # The C reader of pandas takes one number a line, whatever the text's own lines are. Its quick
    # conversion multiplies or divides the digits by a power of ten once. That is exact while both
    # are float64 without rounding: 15 digits, 10**22. Other numbers need the slower conversion.
    longest = int(np.diff(starts, append=len(text)).max())
    exact = longest <= 16 and not _LARGE_EXPONENT.search(text.replace(b"E", b"e"))
    try:
        table = pd.read_csv(
            io.BytesIO(column),
            header=None,
            dtype=np.float64,
            na_filter=False,
            engine="c",
            float_precision="high" if exact else "round_trip",
        )
    except ValueError:
        _refuse_word(path, text, first_line)
    values = table.to_numpy().ravel()
    if not np.isfinite(values).all():
        _refuse_word(path, text, first_line)
    return Numbers(path, text, first_line, values, starts)


def positions(text: bytes, byte: bytes) -> NDArray[np.int64]:
    """Return where `byte` stands in `text`, (t,) int64."""
    return np.flatnonzero(np.frombuffer(text, np.uint8) == ord(byte))


def whole_words(text: bytes) -> int:
    """Return the length of `text` without its last word, which may go on behind it."""
    return 1 + max(text.rfind(b"%c" % space) for space in _SPACE_BYTES)


def _refuse_word(path: Path, text: bytes, first_line: int) -> NoReturn:
    """Raise the error of the first word of `text` that is not a finite number."""
    for line, words in enumerate(text.split(b"\n"), first_line):
        for word in words.split():
            try:
                usable = not word.translate(None, _NUMBER_BYTES) and np.isfinite(float(word))
            except ValueError:
                usable = False
            if not usable:
                found = f"found '{word[:40].decode('ascii', 'backslashreplace')}'"
                expected = "a finite decimal number"
                raise InputError(Place(path, line), found, expected, see_inspect(path))
    # pandas raises a ValueError also where memory runs out.
    raise MemoryError


def shortest_texts(pixels: NDArray[np.float64]) -> Iterator[list[str]]:
    """Yield, for each row, the shortest text of each number that reads as the same float64."""
    for row in pixels.tolist():
        yield [repr(value).removesuffix(".0") for value in row]
