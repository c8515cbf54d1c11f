"""The column of the labels in a table without the names of its columns."""

import numpy as np
from numpy.typing import NDArray

from lenet.raw.layout import Layout


def label_column(ends: NDArray[np.float64], layout: Layout) -> tuple[int, bool]:
    """Return which of two columns holds the labels, 0 or -1, and whether the numbers show it.

    The columns are the first and the last, (n, 2).
    Labels are whole numbers, not all equal, of the layout, and all of its labels. If that holds for
    both columns or for none, the likely one has all numbers from 0 or 1 on, or is spread more
    evenly.
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
    likely = vary & (low >= 0) & (low <= 1) & (different == high - low + 1)
    if likely.sum() == 1:
        return -int(likely[1]), False
    return -int(counts[1].max() < counts[0].max()), False
