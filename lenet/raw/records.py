"""Records: the labelled images of a raw file, in the numbers of the file."""

from collections.abc import Callable, Iterator
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

    labels: (n,) int64; float64, and any number, as a reader finds them before `check`.
    pixels: (n, side * side) float64, row by row.
    place: the place of a record, given its index in `labels`.
    names: (n,) str, the picture that each image was read from; None unless they were pictures.
    header_classes: the number of classes that the header of the file states, if there is a header.
    first_index: the index of the first pixel, if the file has indices.
    """

    labels: NDArray[Any]
    pixels: NDArray[np.float64]
    place: Callable[[int], Place] = lambda i: Place("", record=i + 1)
    names: NDArray[np.str_] | None = None
    header_classes: int | None = None
    first_index: int | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: NDArray[np.int64]) -> Self:
        return replace(
            self,
            labels=self.labels[index],
            pixels=self.pixels[index],
            place=lambda i: self.place(int(index[i])),
            names=None if self.names is None else self.names[index],
        )

    def check(self, layout: Layout, *, needs_labels: bool = True) -> Self:
        """Return the records, with whole labels, if they fit `layout`.

        Args:
            layout: see `Layout`.
            needs_labels: if not, labels may be anything, and all become `first_label`.

        Raises InputError at the first record that does not fit.
        """
        low, high = layout.extremes
        # The extremes of each row show the same as all pixels, without a mask of the whole block.
        fits = (self.pixels.min(axis=1) >= low) & (self.pixels.max(axis=1) <= high)
        labels = self.labels if needs_labels else np.full(len(self), layout.first_label)
        last_label = layout.first_label + (self.header_classes or layout.classes) - 1
        known = (labels == np.floor(labels)) & (labels >= layout.first_label)
        known &= labels <= last_label
        wrong = np.flatnonzero(~(known & fits))
        if not len(wrong):
            return replace(self, labels=labels.astype(np.int64))
        i = int(wrong[0])
        place = self.place(i)
        if known[i]:
            pixel = int(np.flatnonzero((self.pixels[i] < low) | (self.pixels[i] > high))[0])
            found = f"found {self.pixels[i, pixel]:.9g} as pixel {pixel + 1}"
            expected = f"a value from {low:g} to {high:g}"
        else:
            found = f"found label {labels[i]:.9g}"
            expected = f"a whole number from {layout.first_label} to {last_label}"
            if self.header_classes:
                expected += f", as the header says {self.header_classes} classes"
        raise InputError(place, found, expected, see_inspect(place.file))


def shortest_texts(pixels: NDArray[np.float64]) -> Iterator[list[str]]:
    """Yield, for each row, the shortest text of each number that reads as the same float64."""
    for row in pixels.tolist():
        yield [repr(value).removesuffix(".0") for value in row]
