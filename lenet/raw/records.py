"""Records, the labelled images of a raw file in its own numbers, and the limits they keep."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError
from lenet.core.npz import CLASSES

_USUAL_PIXEL_RANGES = ((0, 1), (0, 2), (-1, 1), (0, 255))


@dataclass(frozen=True)
class Layout:
    """What a raw file cannot say of itself.

    side: the images' width and height in pixels.
    pixel_range: the values of background and of full ink.
    first_label: the label that stands for digit 0.
    """

    side: int
    pixel_range: tuple[float, float]
    first_label: int

    @property
    def features(self) -> int:
        """Pixels an image."""
        return self.side**2


@dataclass(frozen=True)
class Records:
    """Consecutive records of a raw file, as they stand in it.

    labels: (n,) int64, `first_label` to `first_label + 9`.
    pixels: (n, side * side) float64 in `pixel_range`, row by row.
    """

    labels: NDArray[np.int64]
    pixels: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: NDArray[np.int64]) -> "Records":
        return Records(self.labels[index], self.pixels[index])


def checked_records(
    labels: NDArray[np.float64],
    pixels: NDArray[np.float64],
    layout: Layout,
    *,
    classes: int,
    place: Callable[[int], str],
    advice: str = "",
) -> Records:
    """Return the records of `labels` (n,) and `pixels` (n, side * side) if they keep to `layout`.

    Args:
        labels, pixels: as read.
        layout: the limits.
        classes: how many labels there may be, from `first_label` on.
        place: names the place of a record, given its position here, for the message.
        advice: what to do about a fault, if the reader knows better than the value suggests.

    Raises InputError at the first record that does not, naming the parameter that would fit it.
    """
    low, high = layout.pixel_range
    last_label = layout.first_label + classes - 1
    label_fits = (labels == np.floor(labels)) & (labels >= layout.first_label)
    label_fits &= labels <= last_label
    # The extremes of each row say the same as every pixel, without a mask of the whole block.
    row_fits = (pixels.min(axis=1) >= low) & (pixels.max(axis=1) <= high)
    wrong = np.flatnonzero(~(label_fits & row_fits))
    if len(wrong):
        i = int(wrong[0])
        if not label_fits[i]:
            raise InputError(
                f"{place(i)}: found label {labels[i]:.9g}; expected a whole number from "
                f"{layout.first_label} to {last_label}.{advice or _label_advice(labels[i], layout)}"
            )
        pixel = int(np.flatnonzero((pixels[i] < low) | (pixels[i] > high))[0])
        raise InputError(
            f"{place(i)}: found {pixels[i, pixel]:.9g} as pixel {pixel + 1}; expected a value "
            f"from {low:g} to {high:g}.{advice or _pixel_advice(pixels[i, pixel])}"
        )
    return Records(labels.astype(np.int64), pixels)


def _label_advice(label: float, layout: Layout) -> str:
    if label == 0 and layout.first_label == 1:
        return " If the file writes digit 0 as 0, set first_label=0."
    if label == CLASSES and layout.first_label == 0:
        return f" If the file writes digits 0 to 9 as 1 to {CLASSES}, set first_label=1."
    return ""


def _pixel_advice(value: float) -> str:
    for low, high in _USUAL_PIXEL_RANGES:
        if low <= value <= high:
            return f" If the file's pixels go from {low} to {high}, set pixel_range=[{low},{high}]."
    return ""


def number_texts(pixels: NDArray[np.float64]) -> Iterator[list[str]]:
    """Yield a list for each row: its numbers, as briefly as brings back the same float64."""
    for row in pixels.tolist():
        yield [repr(value).removesuffix(".0") for value in row]
