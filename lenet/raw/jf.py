"""The .jf format of Daniel Keysers, RWTH Aachen: numbers separated by white space.

    10 256                  number of classes, number of features: may be missing
    6 0 0 0.213 1.872 ...   a record an image: label, then the features, row by row
    -1                      the end marker: may be missing

As in the original C reader a record may go on over several lines.
"""

import re
from collections.abc import Iterable, Iterator
from typing import IO

import numpy as np

from lenet.core.errors import InputError
from lenet.core.npz import CLASSES
from lenet.raw.layout import Layout
from lenet.raw.records import Records, checked_records, number_texts
from lenet.raw.text import Numbers, TextFile, parse_numbers, whole_words

_END_MARKER = -1
_HEADER = re.compile(rb"\s*(\d{1,18})\s+(\d{1,18})(?=\s)([ \t\r\v\f]*\n)?")


def read(file: TextFile, layout: Layout) -> Iterator[Records]:
    """Yield the records of a .jf file, a block at a time.

    Raises InputError at a fault, with its line and, if it is no bad word, its record; of several
    in one block not always at the first.
    """
    width = 1 + layout.features
    classes, header_end = _header(file, layout)
    line = 1 + file.start.count(b"\n", 0, header_end)
    done = 0
    aligned: bool | None = None
    side = None
    ended = False
    text = b""
    for block, last in file.blocks(skip=header_end):
        text += block
        # A number may go on in the next block: it waits for the white space behind it.
        whole = len(text) if last else whole_words(text)
        numbers = parse_numbers(file.path, text[:whole], line)
        values = numbers.values
        if ended and len(values):
            raise _data_after_end(numbers, 0)
        labels_due = _LabelsDue(numbers, width, done)
        if aligned is None and len(values):
            aligned = labels_due.are_aligned()
            side = None if header_end else labels_due.other_side(layout)
        complete = len(values) // width
        markers = np.flatnonzero(values[::width] == _END_MARKER)
        if aligned:
            labels_due.check_alignment(int(markers[0]) if len(markers) else None)
        if len(markers):
            ended = True
            complete = int(markers[0])
        elif last and labels_due.marker_ends_a_record():
            raise labels_due.too_few(complete - 1, layout.features - 1, side)
        table = values[: complete * width].reshape(complete, width)
        yield checked_records(
            table[:, 0],
            table[:, 1:],
            layout,
            classes=classes,
            place=labels_due.place,
            side=side,
        )
        if ended and complete * width + 1 < len(values):
            raise _data_after_end(numbers, complete * width + 1)
        if last and not ended and len(values) % width:
            raise labels_due.too_few(complete, len(values) % width - 1, side)
        done += complete
        # The rest begins right behind the last number used, with the white space that tells
        # whether the next label begins a line.
        used = numbers.end(complete * width + ended)
        line += text.count(b"\n", 0, used)
        text = text[used:]
        file.check_rest(text, line, width)


def _header(file: TextFile, layout: Layout) -> tuple[int, int]:
    """Return the number of classes and where in the file the header, if there is one, ends.

    Two whole numbers are a header, not a label and a pixel, where they stand alone on the first
    line, or where the second is the number of features, and one of them cannot be in a record.
    """
    match = _HEADER.match(file.start)
    if not match:
        return CLASSES, 0
    classes, features = int(match[1]), int(match[2])
    low, high = layout.pixel_range
    root = round(features**0.5)
    square = root >= 2 and root**2 == features
    alone = match[3] is not None and (square or not low <= features <= high)
    no_label = classes > layout.first_label + CLASSES - 1
    no_pixel = not low <= features <= high
    if not alone and (features != layout.features or not (no_label or no_pixel)):
        return CLASSES, 0
    if features != layout.features:
        raise InputError(
            f"{file.path}, line 1: the header says {features} features an image; expected "
            f"{layout.side} x {layout.side} = {layout.features}.",
            settings={"raw.side": root} if square else None,
        )
    if not 1 <= classes <= CLASSES:
        raise InputError(
            f"{file.path}, line 1: the header says {classes} classes; expected 1 to {CLASSES}."
        )
    return classes, match.end(2)


class _LabelsDue:
    """The numbers of a text at which labels are due: the first of them and every `width`-th on.

    numbers: from the beginning of record `done` + 1 on.
    """

    def __init__(self, numbers: Numbers, width: int, done: int) -> None:
        self._numbers = numbers
        self._width = width
        self._done = done
        indices = np.arange(0, len(numbers.values), width)
        later = indices[1:]
        self._begin_line = np.concatenate(
            [
                [b"\n" in numbers.text[: numbers.starts[0]] if len(indices) else True],
                numbers.lines(later) != numbers.lines(later - 1),
            ]
        )

    def place(self, i: int) -> str:
        """Return where record `i` stands, for a message."""
        line = self._numbers.line(i * self._width)
        return f"{self._numbers.path}, line {line}, record {self._done + i + 1}"

    def marker_ends_a_record(self) -> bool:
        """Return whether the end marker stands where the last pixel of all is due.

        It does where the last number is -1, alone on its line behind a line of several.
        """
        values, count = self._numbers.values, len(self._numbers.values)
        if count < self._width or count % self._width or values[-1] != _END_MARKER:
            return False
        lines = self._numbers.lines(np.arange(count))
        # Where the record before ends so too, lines are as long as it happens to be.
        usual = count > self._width and lines[-1 - self._width] != lines[-2 - self._width]
        return bool(lines[-3] == lines[-2] != lines[-1] and not usual)

    def too_few(self, i: int, found: int, side: int | None) -> InputError:
        """Return the error of record `i`, the last, which has `found` pixel values."""
        reason = (
            f"Most lines hold {side**2} values after the first."
            if side
            else "The file is cut short."
        )
        return InputError(
            f"{self.place(i)}: found {found} pixel values; expected {self._width - 1} after the "
            f"label. {reason}",
            settings={"raw.side": side} if side else None,
        )

    def usual_count(self) -> int:
        """Return how many numbers most lines hold."""
        lines = self._numbers.lines(np.arange(len(self._numbers.values)))
        counts = np.bincount(np.bincount(lines - lines[0]))
        counts[0] = 0
        return int(counts.argmax())

    def other_side(self, layout: Layout) -> int | None:
        """Return the side of the images if most lines are a record each of another side."""
        pixels = self.usual_count() - 1
        side = round(max(pixels, 0) ** 0.5)
        if side < 2 or side**2 != pixels or pixels == layout.features:
            return None
        lines = self._numbers.lines(np.arange(len(self._numbers.values)))
        firsts = self._numbers.values[np.flatnonzero(np.diff(lines, prepend=-1))]
        last_label = layout.first_label + CLASSES - 1
        if not ((firsts >= layout.first_label) & (firsts <= last_label) & (firsts % 1 == 0)).all():
            return None
        return side

    def are_aligned(self) -> bool:
        """Return whether every record of this file has to begin a line.

        So it is where most lines are a record each, or the first two records fill lines alike.
        Then a missing or surplus value is found where it is, and two such faults cannot make up
        for each other. In a text wrapped without regard to records only the count of all values
        tells.
        """
        if self.usual_count() == self._width:
            return True
        if self._begin_line[1:3].sum() < 2:
            return False
        lines = self._numbers.lines(np.arange(2 * self._width)).reshape(2, self._width)
        return bool((np.diff(lines[0]) == np.diff(lines[1])).all())

    def check_alignment(self, marker: int | None) -> None:
        """Raise the error of the first record, before the end marker, that ends with no line."""
        values = self._numbers.values
        begin_line = self._begin_line.copy()
        if self._done == 0:
            # The first record of the file may stand behind its header.
            begin_line[0] = True
        if marker is not None:
            # The last number of the file may share the last record's line: it is the marker.
            at_end = marker * self._width == len(values) - 1
            begin_line = begin_line[: marker if at_end else marker + 1]
        wrong = np.flatnonzero(~begin_line)
        if len(wrong) and wrong[0] == 0:
            raise InputError(
                f"{self.place(0)}: found its label in the middle of a line; expected each record "
                f"to begin a line, a label and {self._width - 1} pixel values."
            )
        if len(wrong):
            i = int(wrong[0]) - 1
            start = i * self._width
            lines = self._numbers.lines(np.arange(start, min(start + 2 * self._width, len(values))))
            raise InputError(
                f"{self.place(i)}: found {(lines == lines[0]).sum() - 1} pixel values on its line, "
                f"and no line ends with the record; expected {self._width - 1} after the label."
            )


def _data_after_end(numbers: Numbers, index: int) -> InputError:
    return InputError(
        f"{numbers.path}, line {numbers.line(index)}: found {numbers.values[index]:.9g} after the "
        f"end marker {_END_MARKER}; expected the end of the file."
    )


def write(file: IO[bytes], records: Iterable[Records], layout: Layout) -> None:
    """Write `records` as .jf, with header and end marker, a record a line.

    Every number is written as briefly as brings back the same float64.
    """
    file.write(f"{CLASSES} {layout.features}\n".encode())
    for block in records:
        for label, texts in zip(block.labels.tolist(), number_texts(block.pixels), strict=True):
            file.write(f"{label} {' '.join(texts)}\n".encode())
    file.write(f"{_END_MARKER}\n".encode())
