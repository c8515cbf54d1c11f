"""Files that hold arrays: IDX, MATLAB's `usps_all.mat` and HDF5's `usps.h5`.

IDX is MNIST's format. The labels of `train-images-idx3-ubyte.gz` are in the file beside it,
`train-labels-idx1-ubyte.gz`; either may be compressed. EMNIST has its pixels column by column.

MATLAB's variable `data` is 256 x 1100 x 10. Its axes are pixels, column by column; images; and
digits, in the order 1, ..., 9, 0.

HDF5 has the groups `train` and `test`, with `data` (n, 256) and `target` (n,) each.
"""

import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, untrusted
from lenet.core.files import check_expansion
from lenet.raw.layout import Layout, root
from lenet.raw.records import About, Records, in_blocks
from lenet.raw.text import AS_NPZ, RawFile, open_raw

_DIGITS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 0)
_IDX_KINDS = {1: "labels, (n,)", 3: "images, (n, rows, columns)"}


class _Arrays(NamedTuple):
    """The form of a file in words, pixels (n, side * side), labels (n,), and `About.by_columns`."""

    form: str
    pixels: NDArray
    labels: NDArray
    by_columns: bool = False


def read(file: RawFile, layout: Layout) -> Iterator[Records]:
    """Yield the records, with the label NaN where no labels stand beside the images of IDX.

    Raises InputError where the file is broken or holds something else.
    """
    _, pixels, labels, _ = _arrays(file)
    yield from in_blocks(file.path, pixels, labels.astype(np.float64), layout)


def about(file: RawFile) -> About:
    """Return what is known of a file."""
    form, pixels, _, by_columns = _arrays(file)
    return About(form=form, side=root(pixels.shape[1]), by_columns=by_columns)


def _arrays(file: RawFile) -> _Arrays:
    loaders = {b"\0\0": _idx, b"MATLAB": _matlab, b"\x89HDF": _hdf5}
    return next(load for magic, load in loaders.items() if file.start.startswith(magic))(file)


def _idx(file: RawFile) -> _Arrays:
    images, beside = _idx_bytes(file, 3), _labels_of(file.path)
    form, labels = "IDX, without a file *labels-idx1* beside it", np.full(len(images), np.nan)
    if beside:
        with open_raw(beside) as other:
            form, labels = f"IDX, labels in {beside}", _idx_bytes(other, 1)
        if len(labels) != len(images):
            found = f"found {len(labels)} labels"
            raise InputError(beside, found, f"{len(images)}, as {file.path} has images")
    by_columns = file.path.name.lower().startswith("emnist")
    return _Arrays(form, images.reshape(-1, images.shape[1] ** 2), labels, by_columns)


def _labels_of(path: Path) -> Path | None:
    """Return the file of labels beside a file of images, if it is there."""
    name = path.name.replace("images", "labels").replace("idx3", "idx1")
    names = (name, f"{name}.gz", name.removesuffix(".gz"))
    beside = [path.with_name(each) for each in names if name != path.name]
    return next((each for each in beside if each.is_file()), None)


def _idx_bytes(file: RawFile, dimensions: int) -> NDArray[np.uint8]:
    content, begin = file.whole(), 4 + 4 * dimensions
    shape = [int.from_bytes(content[i : i + 4], "big") for i in range(4, begin, 4)]
    if content[:4] != bytes((0, 0, 8, dimensions)) or (dimensions == 3 and shape[1] != shape[2]):
        found = f"found IDX of type {content[2]} in {content[3]} dimensions"
        found += f", {shape[1]} x {shape[2]} pixels" if dimensions == content[3] == 3 else ""
        expected = f"bytes (type 8) of {_IDX_KINDS[dimensions]}" + ", squares" * (dimensions == 3)
        raise InputError(file.path, found, expected)
    if math.prod(shape) != len(content) - begin:
        found = f"found {len(content) - begin} bytes after the header"
        raise InputError(file.path, found, " x ".join(map(str, shape)), "Fetch it again.")
    if 0 in shape[1:]:
        raise InputError(file.path, "found images of no pixels")
    return np.frombuffer(content, np.uint8, offset=begin).reshape(shape)


def _matlab(file: RawFile) -> _Arrays:
    import scipy.io  # It takes a while to import.

    content = file.whole()
    with untrusted(file.path, "cannot be read as a MATLAB file", AS_NPZ, passing=(MemoryError,)):
        known = {name: shape for name, shape, _ in scipy.io.whosmat(io.BytesIO(content))}
        shape = known.get("data", ())
        if len(shape) == 3 and root(shape[0]) and shape[2] == len(_DIGITS):
            check_expansion(file.path, 8 * math.prod(shape))
            data = scipy.io.loadmat(io.BytesIO(content), variable_names=["data"])["data"]
            if data.dtype.kind in "uif" and data.shape == shape:
                pixels, labels = data.T.reshape(-1, len(data)), np.repeat(_DIGITS, shape[1])
                return _Arrays("MATLAB, digits 1 to 9, then 0", pixels, labels, by_columns=True)
    found = ", ".join(f"{name} {'x'.join(map(str, shape))}" for name, shape in known.items())
    expected = "`data`, pixels x images x 10 digits, as in usps_all.mat"
    raise InputError(file.path, f"found {found or 'nothing'}", expected, AS_NPZ)


def _hdf5(file: RawFile) -> _Arrays:
    try:
        import h5py
    except ImportError as error:
        found, expected = "this is an HDF5 file", "the package h5py, which is not installed"
        raise InputError(file.path, found, expected, "`pip install h5py` brings it.") from error
    with (
        untrusted(file.path, "cannot be read as an HDF5 file", AS_NPZ, passing=(MemoryError,)),
        h5py.File(io.BytesIO(file.whole()), "r") as opened,
    ):
        groups = [name for name in ("train", "test") if name in opened]
        sets = [[opened[f"{name}/{each}"] for name in groups] for each in ("data", "target")]
        check_expansion(file.path, 8 * sum(each.size for part in sets for each in part))
        pixels, labels = (np.concatenate([each[...] for each in part]) for part in sets)
        counts = [f"{len(opened[name]['data'])} images in {name}" for name in groups]
    fits = pixels.ndim == 2 and root(pixels.shape[1]) and labels.shape == pixels.shape[:1]
    if fits and {pixels.dtype.kind, labels.dtype.kind} <= set("uif"):
        return _Arrays(f"HDF5: {', '.join(counts)}", pixels, labels)
    found = f"found data {pixels.shape} and target {labels.shape}"
    raise InputError(file.path, found, "numbers, (n, pixels of a square) and (n,)", AS_NPZ)
