"""The numbers of a raw file, counted while the file is read."""

from collections import Counter

import numpy as np

from lenet.core.errors import InputError
from lenet.raw.layout import Layout
from lenet.raw.records import USUAL_PIXEL_RANGES, Found, Records

# Files with more labels than the network may have classes are counted no further.
_MOST_LABELS = 2000
# So few images may be alike by chance.
_FEW = 5


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

    def add(self, records: Records | Found) -> None:
        """Add records; all have the same side."""
        if not len(records):
            return
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
        for least, most in USUAL_PIXEL_RANGES:
            if least <= self.low and self.high <= most and 2 * self.high > most:
                low, high = least, most
                break
        return (high, low) if self._is_inverted(low, high) else (low, high)

    def _is_inverted(self, background: float, ink: float) -> bool:
        """Return whether pixels are nearer to `ink` on average, at the borders too."""
        # Smaller images have no border to speak of.
        if self._side < 5:
            return False
        middle, sign = (background + ink) / 2, np.sign(ink - background)
        border = self._border_sum / self._border_pixels
        return bool(sign * (self.mean - middle) > 0 and sign * (border - middle) > 0)

    def warnings(self, layout: Layout) -> list[InputError]:
        """Return what seems wrong if the file is read by `layout`, with settings."""
        return self._label_warnings() + self.pixel_warnings(layout)

    def _label_warnings(self) -> list[InputError]:
        if len(self.labels) > 1 or self.images < 2:
            return []
        (label,) = self.labels
        return [
            InputError(
                f"all {self.images} images have the label {label:g}. Do labels stand elsewhere, "
                "such as behind the pixels?"
            )
        ]

    def pixel_warnings(self, layout: Layout) -> list[InputError]:
        """Return what seems wrong with the pixels if they are read by `layout`, with settings."""
        if self._lower[0] == self._lower[1] and self.images >= _FEW and self.low < self.high:
            return [InputError("the lower half of every image is blank. Is the side right?")]
        background, ink = layout.pixel_range
        strongest = max(
            (value - background) / (ink - background) for value in (self.low, self.high)
        )
        seems = self.pixel_range()
        settings = {"raw.pixel_range": seems} if seems != layout.pixel_range else {}
        if self._is_inverted(background, ink):
            return [
                InputError(
                    f"most pixels are nearer to full ink ({ink:g}) than to the background "
                    f"({background:g}), at the borders too: background and ink seem exchanged.",
                    settings=settings,
                )
            ]
        if strongest <= 0.5:
            return [
                InputError(
                    f"no pixel is beyond half of full ink: the pixels go from {self.low:g} to "
                    f"{self.high:g}, and full ink is {ink:g}.",
                    settings=settings,
                )
            ]
        return []
