"""Records, the labelled images of a raw file in its own numbers, and the limits they keep."""

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
    side: int | None = None,
) -> Records:
    """Return the records of `labels` (n,) and `pixels` (n, side * side) if they keep to `layout`.

    Args:
        labels, pixels: as read.
        layout: the limits.
        classes: how many labels there may be, from `first_label` on.
        place: names the place of a record, given its position here, for the message.
        side: the side that the images seem to have, if it is another.

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
            message = (
                f"{place(i)}: found label {labels[i]:.9g}; expected a whole number from "
                f"{layout.first_label} to {last_label}."
            )
            raise _misfit(message, side, *_label_advice(labels[i], layout))
        pixel = int(np.flatnonzero((pixels[i] < low) | (pixels[i] > high))[0])
        value = pixels[i, pixel]
        message = (
            f"{place(i)}: found {value:.9g} as pixel {pixel + 1}; expected a value "
            f"from {low:g} to {high:g}."
        )
        raise _misfit(message, side, *_pixel_advice(value))
    return Records(labels.astype(np.int64), pixels)


def _misfit(
    message: str, side: int | None, question: str = "", settings: dict[str, object] | None = None
) -> InputError:
    """Return the error of a value that does not fit; another side explains it before all else."""
    if side:
        question = f" Most lines hold {side**2} values after the first."
        settings = {"raw.side": side}
    return InputError(message + question, settings=settings)


def _label_advice(label: float, layout: Layout) -> tuple[str, dict[str, object]] | tuple[()]:
    if label == 0 and layout.first_label == 1:
        return " Does the file write digit 0 as 0?", {"raw.first_label": 0}
    if label == CLASSES and layout.first_label == 0:
        return f" Does the file write digits 0 to 9 as 1 to {CLASSES}?", {"raw.first_label": 1}
    return ()


def _pixel_advice(value: float) -> tuple[str, dict[str, object]] | tuple[()]:
    for low, high in _USUAL_PIXEL_RANGES:
        if low <= value <= high:
            question = f" Do the file's pixels go from {low} to {high}?"
            return question, {"raw.pixel_range": (low, high)}
    return ()


def number_texts(pixels: NDArray[np.float64]) -> Iterator[list[str]]:
    """Yield a list for each row: its numbers, as briefly as brings back the same float64."""
    for row in pixels.tolist():
        yield [repr(value).removesuffix(".0") for value in row]
