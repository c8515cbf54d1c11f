"""Image-text, the sparse format of SVMlight and LIBSVM.

    6 1:0 2:0 3:0.213 ... 256:0   # a comment

Each line is an image: the label, then index:value pairs in ascending order, indices from 1, any
white space between. A pixel without a pair is 0.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError
from lenet.raw.blocks import Block, blocks
from lenet.raw.layout import Layout
from lenet.raw.numbers import parse_numbers, positions
from lenet.raw.records import Records, check_records, shortest_texts
from lenet.raw.text import TextFile

_COMMENT = re.compile(rb"#[^\n]*")
_TO_BLANKS = bytes.maketrans(b"\t\r\n\v\f:", b" " * 6)
# 32 MiB.
_PIXELS_AT_ONCE = 1 << 22


def recognise(file: TextFile) -> bool:
    """Return whether a text file is image-text: it has pairs or comments, which .jf has not."""
    return b":" in file.start or b"#" in file.start


def read(file: TextFile, layout: Layout) -> Iterator[Records]:
    """Yield the records of an image-text file, block by block.

    Raises InputError at a fault, with its line and, unless it is a bad word, its record. The
    error does not always name the first of several faults in a block.
    """
    done = 0
    for block in blocks(file, end=_whole_lines, numbers=1 + 2 * layout.features):
        lines = _Lines(file.path, block, done)
        lines.check(layout)
        yield from lines.records(layout)
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

    Raises InputError where a line has another form.
    """

    def __init__(self, path: Path, block: Block, done: int) -> None:
        text = _COMMENT.sub(b"", block.text)
        colons = positions(text, b":")
        blank = np.frombuffer(b" %b " % text.translate(_TO_BLANKS), np.uint8) == ord(" ")
        lone = colons[blank[colons] | blank[colons + 2]]
        if len(lone):
            line = block.line + text.count(b"\n", 0, int(lone[0]))
            raise InputError(f"{path}, line {line}: found a colon alone; expected index:value.")
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
            raise InputError(
                f"{self._place(row[at])}: found {'index' if is_index[at] else 'number'} "
                f"{numbers.values[at]:.9g} out of place; expected a label, then index:value pairs "
                "(image-text, as the file has ':' or '#')."
            )
        self._row, self._index = row[is_index], numbers.values[is_index]
        self._value = numbers.values[1:][is_index[:-1]]

    def __len__(self) -> int:
        return len(self._counts)

    def _place(self, row: int) -> str:
        return self._numbers.place(self._label_at[row], self._done + row)

    def check(self, layout: Layout) -> None:
        """Raise InputError where a line has other indices than images of this layout."""
        index, row = self._index, self._row
        in_range = (index == np.floor(index)) & (index >= 1) & (index <= layout.features)
        if not in_range.all():
            at = in_range.argmin()
            raise InputError(
                f"{self._place(row[at])}: found index {index[at]:.9g}; expected a whole number "
                f"from 1 to {layout.side} x {layout.side} = {layout.features}. Check the side of "
                "the images."
            )
        ascending = (np.diff(index) > 0) | (np.diff(row) > 0)
        if not ascending.all():
            at = ascending.argmin()
            raise InputError(
                f"{self._place(row[at])}: found index {index[at + 1]:g} after {index[at]:g}; "
                "expected each index once, in ascending order."
            )
        pairs = self._counts // 2
        if not self._done and len(index):
            self._check_side(pairs, layout)
        # Where lines leave blank pixels out, nothing tells whether the last line is complete.
        dense = len(self) > 1 and (pairs[:-1] == layout.features).all()
        if dense and pairs[-1] < layout.features and not self._numbers.text.endswith(b"\n"):
            raise InputError(
                f"{self._place(len(self) - 1)}: found {pairs[-1]} pixel values and no end of the "
                f"line; expected {layout.features}, as before it. The file is cut short."
            )

    def _check_side(self, pairs: NDArray[np.int64], layout: Layout) -> None:
        """Raise InputError where every line states all pixels of smaller images, and no other."""
        side = round(int(pairs[0]) ** 0.5)
        if 2 <= side < layout.side and (pairs == side**2).all() and self._index.max() == side**2:
            raise InputError(
                f"{self._numbers.path}: found just the indices 1 to {side**2} in every record; "
                f"expected up to {layout.side} x {layout.side} = {layout.features}.",
                settings={"raw.side": side},
            )

    def records(self, layout: Layout) -> Iterator[Records]:
        """Yield the records, some at a time: short lines are many images."""
        step = max(1, _PIXELS_AT_ONCE // layout.features)
        for start in range(0, len(self), step):
            labels = self._numbers.values[self._label_at[start : start + step]]
            here = slice(*np.searchsorted(self._row, [start, start + step]))
            pixels = np.zeros((len(labels), layout.features))
            column = self._index[here].astype(np.int64) - 1
            pixels[self._row[here] - start, column] = self._value[here]
            yield check_records(
                labels,
                pixels,
                layout,
                place=lambda i, start=start: self._place(start + i),  # type: ignore[misc]
            )


def write(file: IO[bytes], records: Iterable[Records], layout: Layout) -> None:
    """Write `records` as image-text with every pixel stated.

    Each number is written as the shortest text that reads as the same float64.
    """
    prefixes = [f"{index}:" for index in range(1, layout.features + 1)]
    for block in records:
        for label, texts in zip(block.labels.tolist(), shortest_texts(block.pixels), strict=True):
            pairs = " ".join(map(str.__add__, prefixes, texts))
            file.write(f"{label} {pairs}\n".encode())
