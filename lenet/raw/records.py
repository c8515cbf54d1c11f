"""Records: the labelled images of a raw file, in the numbers of the file."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from lenet.core.errors import InputError, Place, see_inspect
from lenet.raw.layout import Layout

PIXELS_AT_ONCE = 1 << 22  # 32 MiB


@dataclass(frozen=True, kw_only=True)
class About:
    """What is known of a raw file without settings, for `lenet inspect`.

    form: its format, in words.
    side: width and height of its images in pixels.
    classes: the number of classes that the file states, or 0.
    first_indices: the indices that the first pixel may have: (0,), (1,), or (1, 0) where the file
        does not show it; () where the format has no indices.
    side_is_least: whether the images may be larger, because the file states no more.
    class_names: the names of the classes, if these are no numbers.
    pictures: how a folder's pictures are best read, as in `raw.pictures`; "" for other formats.
    reason: why they are best read so.
    by_columns: whether the pixels stand column by column; None where the format has one order.
    known: settings of the layout that count its labels and pixels.
    """

    form: str
    side: int
    classes: int = 0
    first_indices: tuple[int, ...] = ()
    side_is_least: bool = False
    class_names: tuple[str, ...] = ()
    pictures: str = ""
    reason: str = ""
    by_columns: bool | None = False
    known: Mapping[str, object] = field(default_factory=dict)


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


def in_blocks(
    path: Path, pixels: NDArray, labels: NDArray[np.float64], layout: Layout
) -> Iterator[Records]:
    """Yield the records of arrays, pixels (n, side * side) and labels (n,), some at a time.

    Raises InputError where the images have another side than the layout's.
    """
    if pixels.shape[1] != layout.features:
        found = f"found images of {pixels.shape[1]} pixels"
        expected = f"{layout.side} x {layout.side} = {layout.features}"
        raise InputError(path, found, expected, see_inspect(path))
    step = max(1, PIXELS_AT_ONCE // layout.features)
    for start in range(0, len(pixels), step):
        here = slice(start, start + step)
        place = lambda i, start=start: Place(path, record=start + i + 1)  # noqa: E731
        yield Records(labels[here], pixels[here].astype(np.float64), place=place)
