"""HDF5's `usps.h5`: the groups `train` and `test`, with `data` (n, 256) and `target` (n,) each."""

import io
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, untrusted
from lenet.core.files import check_expansion
from lenet.raw.layout import Layout, root
from lenet.raw.records import About, Records, in_blocks
from lenet.raw.text import AS_NPZ, RawFile


def read(file: RawFile, layout: Layout) -> Iterator[Records]:
    """Yield the records, those of `train` first; raise InputError where there are none."""
    parts = _parts(file)
    pixels, labels = (np.concatenate(arrays) for arrays in zip(*parts.values(), strict=True))
    yield from in_blocks(file.path, pixels, labels.astype(np.float64), layout)


def about(file: RawFile) -> About:
    """Return what is known of a file."""
    parts = _parts(file)
    counts = " and ".join(f"{len(labels)} images in {name}" for name, (_, labels) in parts.items())
    (pixels, _), *_ = parts.values()
    return About(form=f"HDF5, {counts}", side=root(pixels.shape[1]))


def _parts(file: RawFile) -> dict[str, tuple[NDArray, NDArray]]:
    """Return data and target of each group; raise InputError where a file has none of the kind."""
    try:
        import h5py
    except ImportError as error:
        found, expected = "this is an HDF5 file", "the package h5py, which is not installed"
        raise InputError(file.path, found, expected, "`pip install h5py` brings it.") from error
    content, parts = file.whole(), {}
    with (
        untrusted(file.path, "cannot be read as an HDF5 file", AS_NPZ, passing=(MemoryError,)),
        h5py.File(io.BytesIO(content), "r") as opened,
    ):
        found = ", ".join(opened)
        for name in ("train", "test"):
            if f"{name}/data" in opened and f"{name}/target" in opened:
                data, target = opened[f"{name}/data"], opened[f"{name}/target"]
                check_expansion(file.path, 8 * (data.size + target.size))
                parts[name] = (data[...], target[...])
    shapes = {pixels.shape[1:] for pixels, _ in parts.values()}
    fit = all(
        pixels.ndim == 2
        and labels.shape == pixels.shape[:1]
        and root(pixels.shape[1])
        and pixels.dtype.kind in "uif"
        and labels.dtype.kind in "uif"
        for pixels, labels in parts.values()
    )
    if len(shapes) != 1 or not fit:
        expected = "groups train and test, with data (n, pixels) and target (n,), as in usps.h5"
        raise InputError(file.path, f"found {found or 'nothing'}", expected, AS_NPZ)
    return parts
