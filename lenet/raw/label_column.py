"""The column of the labels in a table without the names of its columns."""

import numpy as np
from numpy.typing import NDArray

from lenet.raw.layout import Layout


def label_column(ends: NDArray[np.float64], layout: Layout) -> tuple[int, bool]:
    """Return which of two columns holds the labels, 0 or -1, and whether the numbers show it.

    The columns are the first and the last, (n, 2).
    Labels are whole numbers, not all equal, of the layout, and all of its labels. If this holds
    for both columns, the numbers of the likely one are spread more evenly.
    """
    low, high = ends.min(axis=0), ends.max(axis=0)
    fits = (low >= layout.first_label) & (high < layout.first_label + layout.classes)
    whole = (ends == np.floor(ends)).all(axis=0)
    counts = [np.unique(column, return_counts=True)[1] for column in ends.T]
    has_all = np.array([len(each) == layout.classes for each in counts])
    possible = np.array([True, True])
    for evidence in (whole, low < high, fits, has_all):
        possible &= evidence
        if possible.sum() == 1:
            return -int(possible[1]), True
    return -int(counts[1].max() < counts[0].max()), False
