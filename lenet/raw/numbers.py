"""The numbers of a text, and where they stand."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, Place, see_inspect

_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NUMBER_BYTES = b"0123456789+-.eE"
_SPACE_BYTES = b" \t\r\n\v\f"


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
