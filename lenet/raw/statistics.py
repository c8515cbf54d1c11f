"""The numbers of a raw file, counted while the file is read."""

from collections import Counter

import numpy as np

from lenet.raw.layout import Layout
from lenet.raw.records import Records

_USUAL_PIXEL_RANGES = ((0, 1), (0, 2), (-1, 1), (0, 255))
# More labels than the network may have classes are counted no further.
_MOST_LABELS = 2000
# The least number of images that are not alike by chance.
_ENOUGH_IMAGES = 5


class Statistics:
    """The numbers of records, added up.

    Attributes:
        images: the number of records.
        labels: the number of records of each label.
        low, high: the least and the greatest pixel value.
    """

    def __init__(self) -> None:
        self.images = 0
        self.labels: Counter[float] = Counter()
        self.low, self.high = np.inf, -np.inf
        # The extremes of the lower half of all images.
        self._lower = (np.inf, -np.inf)
        self._sum = self._border_sum = 0.0
        self._pixels = self._border_pixels = self._side = 0

    def add(self, records: Records) -> None:
        """Add records; all have the same side."""
        pixels = records.pixels
        self.images += len(records)
        if len(self.labels) <= _MOST_LABELS:
            values, counts = np.unique(records.labels, return_counts=True)
            self.labels.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
        self.low = min(self.low, float(pixels.min()))
        self.high = max(self.high, float(pixels.max()))
        lower = pixels[:, pixels.shape[1] // 2 :]
        low, high = self._lower
        self._lower = (min(low, float(lower.min())), max(high, float(lower.max())))
        side = self._side = round(pixels.shape[1] ** 0.5)
        first_and_last_row = pixels[:, :side], pixels[:, -side:]
        self._sum += float(pixels.sum())
        self._pixels += pixels.size
        self._border_sum += sum(float(row.sum()) for row in first_and_last_row)
        self._border_pixels += 2 * side * len(records)

    @property
    def mean(self) -> float:
        """The mean of all pixels."""
        return self._sum / self._pixels

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
        """Return whether most pixels are nearer to ink than to background, at the borders too."""
        background, ink = pixel_range
        # Smaller images have no border to speak of.
        if self._side < 5:
            return False
        middle, sign = (background + ink) / 2, np.sign(ink - background)
        border = self._border_sum / self._border_pixels
        return bool(sign * (self.mean - middle) > 0 and sign * (border - middle) > 0)

    def oddities(self, *, has_labels: bool = True) -> list[str]:
        """Return what is odd however the file is read, each without a full stop."""
        oddities = []
        if has_labels and len(self.labels) == 1 < self.images:
            label = f"the label {min(self.labels):g}"
            oddities.append(f"all {self.images} images have {label}; labels may stand elsewhere")
        if self.images >= _ENOUGH_IMAGES and self.low == self.high:
            oddities.append(f"every pixel is {self.low:g}, so all images are blank")
        return oddities

    def warnings(self, layout: Layout, *, has_labels: bool = True) -> list[str]:
        """Return what seems wrong if the file is read by `layout`, each without a full stop."""
        background, ink = layout.pixel_range
        strongest = max(abs(value - background) for value in (self.low, self.high))
        warnings = self.oddities(has_labels=has_labels)
        if self.low == self.high:
            return warnings
        if self.images >= _ENOUGH_IMAGES and self._lower[0] == self._lower[1]:
            warnings.append("the lower half of every image is blank; the side may be wrong")
        elif self.is_exchanged(layout.pixel_range):
            warnings.append(
                f"most pixels are nearer to full ink ({ink:g}) than to the background "
                f"({background:g}), at the borders too: background and ink seem exchanged"
            )
        elif strongest <= abs(ink - background) / 2:
            warnings.append(
                f"no pixel is beyond half of full ink: the pixels go from {self.low:g} to "
                f"{self.high:g}, and full ink is {ink:g}"
            )
        return warnings
