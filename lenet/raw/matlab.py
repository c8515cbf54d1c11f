"""MATLAB's `usps_all.mat`: the variable `data`, 256 x 1100 x 10.

Its axes are pixels, column by column; images; and digits, in the order 1, ..., 9, 0.
"""

import io
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, untrusted
from lenet.core.files import check_expansion
from lenet.raw.layout import Layout, root
from lenet.raw.records import About, Records, in_blocks
from lenet.raw.text import AS_NPZ, RawFile

_DIGITS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 0)


def read(file: RawFile, layout: Layout) -> Iterator[Records]:
    """Yield the records, digit by digit; raise InputError where a file holds something else."""
    data = _data(file)
    labels = np.repeat(_DIGITS, data.shape[1]).astype(np.float64)
    yield from in_blocks(file.path, data.T.reshape(-1, len(data)), labels, layout)


def about(file: RawFile) -> About:
    """Return what is known of a file."""
    return About(form="MATLAB, digits 1 to 9, then 0", side=root(len(_data(file))), by_columns=True)


def _data(file: RawFile) -> NDArray:
    """Return the variable `data`; raise InputError where a file has none of this kind."""
    import scipy.io  # It takes a while to import.

    content = file.whole()
    with untrusted(file.path, "cannot be read as a MATLAB file", AS_NPZ, passing=(MemoryError,)):
        known = {name: shape for name, shape, _ in scipy.io.whosmat(io.BytesIO(content))}
        shape = known.get("data", ())
        if len(shape) == 3 and root(shape[0]) and shape[2] == len(_DIGITS):
            check_expansion(file.path, 8 * math.prod(shape))
            data = scipy.io.loadmat(io.BytesIO(content), variable_names=["data"])["data"]
            if data.dtype.kind in "uif" and data.shape == shape:
                return data
    found = ", ".join(f"{name} {'x'.join(map(str, shape))}" for name, shape in known.items())
    expected = "`data`, pixels x images x 10 digits, as in usps_all.mat"
    raise InputError(file.path, f"found {found or 'nothing'}", expected, AS_NPZ)
