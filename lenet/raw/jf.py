"""The .jf format of Daniel Keysers, RWTH Aachen: numbers separated by white space.

    10 256                  number of classes, number of features: may be missing
    6 0 0 0.213 1.872 ...   a record for each image: label, then the features, row by row
    -1                      the end marker: may be missing

A record may go on over several lines, as in the original C reader. Tables with the label last are
read too: lines without a header, whose last numbers are all of the labels, and the first are not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, Place, see_inspect
from lenet.raw.layout import Layout, root
from lenet.raw.records import About, Records
from lenet.raw.text import (
    PIECE_BYTES,
    Numbers,
    RawFile,
    blocks,
    parse_numbers,
    shortest_texts,
    whole_words,
)

_END_MARKER = -1
_HEADER = re.compile(rb"\s*(\d{1,18})\s+(\d{1,18})(?=\s)([ \t\r\v\f]*\n)?")


def about(file: RawFile) -> About:
    """Return what is known of a file; raise InputError where it does not show the side."""
    text = file.start if len(file.start) < PIECE_BYTES else file.start[: whole_words(file.start)]
    numbers = parse_numbers(file.path, text, 1)
    firsts, counts = numbers.by_line()
    # How many numbers the lines hold that hold most numbers. A huge word makes no line.
    usual = int(np.bincount(counts, weights=counts).argmax()) if len(counts) else 0
    header = _HEADER.match(text)
    side, classes = root(usual - 1) or root(usual), 0
    if header and (header[3] or not side) and root(int(header[2])):
        side, classes = root(int(header[2])), int(header[1])
    if not side:
        raise InputError(
            file.path,
            "the side of the images cannot be told",
            "a first line with the number of classes and that of the features of a square, or "
            "lines of a label and the pixels of a square",
        )
    form = f".jf, header of {classes} classes" if classes else ".jf, no header"
    known = {"classes": max(2, classes)} if classes else {}
    if root(usual - 1) and not classes:
        table = numbers.values[firsts[counts == usual][:, None] + np.arange(usual)]
        low, high = int(table[:, -1].min()), int(table[:, -1].max())
        if low in (0, 1) and _ends_in_labels(table, low, high):
            form, known = "numbers, the label last", {"first_label": low, "classes": high - low + 1}
    return About(form=form, side=side, classes=classes, known=known)


def _ends_in_labels(table: NDArray[np.float64], low: int, high: int) -> bool:
    """Return whether rows end in a label, as the last column shows and the first does not.

    It holds all labels from `low` to `high`, more evenly than the first holds its numbers. Numbers
    that all pixels have too may be pixels.
    """
    (_, of_first), (last, of_last) = (
        np.unique(column, return_counts=True) for column in table[:, [0, -1]].T
    )
    if of_last.max() >= of_first.max() or len(last) != high - low + 1:
        return False
    labels = np.arange(low, high + 1)
    return np.array_equal(last, labels) and not np.array_equal(np.unique(table[:, 1:-1]), labels)


def read(file: RawFile, layout: Layout) -> Iterator[Records]:
    """Yield the records of a .jf file, block by block.

    The label is NaN in a file whose lines hold just the features. An end marker in front of other
    numbers is read as a label. Where most lines are a record each, every record has to begin a
    line: a missing and a surplus value then cannot compensate each other.

    Raises InputError at a fault, with its line and, unless it is a bad word, its record.
    """
    table, done = None, 0
    whole_file, file = file, _without_header(file, layout)
    for block in blocks(file, end=_lines_or_words, numbers=1 + layout.features):
        numbers = parse_numbers(file.path, block.text, block.line)
        if not (count := len(numbers.values)):
            continue
        table = table or _Table.of(numbers, layout, has_header=file is not whole_file)
        table = replace(table, numbers=numbers, done=done)
        whole, left = divmod(count, table.width)
        ended = block.is_last and left == 1 and numbers.values[-1] == _END_MARKER
        if table.aligned:
            table.check_alignment(whole + (left > 0 and not ended))
        if block.is_last and left and not ended:
            raise table.wrong(whole, f"found {left} numbers before the end of the file")
        cells = numbers.values[: whole * table.width].reshape(whole, table.width)
        labels = np.full(whole, np.nan) if table.label is None else cells[:, table.label]
        first = 1 if table.label == 0 else 0
        yield Records(labels, cells[:, first : first + layout.features], place=table.place)
        done += whole
        if left:
            block.used = int(numbers.starts[whole * table.width])


def _lines_or_words(text: bytes) -> int:
    """Return the length of the whole lines of `text`, or of its whole words if it has no line."""
    return 1 + text.rfind(b"\n") or whole_words(text)


def _without_header(file: RawFile, layout: Layout) -> RawFile:
    """Return a file with blanks in place of its header, if it has one.

    Two whole numbers on the first line are a header if the second is the number of features of a
    square and stands at the line's end. So are two that cannot both be in a record, if the second
    is the number of features.

    Raises InputError where the header does not fit the layout.
    """
    match = _HEADER.match(file.start)
    if not match:
        return file
    classes, features = int(match[1]), int(match[2])
    low, high = sorted(layout.pixel_range)
    no_record = classes >= layout.first_label + layout.classes or not low <= features <= high
    if not (match[3] and root(features)) and not (no_record and features == layout.features):
        return file
    if features != layout.features:
        place, found = Place(file.path, line=1), f"the header says {features} features an image"
        expected = f"{layout.side} x {layout.side} = {layout.features}"
        raise InputError(place, found, expected, see_inspect(file.path))
    blank = re.sub(rb"\d", b" ", match[0])
    return replace(file, start=blank + file.start[match.end() :])


@dataclass(frozen=True)
class _Table:
    """Numbers cut into records; the last record may be incomplete.

    numbers: the numbers, from the beginning of a record on.
    width: the numbers of a record.
    label: which of them is the label, 0 or -1; None in a file without labels.
    aligned: whether most lines are a record each.
    done: how many records of the file stand before them.
    """

    numbers: Numbers
    width: int
    label: int | None
    aligned: bool
    done: int = 0

    @classmethod
    def of(cls, numbers: Numbers, layout: Layout, *, has_header: bool) -> "_Table":
        """Return a file's first numbers as a table, by the lengths of their lines."""
        _, counts = numbers.by_line()
        unlabelled = (counts[: max(1, len(counts) - 1)] == layout.features).all()
        width = layout.features + (not unlabelled)
        aligned = bool(np.bincount(counts).argmax() == width)
        if unlabelled or has_header or not aligned:
            return cls(numbers, width, None if unlabelled else 0, aligned)
        cells = numbers.values[: len(numbers.values) // width * width].reshape(-1, width)
        last_label = layout.first_label + layout.classes - 1
        is_last = _ends_in_labels(cells, layout.first_label, last_label)
        return cls(numbers, width, -1 if is_last else 0, aligned)

    def place(self, i: int) -> Place:
        """Return the place of record `i`."""
        return self.numbers.place(i * self.width, self.done + i)

    def check_alignment(self, count: int) -> None:
        """Raise InputError where one of the first `count` records does not begin a line."""
        firsts, counts = self.numbers.by_line()
        starts = np.arange(count) * self.width
        begins_line = np.isin(starts, firsts)
        if not begins_line.all():
            i = int(begins_line.argmin()) - 1
            on_line = counts[np.searchsorted(firsts, starts[i])]
            found = f"found {on_line} numbers on its line, and no line ends with the record"
            raise self.wrong(i, found)

    def wrong(self, i: int, found: str) -> InputError:
        """Return the error of record `i`."""
        place = self.place(i)
        expected = f"{self.width} numbers: a label and the pixels"
        return InputError(place, found, expected, see_inspect(place.file))


def write(file: IO[bytes], records: Records, layout: Layout) -> None:
    """Write `records` as .jf: header, a record a line, end marker; see `shortest_texts`."""
    file.write(f"{layout.classes} {layout.features}\n".encode())
    for label, texts in zip(records.labels.tolist(), shortest_texts(records.pixels), strict=True):
        file.write(f"{label} {' '.join(texts)}\n".encode())
    file.write(f"{_END_MARKER}\n".encode())
