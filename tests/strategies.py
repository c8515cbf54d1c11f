"""Hypothesis strategies for digit sets."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lenet.core.npz import Dataset
from lenet.raw.records import Records

PIXELS = st.floats(0, 1, width=32)


@st.composite
def digit_sets(draw: st.DrawFn, side: int = 4) -> Dataset:
    """Any images of `side`, float32 in [0, 1], blank ones included, with any labels."""
    n = draw(st.integers(1, 6))
    images = draw(hnp.arrays(np.float32, (n, side, side), elements=PIXELS, fill=st.just(0)))
    labels = draw(hnp.arrays(np.int64, n, elements=st.integers(0, 9)))
    return Dataset(images, labels)


@st.composite
def record_sets(draw: st.DrawFn, side: int = 4) -> Records:
    """Any records with pixels in [0, 2], any float64 of that range included."""
    n = draw(st.integers(1, 6))
    pixels = draw(
        hnp.arrays(np.float64, (n, side * side), elements=st.floats(0, 2), fill=st.just(0))
    )
    labels = draw(hnp.arrays(np.int64, n, elements=st.integers(0, 9)))
    return Records(labels, pixels)
