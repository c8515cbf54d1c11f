"""Records: the labelled images of a raw file, in the numbers of the file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError
from lenet.core.npz import CLASSES
from lenet.raw.layout import Layout

_USUAL_PIXEL_RANGES = ((0, 1), (0, 2), (-1, 1), (0, 255))


@dataclass(frozen=True)
class Records:
    """Consecutive records of a raw file.

    labels: (n,) int64, `first_label` to `first_label + 9`.
    pixels: (n, side * side) float64 in `pixel_range`, row by row.
    """

    labels: NDArray[np.int64]
    pixels: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: NDArray[np.int64]) -> "Records":
        return Records(self.labels[index], self.pixels[index])


def check_records(
    labels: NDArray[np.float64],
    pixels: NDArray[np.float64],
    layout: Layout,
    *,
    place: Callable[[int], str],
    classes: int = CLASSES,
    other_side: int | None = None,
) -> Records:
    """Return the records of `labels` (n,) and `pixels` (n, side * side) if they fit `layout`.

    Args:
        labels, pixels: the numbers of the file.
        layout: the limits.
        place: names the place of a record, given its index in `labels`.
        classes: how many labels there may be, from `first_label` on.
        other_side: the side that the images seem to have, if it is not the layout's.

    Raises InputError at the first record that does not fit, with the setting that would fit.
    """
    low, high = layout.pixel_range
    last_label = layout.first_label + classes - 1
    label_fits = (labels == np.floor(labels)) & (labels >= layout.first_label)
    label_fits &= labels <= last_label
    # The extremes of each row show the same as all pixels, without a mask of the whole block.
    row_fits = (pixels.min(axis=1) >= low) & (pixels.max(axis=1) <= high)
    wrong = np.flatnonzero(~(label_fits & row_fits))
    if not len(wrong):
        return Records(labels.astype(np.int64), pixels)
    i = int(wrong[0])
    if not label_fits[i]:
        message = (
            f"{place(i)}: found label {labels[i]:.9g}; expected a whole number from "
            f"{layout.first_label} to {last_label}."
        )
        advice = _label_advice(labels[i], layout)
    else:
        pixel = int(np.flatnonzero((pixels[i] < low) | (pixels[i] > high))[0])
        value = pixels[i, pixel]
        message = (
            f"{place(i)}: found {value:.9g} as pixel {pixel + 1}; expected a value "
            f"from {low:g} to {high:g}."
        )
        advice = _pixel_advice(value)
    # Numbers cut into records of a wrong length are labels and pixels by chance.
    question, settings = side_advice(other_side) if other_side else advice
    raise InputError(message + question, settings=settings)


def side_advice(side: int) -> tuple[str, dict[str, object]]:
    """Return the reason to believe that the images have another side, and the setting for it."""
    return f" Most lines hold {side**2} values after the first.", {"raw.side": side}


def _label_advice(label: float, layout: Layout) -> tuple[str, dict[str, object]]:
    if label == 0 and layout.first_label == 1:
        return " Does the file write digit 0 as 0?", {"raw.first_label": 0}
    if label == CLASSES and layout.first_label == 0:
        return f" Does the file write digits 0 to 9 as 1 to {CLASSES}?", {"raw.first_label": 1}
    return "", {}


def _pixel_advice(value: float) -> tuple[str, dict[str, object]]:
    for low, high in _USUAL_PIXEL_RANGES:
        if low <= value <= high:
            question = f" Do the file's pixels go from {low} to {high}?"
            return question, {"raw.pixel_range": (low, high)}
    return "", {}


def shortest_texts(pixels: NDArray[np.float64]) -> Iterator[list[str]]:
    """Yield, for each row, the shortest text of each number that reads as the same float64."""
    for row in pixels.tolist():
        yield [repr(value).removesuffix(".0") for value in row]
