"""The .jf format of Daniel Keysers, RWTH Aachen: numbers separated by white space.

    10 256                  number of classes, number of features: may be missing
    6 0 0 0.213 1.872 ...   a record for each image: label, then the features, row by row
    -1                      the end marker: may be missing

A record may go on over several lines, as in the original C reader.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from math import isqrt
from typing import IO

import numpy as np

from lenet.core.errors import InputError, Place, see_inspect
from lenet.raw.layout import Layout
from lenet.raw.numbers import Numbers, parse_numbers, shortest_texts, whole_words
from lenet.raw.records import Records
from lenet.raw.text import TextFile, blocks

_END_MARKER = -1
HEADER = re.compile(rb"\s*(\d{1,18})\s+(\d{1,18})(?=\s)([ \t\r\v\f]*\n)?")


def read(file: TextFile, layout: Layout) -> Iterator[Records]:
    """Yield the records of a .jf file, block by block.

    The label is NaN where it is a word, and in a file whose lines hold just the features. An end
    marker in front of other numbers is read as a label.

    Raises InputError at a fault, with its line and, unless it is a bad word, its record.
    """
    width, aligned, done = 0, False, 0
    file = _without_header(file, layout)
    for block in blocks(file, end=whole_words, numbers=1 + layout.features):
        numbers = parse_numbers(file.path, block.text, block.line)
        if not (count := len(numbers.values)):
            block.used = 0
            continue
        if not width:
            _, counts = numbers.by_line()
            unlabelled = (counts[: max(1, len(counts) - 1)] == layout.features).all()
            width = layout.features + (not unlabelled)
            aligned = _Table(numbers, width, done).is_aligned()
        table = _Table(numbers, width, done)
        whole, left = divmod(count, width)
        ended = block.is_last and left == 1 and numbers.values[-1] == _END_MARKER
        if aligned:
            table.check_alignment(whole + (left > 0 and not ended))
        if block.is_last and left and not ended:
            raise table.wrong(whole, f"found {left} numbers before the end of the file")
        cells = numbers.values[: whole * width].reshape(whole, width)
        labels = np.full(whole, np.nan) if width == layout.features else cells[:, 0]
        yield Records(labels, cells[:, width - layout.features :], place=table.place)
        done += whole
        # The white space behind the last number used tells whether the next label begins a line.
        block.used = numbers.end(whole * width)


def _without_header(file: TextFile, layout: Layout) -> TextFile:
    """Return a file with blanks in place of its header, if it has one.

    Two whole numbers on the first line are a header if the second is the number of features of a
    square and stands at the line's end. So are two that cannot both be in a record, if the second
    is the number of features.

    Raises InputError where the header does not fit the layout.
    """
    match = HEADER.match(file.start)
    if not match:
        return file
    classes, features = int(match[1]), int(match[2])
    low, high = sorted(layout.pixel_range)
    no_record = classes >= layout.first_label + layout.classes or not low <= features <= high
    if not (match[3] and features >= 4 and isqrt(features) ** 2 == features) and not (
        no_record and features == layout.features
    ):
        return file
    place, advice = Place(file.path, line=1), see_inspect(file.path)
    if features != layout.features:
        expected = f"{layout.side} x {layout.side} = {layout.features}"
        raise InputError(place, f"the header says {features} features an image", expected, advice)
    if not 1 <= classes <= layout.classes:
        expected = f"1 to {layout.classes}"
        raise InputError(place, f"the header says {classes} classes", expected, advice)
    blank = re.sub(rb"\d", b" ", match[0])
    return replace(file, start=blank + file.start[match.end() :])


class _Table:
    """Numbers cut into records of `width`; the last record may be incomplete.

    Args:
        numbers: the numbers, from the beginning of a record on.
        width: the numbers of a record.
        done: how many records of the file stand before them.
    """

    def __init__(self, numbers: Numbers, width: int, done: int) -> None:
        self._numbers = numbers
        self._width = width
        self._done = done
        self._firsts, self._counts = numbers.by_line()

    def place(self, i: int) -> Place:
        """Return the place of record `i`."""
        return self._numbers.place(i * self._width, self._done + i)

    def is_aligned(self) -> bool:
        """Return whether every record of this file has to begin a line.

        It has to where most lines are a record each, or where the first two records fill lines
        alike. Two faults, a missing and a surplus value, then cannot compensate each other.
        """
        firsts, width = self._firsts, self._width
        if np.bincount(self._counts).argmax() == width:
            return True
        second = firsts[(firsts >= width) & (firsts <= 2 * width)]
        return np.array_equal(firsts[firsts <= width] + width, second)

    def check_alignment(self, count: int) -> None:
        """Raise InputError where one of the first `count` records does not begin a line."""
        starts = np.arange(count) * self._width
        begins_line = np.isin(starts, self._firsts)
        # The first record of the file may stand behind its header.
        before = self._numbers.text[: self._numbers.starts[0]]
        begins_line[:1] = self._done == 0 or b"\n" in before
        if begins_line.all():
            return
        i = max(0, int(begins_line.argmin()) - 1)
        found = "found its label in the middle of a line"
        if begins_line[0]:
            on_line = self._counts[np.searchsorted(self._firsts, starts[i])]
            found = f"found {on_line} numbers on its line, and no line ends with the record"
        raise self.wrong(i, found)

    def wrong(self, i: int, found: str) -> InputError:
        """Return the error of record `i`."""
        place = self.place(i)
        expected = f"{self._width} numbers: a label and the pixels"
        return InputError(place, found, expected, see_inspect(place.file))


def write(file: IO[bytes], records: Records, layout: Layout) -> None:
    """Write `records` as .jf: header, a record a line, end marker; see `shortest_texts`."""
    file.write(f"{layout.classes} {layout.features}\n".encode())
    for label, texts in zip(records.labels.tolist(), shortest_texts(records.pixels), strict=True):
        file.write(f"{label} {' '.join(texts)}\n".encode())
    file.write(f"{_END_MARKER}\n".encode())
