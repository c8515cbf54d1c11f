"""A character that was cut out of a picture, and how it becomes an image like those of USPS."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Top, left, bottom and right in pixels; bottom and right are the first pixels outside.
Box = tuple[int, int, int, int]
# The largest width of a single character, as a share of its height.
_WIDEST = 1.25


@dataclass(frozen=True)
class Character:
    """A character that was found in a picture.

    ink: (height, width) float64 from 0 = paper to 1 = full ink, cut out, in any size.
    box: its place in the picture: top, left, bottom and right in pixels, upright.
    page: the number of its page or frame, from 0.
    """

    ink: NDArray[np.float64]
    box: Box
    page: int = 0

    @property
    def wide(self) -> bool:
        """Whether it is so wide that it may be several characters that touch."""
        return self.ink.shape[1] > _WIDEST * self.ink.shape[0]

    def framed(self, side: int) -> NDArray[np.float32]:
        """Return the ink scaled to fit a square, its proportions kept, in the middle.

        (side, side) in [0, 1], 0 = background. The digits of USPS were prepared in the same way.

        Source: LeCun et al. 1989, Backpropagation applied to handwritten zip code recognition,
        section 2.2.
        """
        height, width = self.ink.shape
        scale = side / max(height, width)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        # Pillow antialiases when it shrinks, so that edges are as soft as in USPS.
        ink = Image.fromarray(self.ink.astype(np.float32))
        small = np.asarray(ink.resize(size, Image.Resampling.BILINEAR))
        image = np.zeros((side, side), np.float32)
        top, left = (side - size[1]) // 2, (side - size[0]) // 2
        image[top : top + size[1], left : left + size[0]] = small / small.max()
        return np.clip(image, 0, 1)
