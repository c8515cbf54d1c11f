"""CSV: a line for each image, with commas, semicolons, bars or tabs between the numbers.

A column that a header names `label`, or similarly, holds the labels. Without such a name, the first
or the last of side * side + 1 columns does, and its numbers have to show it. A file of side * side
columns has no labels. Lines that begin with `#` are comments.
"""

import io
import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, Place, untrusted
from lenet.core.files import check_expansion
from lenet.raw.layout import Layout, root
from lenet.raw.records import About, Records, in_blocks
from lenet.raw.text import RawFile

_LINE = re.compile(rb"^[ \t]*[^#\s][^\n]*", re.M)
_NUMBER = re.compile(rb"[-+]?[.,]?\d[-+.,\deE]*")
_LABELS = (b"label", b"labels", b"class", b"digit", b"letter", b"target", b"y")
_LINE_NUMBERS = (b"", b"id", b"index", b"unnamed: 0")


def read(file: RawFile, layout: Layout) -> Iterator[Records]:
    """Yield the records, with the label NaN in a file of pixels; raise InputError at a fault."""
    cells, column, is_shown = _table(file, layout)
    if not is_shown:
        found = "either the first or the last column may hold the labels"
        advice = f"It seems to be the {'last' if column else 'first'}."
        raise InputError(file.path, found, "a header that names one of them `label`", advice)
    labels = np.full(len(cells), np.nan) if column is None else cells[:, column]
    pixels = cells if column is None else np.delete(cells, column, axis=1)
    yield from in_blocks(file.path, pixels, labels, layout)


def about(file: RawFile) -> About:
    """Return what is known of a file, with its likely labels where two columns may hold them."""
    (cells, column, _), known = _table(file, Layout.of(side=2, classes=1000)), {}
    if column is not None:
        low, high = int(cells[:, column].min()), int(cells[:, column].max())
        known = {"first_label": max(0, low), "classes": min(max(2, high - low + 1), 1000)}
    return About(form="CSV", side=root(cells.shape[1] - (column is not None)), known=known)


def _table(file: RawFile, layout: Layout) -> tuple[NDArray[np.float64], int | None, bool]:
    """Return the numbers, the column of the labels, and whether the file shows that."""
    content = file.whole()
    line = _LINE.search(content)
    assert line
    by = next(each for each in (b";", b"|", b"\t", b",") if each in line[0])
    names = [cell.strip(b" \t\r\"'").lower() for cell in line[0].split(by)]
    others = [name for name in names if name not in _LINE_NUMBERS]
    labels = [i for i, name in enumerate(others) if name in _LABELS]
    counts = [[str(i + start).encode() for i in range(len(others))] for start in (0, 1)]
    is_header = labels or others in counts or not any(map(_NUMBER.fullmatch, others))
    # A comma that separates no cells is a decimal point.
    table = bytes.maketrans(b"\"',", b"  ," if by == b"," else b"  .")
    text = content[line.end() if is_header else 0 :].translate(table)
    if not _LINE.search(text):
        place = Place(file.path, 1 + content.count(b"\n", 0, line.start()))
        raise InputError(place, f"found '{line[0][:40].decode('latin-1')}' and no numbers below it")
    check_expansion(file.path, 8 * (text.count(by) + text.count(b"\n")))
    with untrusted(file.path, "cannot be read as CSV", passing=(MemoryError,)):
        lines = io.TextIOWrapper(io.BytesIO(text), "latin-1")
        cells = np.loadtxt(lines, delimiter=by.decode(), ndmin=2)
        if len(others) < len(names):
            cells = cells[:, [name not in _LINE_NUMBERS for name in names]]
    width, pixels = len(others), len(others) - len(labels)
    fits = cells.shape[1] == width and (root(pixels) or root(width - 1))
    if not fits or len(labels) > 1 or not np.isfinite(cells).all():
        found = f"found {cells.shape[1]} columns, {len(labels)} of them named as labels"
        expected = "finite numbers, the pixels of a square and perhaps a label, in each line"
        raise InputError(file.path, found, expected)
    if root(pixels):
        return cells, labels[0] if labels else None, True
    return cells, *_label_column(cells[:, [0, -1]], layout)


def _label_column(ends: NDArray[np.float64], layout: Layout) -> tuple[int, bool]:
    """Return which of the first and the last column, (n, 2), holds the labels, 0 or -1.

    Also returns whether the numbers show it: labels are whole numbers, not all equal, of the
    layout, and all of its labels. If that holds for both columns or for none, the likely one is
    spread more evenly.
    """
    low, high = ends.min(axis=0), ends.max(axis=0)
    fits = (low >= layout.first_label) & (high < layout.first_label + layout.classes)
    whole = (ends == np.floor(ends)).all(axis=0)
    vary = whole & (low < high)
    counts = [np.unique(column, return_counts=True)[1] for column in ends.T]
    different = np.array([len(each) for each in counts])
    for possible in (whole, vary, vary & fits & (different == layout.classes)):
        if possible.sum() == 1:
            return -int(possible[1]), True
    return -int(counts[1].max() < counts[0].max()), False
