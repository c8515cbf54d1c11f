"""Image-text, the sparse format of SVMlight and LIBSVM.

    6 1:0 2:0 3:0.213 ... 256:0   # a comment

A line an image: the label, then index:value pairs in ascending order, indices from 1, any white
space between. A pixel without a pair is 0.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError
from lenet.core.npz import CLASSES
from lenet.raw.layout import Layout
from lenet.raw.records import Records, checked_records, number_texts
from lenet.raw.text import TextFile, is_space, parse_numbers, positions

_COMMENT = re.compile(rb"#[^\n]*")
# 32 MiB.
_PIXELS_AT_ONCE = 1 << 22


def recognise(file: TextFile) -> bool:
    """Return whether a text file is image-text: it has pairs or comments, which .jf has not."""
    return b":" in file.start or b"#" in file.start


def read(file: TextFile, layout: Layout) -> Iterator[Records]:
    """Yield the records of an image-text file, a block at a time.

    Raises InputError at a fault, with its line and, if it is no bad word, its record; of several
    in one block not always at the first.
    """
    line, done = 1, 0
    text = b""
    for block, last in file.blocks():
        text += block
        end = len(text) if last else text.rfind(b"\n") + 1
        for records in _parse(file.path, text[:end], line, done, layout):
            yield records
            done += len(records)
        line += text.count(b"\n", 0, end)
        text = text[end:]
        file.check_rest(text, line, 1 + 2 * layout.features)


def _parse(
    path: Path, text: bytes, first_line: int, done: int, layout: Layout
) -> Iterator[Records]:
    """Yield the records of `text`, which is whole lines."""
    text = _COMMENT.sub(b"", text)
    colons = positions(text, b":")
    # A blank for each colon leaves every number where it stood.
    blanked = text.replace(b":", b" ")
    space = np.concatenate([is_space(blanked), [True]])
    lone = colons[space[colons - 1] | space[colons + 1]]
    if len(lone):
        line = first_line + text.count(b"\n", 0, int(lone[0]))
        raise InputError(f"{path}, line {line}: found a colon alone; expected index:value.")
    numbers = parse_numbers(path, blanked, first_line)
    values = numbers.values

    line_begins = np.searchsorted(numbers.starts, np.concatenate([[0], positions(text, b"\n")]))
    line_counts = np.diff(line_begins, append=len(values))
    label_at, counts = line_begins[line_counts > 0], line_counts[line_counts > 0]

    def place(i: int) -> str:
        return f"{path}, line {numbers.line(label_at[i])}, record {done + i + 1}"

    # Of label, index, value, index, value, ... on each line, just the indices end in a colon.
    is_index = np.zeros(len(values), bool)
    is_index[np.searchsorted(numbers.starts, colons) - 1] = True
    record_of = np.repeat(np.arange(len(label_at)), counts)
    should_be_index = (np.arange(len(values)) - label_at[record_of]) % 2 == 1
    wrong = np.flatnonzero(is_index != should_be_index)
    if len(wrong):
        at = int(wrong[0])
        raise InputError(
            f"{place(record_of[at])}: found {'index' if is_index[at] else 'number'} "
            f"{values[at]:.9g} out of place; expected a label, then index:value pairs "
            "(image-text, as the file has ':' or '#')."
        )

    index, pixel, row = values[is_index], values[1:][is_index[:-1]], record_of[is_index]
    in_range = (index == np.floor(index)) & (index >= 1) & (index <= layout.features)
    wrong = np.flatnonzero(~in_range)
    if len(wrong):
        raise InputError(
            f"{place(row[wrong[0]])}: found index {index[wrong[0]]:.9g}; expected a whole number "
            f"from 1 to {layout.side} x {layout.side} = {layout.features} (raw.side)."
        )
    wrong = 1 + np.flatnonzero((np.diff(index) <= 0) & (np.diff(row) == 0))
    if len(wrong):
        raise InputError(
            f"{place(row[wrong[0]])}: found index {index[wrong[0]]:g} after "
            f"{index[wrong[0] - 1]:g}; expected each index once, in ascending order."
        )
    if not done:
        _check_side(path, index, counts, layout)
    # Whether the last line of a file that leaves blank pixels out is all there nothing tells.
    dense = 1 + 2 * layout.features
    cut = len(counts) > 1 and (counts[:-1] == dense).all() and counts[-1] < dense
    if cut and not text.endswith(b"\n"):
        raise InputError(
            f"{place(len(counts) - 1)}: found {counts[-1] // 2} pixel values and no end of the "
            f"line; expected {layout.features}, as before it. The file is cut short."
        )
    # Not all at once: a block of lines that state next to nothing is many images.
    step = max(1, _PIXELS_AT_ONCE // layout.features)
    for start in range(0, len(label_at), step):
        labels = values[label_at[start : start + step]]
        here = slice(*np.searchsorted(row, [start, start + step]))
        pixels = np.zeros((len(labels), layout.features))
        pixels[row[here] - start, index[here].astype(np.int64) - 1] = pixel[here]
        yield checked_records(
            labels,
            pixels,
            layout,
            classes=CLASSES,
            place=lambda i, start=start: place(start + i),  # type: ignore[misc]
        )


def _check_side(
    path: Path, index: NDArray[np.float64], counts: NDArray[np.int64], layout: Layout
) -> None:
    """Raise InputError where every record states all pixels of smaller images, and no other."""
    pairs = int(counts[0]) // 2 if len(counts) else 0
    side = round(pairs**0.5)
    dense = pairs and (counts == 2 * pairs + 1).all() and index.max() == pairs
    if dense and side >= 2 and side**2 == pairs < layout.features:
        raise InputError(
            f"{path}: found just the indices 1 to {pairs} in every record; expected up to "
            f"{layout.side} x {layout.side} = {layout.features}.",
            settings={"raw.side": side},
        )


def write(file: IO[bytes], records: Iterable[Records], layout: Layout) -> None:
    """Write `records` as image-text with every pixel stated.

    Every number is written as briefly as brings back the same float64.
    """
    prefixes = [f"{index}:" for index in range(1, layout.features + 1)]
    for block in records:
        for label, texts in zip(block.labels.tolist(), number_texts(block.pixels), strict=True):
            pairs = " ".join(map(str.__add__, prefixes, texts))
            file.write(f"{label} {pairs}\n".encode())
