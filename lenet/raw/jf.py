"""The .jf format of Daniel Keysers, RWTH Aachen: numbers separated by white space.

    10 256                  number of classes, number of features: may be missing
    6 0 0 0.213 1.872 ...   a record for each image: label, then the features, row by row
    -1                      the end marker: may be missing

A record may go on over several lines, as in the original C reader.
"""

import re
from collections.abc import Iterable, Iterator
from typing import IO

import numpy as np

from lenet.core.errors import InputError, Place, see_inspect
from lenet.raw.blocks import blocks
from lenet.raw.layout import Layout
from lenet.raw.numbers import Numbers, parse_numbers, whole_words
from lenet.raw.records import Records, shortest_texts
from lenet.raw.text import TextFile

_END_MARKER = -1
# A word that is no number.
_WORD = re.compile(rb"(?<!\S)(?![-+.0-9])\S+")
HEADER = re.compile(rb"\s*(\d{1,18})\s+(\d{1,18})(?=\s)([ \t\r\v\f]*\n)?")


def read(file: TextFile, layout: Layout, *, needs_labels: bool = True) -> Iterator[Records]:
    """Yield the records of a .jf file, block by block.

    Args:
        file: the file.
        layout: how to read it.
        needs_labels: whether a label has to be a number; if not, it may be anything or missing.

    Raises InputError at a fault, with its line and, unless it is a bad word, its record. The
    error does not always name the first of several faults in a block.
    """
    width = 1 + layout.features
    header_classes, header_end = _header(file, layout)
    done = 0
    aligned: bool | None = None
    ended = False
    for block in blocks(file, end=whole_words, numbers=width, skip=header_end):
        text = block.text if needs_labels else _WORD.sub(_zeros, block.text)
        numbers = parse_numbers(file.path, text, block.line)
        block.used = 0
        count = len(numbers.values)
        if not count:
            continue
        if ended:
            raise _data_after_end(numbers, 0)
        table = _Table(numbers, width, done)
        if aligned is None:
            if not needs_labels and table.usual_count() == layout.features:
                width = layout.features
                table = _Table(numbers, width, done)
            aligned = table.is_aligned()
        complete, ended = table.end(needs_labels=needs_labels, is_last=block.is_last)
        used = complete * width + ended
        if aligned:
            table.check_alignment(complete + (used < count))
        if block.is_last and not ended and table.marker_ends_last_record():
            raise table.too_few(complete - 1, layout.features - 1)
        cells = numbers.values[: complete * width].reshape(complete, width)
        yield Records(
            cells[:, 0],
            cells[:, width - layout.features :],
            place=table.place,
            header_classes=header_classes,
        )
        if used < count and ended:
            raise _data_after_end(numbers, used)
        if used < count and block.is_last:
            raise table.too_few(complete, count - used - 1)
        done += complete
        # The white space behind the last number used tells whether the next label begins a line.
        block.used = numbers.end(used)


def _zeros(word: re.Match[bytes]) -> bytes:
    return b"0" * len(word[0])


def _header(file: TextFile, layout: Layout) -> tuple[int | None, int]:
    """Return the number of classes, and where in the file the header ends: None, 0 without header.

    Two whole numbers that stand alone on the first line are a header, not a label and a pixel. So
    are two that cannot both be in a record, if the second is the number of features.
    """
    match = HEADER.match(file.start)
    if not match:
        return None, 0
    classes, features = int(match[1]), int(match[2])
    low, high = layout.pixel_range
    root = round(features**0.5)
    square = root >= 2 and root**2 == features
    alone = match[3] is not None and (square or not low <= features <= high)
    no_label = classes > layout.first_label + layout.classes - 1
    no_pixel = not low <= features <= high
    if not alone and (features != layout.features or not (no_label or no_pixel)):
        return None, 0
    place, advice = Place(file.path, line=1), see_inspect(file.path)
    if features != layout.features:
        expected = f"{layout.side} x {layout.side} = {layout.features}"
        raise InputError(place, f"the header says {features} features an image", expected, advice)
    if not 1 <= classes <= layout.classes:
        expected = f"1 to {layout.classes}"
        raise InputError(place, f"the header says {classes} classes", expected, advice)
    return classes, match.end(2)


class _Table:
    """Numbers cut into records of `width`; the last record may be incomplete.

    Args:
        numbers: the numbers, from the label of a record on.
        width: a label and the features.
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

    def end(self, *, needs_labels: bool, is_last: bool) -> tuple[int, bool]:
        """Return the number of whole records, and whether the end marker follows them.

        Args:
            needs_labels: if not, -1 may be a label too, or a first pixel, and the end marker can
                only be the last number of the file.
            is_last: whether the file ends with these numbers.
        """
        values, count = self._numbers.values, len(self._numbers.values)
        if not needs_labels:
            whole = count // self._width
            return whole, is_last and count % self._width == 1 and values[-1] == _END_MARKER
        markers = np.flatnonzero(values[:: self._width] == _END_MARKER)
        return (int(markers[0]), True) if len(markers) else (count // self._width, False)

    def is_aligned(self) -> bool:
        """Return whether every record of this file has to begin a line.

        It has to where most lines are a record each, or where the first two records fill lines
        alike. A missing or surplus value is then found where it is, and two such faults cannot
        compensate each other. Where lines break anywhere, only the count of all values tells.
        """
        if self.usual_count() == self._width:
            return True
        firsts, width = self._firsts, self._width
        second = firsts[(firsts >= width) & (firsts <= 2 * width)]
        return np.array_equal(firsts[firsts <= width] + width, second)

    def usual_count(self) -> int:
        """Return how many numbers most lines hold."""
        return int(np.bincount(self._counts).argmax())

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
        if begins_line[0]:
            on_line = self._counts[np.searchsorted(self._firsts, starts[i])] - 1
            found = f"found {on_line} pixel values on its line, and no line ends with the record"
        else:
            found = "found its label in the middle of a line"
        raise self._wrong(i, found)

    def marker_ends_last_record(self) -> bool:
        """Return whether the end marker stands where the last pixel of all is due.

        The last number has to be -1, alone on its line behind a line of several numbers. The
        record before must not end with a line of one number too.
        """
        values, count = self._numbers.values, len(self._numbers.values)
        if count % self._width or values[-1] != _END_MARKER or len(self._counts) < 2:
            return False
        usual = count - 1 - self._width in self._firsts
        return bool(self._counts[-1] == 1 and self._counts[-2] > 1 and not usual)

    def too_few(self, i: int, count: int) -> InputError:
        """Return the error of record `i`, the last, which has `count` pixel values."""
        return self._wrong(i, f"found {count} pixel values before the end of the file")

    def _wrong(self, i: int, found: str) -> InputError:
        place = self.place(i)
        expected = f"a label and {self._width - 1} pixel values"
        return InputError(place, found, expected, see_inspect(place.file))


def _data_after_end(numbers: Numbers, index: int) -> InputError:
    return InputError(
        Place(numbers.path, numbers.line(index)),
        f"found {numbers.values[index]:.9g} after the end marker {_END_MARKER}",
        "the end of the file",
    )


def write(file: IO[bytes], records: Iterable[Records], layout: Layout) -> None:
    """Write `records` as .jf, with header and end marker, a record a line.

    Each number is written as the shortest text that reads as the same float64.
    """
    file.write(f"{layout.classes} {layout.features}\n".encode())
    for block in records:
        for label, texts in zip(block.labels.tolist(), shortest_texts(block.pixels), strict=True):
            file.write(f"{label} {' '.join(texts)}\n".encode())
    file.write(f"{_END_MARKER}\n".encode())
