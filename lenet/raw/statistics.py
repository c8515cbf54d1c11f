"""The numbers of a raw file, counted while the file is read."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from lenet.raw.layout import Layout
from lenet.raw.records import Records

_USUAL_PIXEL_RANGES = ((0, 1), (0, 2), (-1, 1), (0, 255))
# More of the images than this share are no chance, if background and ink seem exchanged in them.
_FEW_NEGATIVES = 0.02
# The number of images that show which way is up.
_SAMPLES = 3
# Smaller images have no border to speak of.
_LEAST_SIDE = 5


class Statistics:
    """The numbers of records, added up.

    Attributes:
        images: the number of records.
        labels: the number of records of each label.
        low, high: the least and the greatest pixel value.
        first_index: the index of the first pixel, if the file has indices.
        samples: the pixels of the first image of each of the first labels, (side, side).
    """

    def __init__(self) -> None:
        self.images = self._side = 0
        self.first_index: int | None = None
        self.labels: Counter[float] = Counter()
        self.samples: dict[float, NDArray[np.float64]] = {}
        self.low, self.high = np.inf, -np.inf
        # The extremes of the lower third of all images.
        self._low_below, self._high_below = np.inf, -np.inf
        # The mean of each image, and of its first and last row, (n, 2).
        self._means: list[NDArray[np.float64]] = []

    def add(self, records: Records) -> None:
        """Add records; all have the same side."""
        pixels = records.pixels
        side = self._side = round(pixels.shape[1] ** 0.5)
        self.images += len(records)
        self.first_index = records.first_index
        values, first, counts = np.unique(records.labels, return_index=True, return_counts=True)
        for value, index, count in zip(values.tolist(), first, counts.tolist(), strict=True):
            if value == value:
                self.labels[value] += count
            if len(self.samples) < _SAMPLES:
                self.samples.setdefault(value, pixels[index].reshape(side, side).copy())
        self.low = min(self.low, float(pixels.min()))
        self.high = max(self.high, float(pixels.max()))
        below = pixels[:, pixels.shape[1] * 2 // 3 :]
        self._low_below = min(self._low_below, float(below.min()))
        self._high_below = max(self._high_below, float(below.max()))
        borders = (pixels[:, :side] + pixels[:, -side:]).mean(axis=1) / 2
        self._means.append(np.column_stack([pixels.mean(axis=1), borders]))

    def pixel_range(self) -> tuple[float, float]:
        """Return the values that background and full ink seem to have.

        The usual range is taken that holds all pixels, unless the pixels fill at most half of it.
        Background is at the end of the range that the pixels of most borders, and most pixels, are
        nearer to.
        """
        low, high = self.low, self.high
        if low == high:
            return low, low + 1
        for least, most in _USUAL_PIXEL_RANGES:
            if least <= self.low and self.high <= most and 2 * self.high > most:
                low, high = least, most
                break
        return (high, low) if self.is_exchanged((low, high)) else (low, high)

    def is_exchanged(self, pixel_range: tuple[float, float]) -> bool:
        """Return whether most images are nearer to ink than to background, at the borders too."""
        return 2 * self._negatives(pixel_range) > self.images

    def _negatives(self, pixel_range: tuple[float, float]) -> int:
        background, ink = pixel_range
        beyond = np.sign(ink - background) * (np.concatenate(self._means) - (background + ink) / 2)
        return int((beyond > 0).all(axis=1).sum()) if self._side >= _LEAST_SIDE else 0

    def warnings(self, layout: Layout, *, has_labels: bool = True) -> list[str]:
        """Return what seems wrong if the file is read by `layout`, each without a full stop."""
        background, ink = layout.pixel_range
        strongest = max(abs(self.low - background), abs(self.high - background))
        warnings = []
        if has_labels and len(self.labels) == 1 < self.images:
            label = f"the label {min(self.labels):g}"
            warnings.append(f"all {self.images} images have {label}; labels may stand elsewhere")
        negatives = self._negatives(layout.pixel_range)
        if self.is_exchanged(layout.pixel_range):
            warnings.append(
                f"most images are nearer to full ink ({ink:g}) than to the background "
                f"({background:g}), at the borders too: background and ink seem exchanged"
            )
        elif negatives > _FEW_NEGATIVES * self.images:
            warnings.append(
                f"{negatives} of {self.images} images seem to be negatives of the others"
            )
        elif 2 * strongest <= abs(ink - background):
            warnings.append(
                f"no pixel is beyond half of full ink: the pixels go from {self.low:g} to "
                f"{self.high:g}, and full ink is {ink:g}"
            )
        elif self._low_below == self._high_below:
            warnings.append("the lower third of every image is blank; the side may be wrong")
        return warnings
