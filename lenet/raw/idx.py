"""IDX, the format of MNIST: a file of images, and beside it a file of labels.

The labels of `train-images-idx3-ubyte.gz` are in `train-labels-idx1-ubyte.gz`; either may be
compressed. EMNIST has its pixels column by column.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError
from lenet.raw.layout import Layout
from lenet.raw.records import About, Records, in_blocks
from lenet.raw.text import RawFile, open_raw

_KINDS = {1: "labels, (n,)", 3: "images, (n, rows, columns)"}


def read(file: RawFile, layout: Layout) -> Iterator[Records]:
    """Yield the records, with the label NaN where no labels stand beside the images.

    Raises InputError where the files are broken, or do not belong together.
    """
    images = _array(file, 3)
    labels = np.full(len(images), np.nan)
    if beside := _labels_of(file.path):
        with open_raw(beside) as other:
            labels = _array(other, 1).astype(np.float64)
        if len(labels) != len(images):
            found = f"found {len(labels)} labels"
            raise InputError(beside, found, f"{len(images)}, as {file.path} has images")
    yield from in_blocks(file.path, images.reshape(-1, images.shape[1] ** 2), labels, layout)


def about(file: RawFile) -> About:
    """Return what is known of a file."""
    images, beside = _array(file, 3), _labels_of(file.path)
    form = f"IDX, labels in {beside}" if beside else "IDX, without a file *labels-idx1* beside it"
    by_columns = file.path.name.lower().startswith("emnist")
    return About(form=form, side=images.shape[1], by_columns=by_columns)


def _labels_of(path: Path) -> Path | None:
    """Return the file of labels beside a file of images, if it is there."""
    name = path.name.replace("images", "labels").replace("idx3", "idx1")
    if name == path.name:
        return None
    names = (name, f"{name}.gz", name.removesuffix(".gz"))
    return next(
        (each for each in map(path.with_name, names) if each != path and each.is_file()), None
    )


def _array(file: RawFile, dimensions: int) -> NDArray[np.uint8]:
    """Return the bytes of a file of images or of labels; raise InputError where it is another."""
    content, begin = file.whole(), 4 + 4 * dimensions
    shape = [int.from_bytes(content[i : i + 4], "big") for i in range(4, begin, 4)]
    if content[:4] != bytes((0, 0, 8, dimensions)) or (dimensions == 3 and shape[1] != shape[2]):
        found = f"found IDX of type {content[2]} in {content[3]} dimensions"
        found += f", {shape[1]} x {shape[2]} pixels" if dimensions == content[3] == 3 else ""
        expected = f"bytes (type 8) of {_KINDS[dimensions]}" + ", squares" * (dimensions == 3)
        raise InputError(file.path, found, expected)
    if math.prod(shape) != len(content) - begin:
        found = f"found {len(content) - begin} bytes after the header"
        raise InputError(file.path, found, " x ".join(map(str, shape)), "Fetch it again.")
    if 0 in shape[1:]:
        raise InputError(file.path, "found images of no pixels")
    return np.frombuffer(content, np.uint8, offset=begin).reshape(shape)
