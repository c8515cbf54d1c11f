"""Records: the labelled images of a raw file, in the numbers of the file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError
from lenet.raw.layout import Layout

USUAL_PIXEL_RANGES = ((0, 1), (0, 2), (-1, 1), (0, 255))


@dataclass(frozen=True)
class Records:
    """Consecutive records of a raw file, which fit its layout.

    labels: (n,) int64, `first_label` to `first_label + classes - 1`.
    pixels: (n, side * side) float64 in `pixel_range`, row by row.
    names: (n,) str, the picture that each image was read from; None unless they were pictures.
    """

    labels: NDArray[np.int64]
    pixels: NDArray[np.float64]
    names: NDArray[np.str_] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: NDArray[np.int64]) -> "Records":
        names = None if self.names is None else self.names[index]
        return Records(self.labels[index], self.pixels[index], names)


@dataclass(frozen=True)
class Found:
    """Consecutive records as a reader finds them, whatever their numbers are.

    labels: (n,) float64.
    pixels: (n, side * side) float64, row by row.
    place: names the place of a record, given its index in `labels`.
    names: see `Records`.
    header_classes: the number of classes that the header of the file states, if there is a header.
    first_index: the index of the first pixel, if the file has indices.
    other_side: the side that the images seem to have, if it is not the layout's.
    """

    labels: NDArray[np.float64]
    pixels: NDArray[np.float64]
    place: Callable[[int], str]
    names: NDArray[np.str_] | None = None
    header_classes: int | None = None
    first_index: int | None = None
    other_side: int | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def check(self, layout: Layout) -> Records:
        """Return the records if they fit `layout`.

        Raises InputError at the first record that does not fit, with the setting that would fit.
        """
        classes = self.header_classes or layout.classes
        last_label = layout.first_label + classes - 1
        fits = (self.labels == np.floor(self.labels)) & (self.labels >= layout.first_label)
        fits &= self.labels <= last_label
        wrong = np.flatnonzero(~(fits & self._pixels_fit(layout)))
        if not len(wrong):
            return Records(self.labels.astype(np.int64), self.pixels, self.names)
        i = int(wrong[0])
        if fits[i]:
            raise self._wrong_pixel(i, layout)
        label = self.labels[i]
        raise self._wrong(
            f"{self.place(i)}: found label {label:.9g}; expected a whole number from "
            f"{layout.first_label} to {last_label}"
            + (f", as the header says {classes} classes." if self.header_classes else "."),
            _label_advice(label, layout, stated=self.header_classes is not None),
        )

    def check_pixels(self, layout: Layout) -> NDArray[np.float64]:
        """Return the pixels if they fit `layout`, whatever the labels are.

        Raises InputError at the first record whose pixels do not fit.
        """
        wrong = np.flatnonzero(~self._pixels_fit(layout))
        if len(wrong):
            raise self._wrong_pixel(int(wrong[0]), layout)
        return self.pixels

    def _pixels_fit(self, layout: Layout) -> NDArray[np.bool_]:
        low, high = layout.extremes
        # The extremes of each row show the same as all pixels, without a mask of the whole block.
        fits: NDArray[np.bool_] = self.pixels.min(axis=1) >= low
        return fits & (self.pixels.max(axis=1) <= high)

    def _wrong_pixel(self, i: int, layout: Layout) -> InputError:
        low, high = layout.extremes
        pixel = int(np.flatnonzero((self.pixels[i] < low) | (self.pixels[i] > high))[0])
        value = self.pixels[i, pixel]
        return self._wrong(
            f"{self.place(i)}: found {value:.9g} as pixel {pixel + 1}; expected a value "
            f"from {low:g} to {high:g}.",
            _pixel_advice(value),
        )

    def _wrong(self, message: str, advice: tuple[str, dict[str, object]]) -> InputError:
        # Numbers cut into records of a wrong length are labels and pixels by chance.
        question, settings = side_advice(self.other_side) if self.other_side else advice
        return InputError(message, question=question, settings=settings)


def side_advice(side: int) -> tuple[str, dict[str, object]]:
    """Return the reason to believe that the images have another side, and the setting for it."""
    return f"Most lines hold {side**2} values after the first.", {"raw.side": side}


def _label_advice(label: float, layout: Layout, *, stated: bool) -> tuple[str, dict[str, object]]:
    if label == 0 and layout.first_label == 1:
        return "Does the file write class 0 as 0?", {"raw.first_label": 0}
    if label == layout.classes and layout.first_label == 0:
        question = f"Does the file write classes 0 to {layout.classes - 1} as 1 to {label:.9g}?"
        return question, {"raw.first_label": 1}
    if label == np.floor(label) and layout.first_label < label < 1000 and not stated:
        classes = int(label) - layout.first_label + 1
        return "Has the file more classes?", {"raw.classes": classes}
    return "", {}


def _pixel_advice(value: float) -> tuple[str, dict[str, object]]:
    for low, high in USUAL_PIXEL_RANGES:
        if low <= value <= high:
            question = f"Do the file's pixels go from {low} to {high}?"
            return question, {"raw.pixel_range": (low, high)}
    return "", {}


def shortest_texts(pixels: NDArray[np.float64]) -> Iterator[list[str]]:
    """Yield, for each row, the shortest text of each number that reads as the same float64."""
    for row in pixels.tolist():
        yield [repr(value).removesuffix(".0") for value in row]
