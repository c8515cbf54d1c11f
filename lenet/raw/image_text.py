"""Image-text, the sparse format of SVMlight and LIBSVM.

    6 1:0 2:0 3:0.213 ... 256:0   # a comment

Each line is an image: the label, then index:value pairs in ascending order, any white space
between. A pixel without a pair is 0. Indices start at 1 in LIBSVM's files, and at 0 in most files
of scikit-learn.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, Place, see_inspect
from lenet.raw.blocks import Block, blocks
from lenet.raw.layout import Layout
from lenet.raw.numbers import parse_numbers, positions
from lenet.raw.records import Records, shortest_texts
from lenet.raw.text import TextFile

_COMMENT = re.compile(rb"#[^\n]*")
_STATED_FIRST_INDEX = re.compile(rb"^# *Column indices are (zero|one)-based", re.M)
# A word at the beginning of a line that is no index:value pair; and the place of such a word.
_LABEL = re.compile(rb"^([^\S\n]*)([^\s:]+)(?=\s|\Z)", re.M)
_NO_LABEL = re.compile(rb"^(?=[^\S\n]*[^\s:]+:)", re.M)
_TO_BLANKS = bytes.maketrans(b"\t\r\n\v\f:", b" " * 6)
# 32 MiB.
_PIXELS_AT_ONCE = 1 << 22
# `Layout.side` allows no larger image.
_MOST_FEATURES = 1024**2


def recognise(file: TextFile) -> bool:
    """Return whether a text file is image-text: it has pairs or comments, which .jf has not."""
    return b":" in file.start or b"#" in file.start


def read(file: TextFile, layout: Layout, *, needs_labels: bool = True) -> Iterator[Records]:
    """Yield the records of an image-text file, block by block.

    Args:
        file: the file.
        layout: its `side` and `first_index`. Where the latter is "auto", index 0, the highest index
            that the side allows, or scikit-learn's comment show the first index.
        needs_labels: whether a label has to be a number; if not, it may be anything or missing.

    Raises InputError at a fault, with its line and, unless it is a bad word, its record. A file
    that does not show its first index is refused too. The error does not always name the first of
    several faults in a block.
    """
    first_index: int | None = None if layout.first_index == "auto" else layout.first_index
    waiting: list[_Lines] = []
    for lines in _lines(file, layout.features, needs_labels=needs_labels):
        if first_index is None:
            first_index = lines.evidence(layout)
        stated = lines.stated_first_index
        if stated is not None and stated != first_index:
            raise InputError(
                file.path,
                f"a comment says that indices start at {stated}",
                str(first_index),
                see_inspect(file.path),
            )
        lines.check(layout, first_index)
        waiting.append(lines)
        if first_index is not None:
            for each in waiting:
                yield from each.records(layout, first_index)
            waiting.clear()
    if any(map(len, waiting)):
        raise InputError(
            file.path,
            "does not show whether indices start at 1, as in LIBSVM's files, or at 0, as "
            "scikit-learn writes them",
            f"a record with index 0 or {layout.features}",
            see_inspect(file.path),
        )


def extent(file: TextFile) -> tuple[int, int, int | None]:
    """Return the lowest and the highest index, and the first index that a comment states, if any.

    Raises InputError at a fault of the file.
    """
    lowest, highest, stated = 1, 0, None
    for lines in _lines(file, _MOST_FEATURES, needs_labels=False):
        if len(lines.index):
            lowest = min(lowest, int(lines.index.min()))
            highest = max(highest, int(lines.index.max()))
        stated = lines.stated_first_index if stated is None else stated
    return lowest, highest, stated


def _lines(file: TextFile, features: int, *, needs_labels: bool) -> "Iterator[_Lines]":
    done = 0
    for block in blocks(file, end=_whole_lines, numbers=1 + 2 * features):
        lines = _Lines(file.path, block, done, needs_labels=needs_labels)
        yield lines
        done += len(lines)


def _whole_lines(text: bytes) -> int:
    """Return the length of `text` without its last line, which may go on behind it."""
    return 1 + text.rfind(b"\n")


class _Lines:
    """The lines of a block: a label each, then pairs of index and value.

    Args:
        path: the file.
        block: whole lines.
        done: how many records of the file stand before them.
        needs_labels: see `read`.

    Attributes:
        index: the index of each pair.
        stated_first_index: the first index that a comment states, if any.

    Raises InputError where a line has another form.
    """

    def __init__(self, path: Path, block: Block, done: int, *, needs_labels: bool) -> None:
        text = block.text
        stated = _STATED_FIRST_INDEX.search(text) if b"#" in text else None
        self.stated_first_index = int(stated[1] == b"one") if stated else None
        text = _COMMENT.sub(b"", text)
        if not needs_labels:
            text = _NO_LABEL.sub(b"0 ", _LABEL.sub(rb"\g<1>0", text))
        colons = positions(text, b":")
        blank = np.frombuffer(b" %b " % text.translate(_TO_BLANKS), np.uint8) == ord(" ")
        lone = colons[blank[colons] | blank[colons + 2]]
        if len(lone):
            place = Place(path, block.line + text.count(b"\n", 0, int(lone[0])))
            raise InputError(place, "found a colon alone", "index:value")
        # A blank for each colon leaves every number where it is.
        numbers = parse_numbers(path, text.replace(b":", b" "), block.line)
        self._numbers, self._done = numbers, done
        # Where in `numbers` each label stands, and how many numbers its line holds.
        self._label_at, self._counts = numbers.by_line()
        # Indices, and no other numbers, stand before a colon.
        is_index = np.zeros(len(numbers.values), bool)
        is_index[np.searchsorted(numbers.starts, colons) - 1] = True
        row = np.repeat(np.arange(len(self)), self._counts)
        odd = (np.arange(len(row)) - self._label_at[row]) % 2 == 1
        wrong = np.flatnonzero(is_index != odd)
        if len(wrong):
            at = int(wrong[0])
            kind = "index" if is_index[at] else "number"
            raise InputError(
                self._place(row[at]),
                f"found {kind} {numbers.values[at]:.9g} out of place",
                "a label, then index:value pairs (image-text, as the file has ':' or '#')",
            )
        self._row, self.index = row[is_index], numbers.values[is_index]
        self._value = numbers.values[1:][is_index[:-1]]

    def __len__(self) -> int:
        return len(self._counts)

    def _place(self, row: int) -> Place:
        return self._numbers.place(self._label_at[row], self._done + row)

    def evidence(self, layout: Layout) -> int | None:
        """Return the first index, 0 or 1, if these lines show it."""
        if self.stated_first_index is not None:
            return self.stated_first_index
        if (self.index == 0).any():
            return 0
        return 1 if (self.index == layout.features).any() else None

    def check(self, layout: Layout, first_index: int | None) -> None:
        """Raise InputError where a line has other indices than images of this layout.

        Args:
            layout: how large the images are.
            first_index: the index of the first pixel; None where that is not known yet.
        """
        index, row = self.index, self._row
        low = first_index or 0
        high = layout.features - (first_index == 0)
        in_range = (index == np.floor(index)) & (index >= low) & (index <= high)
        if not in_range.all():
            at = int(in_range.argmin())
            expected = f"{layout.side} x {layout.side}" + " - 1" * (high < layout.features)
            raise InputError(
                self._place(row[at]),
                f"found index {index[at]:.9g}",
                f"a whole number from {low} to {expected} = {high}",
                see_inspect(self._numbers.path),
            )
        ascending = (np.diff(index) > 0) | (np.diff(row) > 0)
        if not ascending.all():
            at = int(ascending.argmin())
            raise InputError(
                self._place(row[at]),
                f"found index {index[at + 1]:g} after {index[at]:g}",
                "each index once, in ascending order",
            )
        pairs = self._counts // 2
        if not self._done and len(index):
            self._check_side(pairs, layout)
        # Where lines leave blank pixels out, nothing tells whether the last line is complete.
        dense = len(self) > 1 and (pairs[:-1] == layout.features).all()
        if dense and pairs[-1] < layout.features and not self._numbers.text.endswith(b"\n"):
            raise InputError(
                self._place(len(self) - 1),
                f"found {pairs[-1]} pixel values and no end of the line",
                f"{layout.features}, as before it",
                "The file is cut short.",
            )

    def _check_side(self, pairs: NDArray[np.int64], layout: Layout) -> None:
        """Raise InputError where every line states all pixels of smaller images, and no other."""
        side = round(int(pairs[0]) ** 0.5)
        low, high = int(self.index.min()), int(self.index.max())
        dense = low <= 1 and high - low + 1 == side**2 and (pairs == side**2).all()
        if dense and 2 <= side < layout.side:
            raise InputError(
                self._numbers.path,
                f"found just the indices {low} to {high} in every record",
                f"up to {layout.side} x {layout.side} = {layout.features}",
                see_inspect(self._numbers.path),
            )

    def records(self, layout: Layout, first_index: int) -> Iterator[Records]:
        """Yield the records, some at a time: short lines are many images."""
        step = max(1, _PIXELS_AT_ONCE // layout.features)
        for start in range(0, len(self), step):
            labels = self._numbers.values[self._label_at[start : start + step]]
            here = slice(*np.searchsorted(self._row, [start, start + step]))
            pixels = np.zeros((len(labels), layout.features))
            column = self.index[here].astype(np.int64) - first_index
            pixels[self._row[here] - start, column] = self._value[here]
            yield Records(
                labels,
                pixels,
                place=lambda i, start=start: self._place(start + i),  # type: ignore[misc]
                first_index=first_index,
            )


def write(file: IO[bytes], records: Iterable[Records], layout: Layout) -> None:
    """Write `records` as image-text with every pixel stated.

    Indices start at 1 unless the layout says 0.

    Each number is written as the shortest text that reads as the same float64.
    """
    first = 0 if layout.first_index == 0 else 1
    prefixes = [f"{index}:" for index in range(first, layout.features + first)]
    for block in records:
        for label, texts in zip(block.labels.tolist(), shortest_texts(block.pixels), strict=True):
            pairs = " ".join(map(str.__add__, prefixes, texts))
            file.write(f"{label} {pairs}\n".encode())
