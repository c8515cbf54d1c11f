"""Records: the labelled images of a raw file, in the numbers of the file."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from lenet.core.errors import InputError, Place, see_inspect
from lenet.raw.layout import Layout


@dataclass(frozen=True)
class Records:
    """Consecutive records of a raw file.

    labels: (n,) int64; float64 as a reader finds them before `check`: any number, and NaN where
        there is none.
    pixels: (n, side * side) float64, row by row.
    place: the place of a record, given its index in `labels`.
    names: (n,) str, the picture that each image was read from; None unless they were pictures.
    first_index: the index of the first pixel, if the file has indices.
    """

    labels: NDArray[Any]
    pixels: NDArray[np.float64]
    place: Callable[[int], Place] = lambda i: Place("", record=i + 1)
    names: NDArray[np.str_] | None = None
    first_index: int | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def check(self, layout: Layout, *, needs_labels: bool = True) -> Self:
        """Return the records, with whole labels, if they fit `layout`.

        If labels are not needed, they may be anything, and all become `first_label`.
        Raises InputError at the first record that does not fit.
        """
        low, high = sorted(layout.pixel_range)
        # The extremes of each row show the same as all pixels, without a mask of the whole block.
        fits = (self.pixels.min(axis=1) >= low) & (self.pixels.max(axis=1) <= high)
        labels = self.labels if needs_labels else np.full(len(self), layout.first_label)
        last_label = layout.first_label + layout.classes - 1
        known = (labels == np.floor(labels)) & (labels >= layout.first_label)
        known &= labels <= last_label
        wrong = np.flatnonzero(~(known & fits))
        if not len(wrong):
            return replace(self, labels=labels.astype(np.int64))
        i = int(wrong[0])
        place = self.place(i)
        advice = see_inspect(place.file)
        if not known[i]:
            missing = np.isnan(labels[i])
            found = "the label is missing" if missing else f"found label {labels[i]:.9g}"
            expected = f"a whole number from {layout.first_label} to {last_label}"
            raise InputError(place, found, expected, advice)
        pixel = int(np.flatnonzero(~((self.pixels[i] >= low) & (self.pixels[i] <= high)))[0])
        found = f"found {self.pixels[i, pixel]:.9g} as pixel {pixel + 1}"
        raise InputError(place, found, f"a value from {low:g} to {high:g}", advice)
