"""Image-text, the sparse format of SVMlight and LIBSVM.

    6 1:0 2:0 3:0.213 ... 256:0   # a comment

Each line is an image: the label, then index:value pairs in ascending order, any white space
between. A pixel without a pair is 0. Indices start at 1 in LIBSVM's files, and at 0 in most files
of scikit-learn.
"""

import re
from collections.abc import Iterator
from math import isqrt
from pathlib import Path
from typing import IO

import numpy as np

from lenet.core.errors import InputError, Place, see_inspect
from lenet.raw.layout import LARGEST_SIDE, Layout, root
from lenet.raw.records import PIXELS_AT_ONCE, About, Records
from lenet.raw.text import Block, RawFile, blocks, parse_numbers, positions, shortest_texts

_COMMENT = re.compile(rb"#[^\n]*")
_STATED_FIRST_INDEX = re.compile(rb"^# *Column indices are (zero|one)-based", re.M)
_TO_BLANKS = bytes.maketrans(b"\t\r\n\v\f:", b" " * 6)


def read(file: RawFile, layout: Layout) -> Iterator[Records]:
    """Yield the records of an image-text file, block by block; a missing label is NaN.

    Where the layout's `first_index` is "auto", index 0, the highest index that the side allows, or
    scikit-learn's comment show the first index.

    Raises InputError at a fault, with its line and, unless it is a bad word, its record; and where
    the file does not show its first index.
    """
    first_index: int | None = None if layout.first_index == "auto" else layout.first_index
    waiting: list[_Lines] = []
    for lines in _lines(file, layout.features):
        if first_index is None:
            first_index = lines.evidence(layout.features)
        if lines.stated_first_index not in (None, first_index):
            found = f"a comment says that indices start at {lines.stated_first_index}"
            raise InputError(file.path, found, str(first_index), see_inspect(file.path))
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


def about(file: RawFile) -> About:
    """Return what is known of a file: its highest index shows the side, or the least side."""
    highest, first_index = 0, None
    for lines in _lines(file, LARGEST_SIDE**2):
        highest = max(highest, int(lines.index.max(initial=0)))
        first_index = lines.evidence(LARGEST_SIDE**2) if first_index is None else first_index
    if first_index is None and root(highest):
        first_index = 1
    first_indices = (1, 0) if first_index is None else (first_index,)
    pixels = highest + (first_indices == (0,))
    side = max(2, isqrt(max(pixels - 1, 0)) + 1)
    return About(
        form="image-text",
        side=side,
        first_indices=first_indices,
        side_is_least=pixels != side**2,
        known={"first_index": first_indices[0]},
    )


def _lines(file: RawFile, features: int) -> "Iterator[_Lines]":
    done = 0
    for block in blocks(file, end=lambda text: 1 + text.rfind(b"\n"), numbers=1 + 2 * features):
        lines = _Lines(file.path, block, done)
        yield lines
        done += len(lines)


class _Lines:
    """The whole lines of a block: a label each, then pairs of index and value.

    Attributes:
        index: the index of each pair.
        stated_first_index: the first index that a comment states, if any.

    Raises InputError where a line has another form.
    """

    def __init__(self, path: Path, block: Block, done: int) -> None:
        text = block.text
        stated = _STATED_FIRST_INDEX.search(text) if b"#" in text else None
        self.stated_first_index = int(stated[1] == b"one") if stated else None
        text = _COMMENT.sub(b"", text)
        colons = positions(text, b":")
        blank = np.frombuffer(b" %b " % text.translate(_TO_BLANKS), np.uint8) == ord(" ")
        lone = colons[blank[colons] | blank[colons + 2]]
        if len(lone):
            place = Place(path, block.line + text.count(b"\n", 0, int(lone[0])))
            raise InputError(place, "found a colon alone", "index:value")
        # A blank for each colon leaves every number where it is.
        numbers = parse_numbers(path, text.replace(b":", b" "), block.line)
        self._numbers, self._done = numbers, done
        # Where in `numbers` each line begins, and how many numbers it holds.
        self._first, self._counts = numbers.by_line()
        # Indices, and no other numbers, stand before a colon.
        is_index = np.zeros(len(numbers.values), bool)
        is_index[np.searchsorted(numbers.starts, colons) - 1] = True
        self._labelled = ~is_index[self._first]
        row = np.repeat(np.arange(len(self)), self._counts)
        # Where the label stands, or would stand.
        label_at = self._first - ~self._labelled
        wrong = np.flatnonzero(is_index != ((np.arange(len(row)) - label_at[row]) % 2 == 1))
        if len(wrong):
            at = int(wrong[0])
            kind = "index" if is_index[at] else "number"
            raise InputError(
                self._place(row[at]),
                f"found {kind} {numbers.values[at]:.9g} out of place",
                "a label, then index:value pairs (image-text, as the file has ':')",
            )
        self._row, self.index = row[is_index], numbers.values[is_index]
        self._value = numbers.values[1:][is_index[:-1]]

    def __len__(self) -> int:
        return len(self._counts)

    def _place(self, row: int) -> Place:
        return self._numbers.place(self._first[row], self._done + row)

    def evidence(self, features: int) -> int | None:
        """Return the first index, 0 or 1, if these lines of images of `features` show it."""
        if self.stated_first_index is not None:
            return self.stated_first_index
        if (self.index == 0).any():
            return 0
        return 1 if (self.index == features).any() else None

    def check(self, layout: Layout, first_index: int | None) -> None:
        """Raise InputError where a line has other indices than images of this layout.

        The first index is None where it is not known yet.
        """
        index, row = self.index, self._row
        low = first_index or 0
        high = layout.features - (first_index == 0)
        in_range = (index == np.floor(index)) & (index >= low) & (index <= high)
        if not in_range.all():
            at = int(in_range.argmin())
            found, expected = f"found index {index[at]:.9g}", f"a whole number from {low} to {high}"
            advice = see_inspect(self._numbers.path)
            raise InputError(self._place(row[at]), found, expected, advice)
        ascending = (np.diff(index) > 0) | (np.diff(row) > 0)
        if not ascending.all():
            at = int(ascending.argmin())
            found = f"found index {index[at + 1]:g} after {index[at]:g}"
            raise InputError(self._place(row[at]), found, "each index once, in ascending order")
        pairs = self._counts // 2
        count = int(np.ptp(index)) + 1 if len(index) and index.min() <= 1 else 0
        smaller = count < layout.features and root(count)
        if smaller and not self._done and (pairs == count).all():
            found = f"found the same {count} indices in every record"
            expected = f"{layout.side} x {layout.side} = {layout.features}"
            raise InputError(self._numbers.path, found, expected, see_inspect(self._numbers.path))
        # Where lines leave blank pixels out, nothing tells whether the last line is complete.
        dense = len(self) > 1 and (pairs[:-1] == layout.features).all()
        if dense and pairs[-1] < layout.features and not self._numbers.text.endswith(b"\n"):
            found = f"found {pairs[-1]} pixel values and no end of the line"
            expected = f"{layout.features}, as before it"
            raise InputError(self._place(len(self) - 1), found, expected, "The file is cut short.")

    def records(self, layout: Layout, first_index: int) -> Iterator[Records]:
        """Yield the records, some at a time: short lines are many images."""
        step = max(1, PIXELS_AT_ONCE // layout.features)
        labels = np.where(self._labelled, self._numbers.values[self._first], np.nan)
        for start in range(0, len(self), step):
            own = labels[start : start + step]
            here = slice(*np.searchsorted(self._row, [start, start + step]))
            pixels = np.zeros((len(own), layout.features))
            column = self.index[here].astype(np.int64) - first_index
            pixels[self._row[here] - start, column] = self._value[here]
            yield Records(
                own,
                pixels,
                place=lambda i, start=start: self._place(start + i),  # type: ignore[misc]
                first_index=first_index,
            )


def write(file: IO[bytes], records: Records, layout: Layout) -> None:
    """Write `records` as image-text without pixels that are 0; see `shortest_texts`.

    Indices start at 1 unless the layout says 0. The first record states its first and its last
    pixel, which show a reader where indices start, and the side.
    """
    first = 0 if layout.first_index == 0 else 1
    prefixes = [f"{index}:" for index in range(first, layout.features + first)]
    stated = {0, layout.features - 1}
    for label, texts in zip(records.labels.tolist(), shortest_texts(records.pixels), strict=True):
        pairs = [prefixes[i] + text for i, text in enumerate(texts) if text != "0" or i in stated]
        file.write(f"{label} {' '.join(pairs)}".rstrip().encode() + b"\n")
        stated = set()
