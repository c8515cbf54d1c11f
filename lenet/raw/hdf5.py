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
    pixels, labels, _ = _arrays(file)
    yield from in_blocks(file.path, pixels, labels.astype(np.float64), layout)


def about(file: RawFile) -> About:
    """Return what is known of a file."""
    pixels, _, counts = _arrays(file)
    return About(form=f"HDF5: {', '.join(counts)}", side=root(pixels.shape[1]))


def _arrays(file: RawFile) -> tuple[NDArray, NDArray, list[str]]:
    """Return data, target and how many images each group has; raise InputError at a fault."""
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
        counts = [
            f"{len(each)} images in {name}" for name, each in zip(groups, sets[0], strict=True)
        ]
    are_numbers = pixels.dtype.kind in "uif" and labels.dtype.kind in "uif"
    if (
        are_numbers
        and pixels.ndim == 2
        and root(pixels.shape[1])
        and labels.shape == pixels.shape[:1]
    ):
        return pixels, labels, counts
    found = f"found data {pixels.shape} and target {labels.shape}"
    raise InputError(file.path, found, "numbers, (n, pixels of a square) and (n,)", AS_NPZ)
