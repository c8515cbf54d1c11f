"""Hypothesis strategies for digit sets."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lenet.core.npz import Dataset
from lenet.raw.records import Records


@st.composite
def digit_sets(draw: st.DrawFn) -> Dataset:
    """Any images of 4 x 4, float32 in [0, 1], blank ones included, with any labels."""
    n = draw(st.integers(1, 6))
    pixels = st.floats(0, 1, width=32)
    images = draw(hnp.arrays(np.float32, (n, 4, 4), elements=pixels, fill=st.just(0)))
    labels = draw(hnp.arrays(np.int64, n, elements=st.integers(0, 9)))
    return Dataset(images, labels)


@st.composite
def record_sets(draw: st.DrawFn) -> Records:
    """Any records with pixels in [0, 2], any float64 of that range included."""
    n = draw(st.integers(1, 6))
    pixels = draw(hnp.arrays(np.float64, (n, 16), elements=st.floats(0, 2), fill=st.just(0)))
    labels = draw(hnp.arrays(np.int64, n, elements=st.integers(0, 9)))
    return Records(labels, pixels)
