"""A character that was cut out of a picture, and how it becomes an image like those of training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Top, left, bottom and right in pixels; bottom and right are the first pixels outside.
Box = tuple[int, int, int, int]
# The largest width of a single character, as a share of its height.
WIDEST = 1.25
# The least ink at the edge of a character, as a share of its own full ink.
EDGE = 0.35


@dataclass(frozen=True)
class Frame:
    """How large a character is in an image, and what of it stands in the middle.

    The default is that of USPS.

    size: the longer side of the character, as a share of the image's side.
    by_mass: whether the centre of mass is in the middle, as in MNIST, and not that of the box.
    offset: how far below and right of the image's middle the centre of mass is, in pixels; 0.5 in
        MNIST, where pixel 14 of 0 to 27 counts as the middle. 0 for the box.
    """

    size: float = 1.0
    by_mass: bool = False
    offset: float = 0.0

    @classmethod
    def of(cls, images: NDArray[np.float32]) -> "Frame":
        """Measure the frame of images, (n, side, side) in [0, 1], 0 = background."""
        images = images[images.max(axis=(1, 2)) > 0]
        if not len(images):
            return cls()
        side = images.shape[1]
        ink = images > EDGE * images.max(axis=(1, 2), keepdims=True)
        lines = np.array([ink.any(axis=2), ink.any(axis=1)])
        start, end = lines.argmax(axis=2), side - lines[..., ::-1].argmax(axis=2)
        sums = np.array([images.sum(axis=2), images.sum(axis=1)])
        mass = (sums * (np.arange(side) + 0.5)).sum(axis=2) / sums.sum(axis=2)
        off_box, off_mass = (np.mean((at - side / 2) ** 2) for at in ((start + end) / 2, mass))
        size = float(np.median((end - start).max(axis=0))) / side
        by_mass = bool(off_mass < off_box)
        offset = round(float(mass.mean()) - side / 2, 2) if by_mass else 0.0
        return cls(round(size, 4), by_mass, offset)


@dataclass(frozen=True)
class Character:
    """A character that was found in a picture.

    ink: (height, width) float64 from 0 = paper to 1 = full ink, cut out, in any size.
    box: its place in the picture: top, left, bottom and right in pixels, upright.
    page: the number of its page or frame, from 0.
    left_out: whether something on the page that may be a character was not read.
    boxes: whether characters on the page touch the lines of boxes or of a comb.
    """

    ink: NDArray[np.float64]
    box: Box
    page: int = 0
    left_out: bool = False
    boxes: bool = False

    @property
    def wide(self) -> bool:
        """Whether it is so wide that it may be several characters that touch."""
        return self.ink.shape[1] > WIDEST * self.ink.shape[0]

    def framed(self, side: int, frame: Frame = Frame()) -> NDArray[np.float32]:
        """Return the ink scaled to fit a square, its proportions kept, in the middle.

        (side, side) in [0, 1], 0 = background. The digits of USPS were prepared in the same way.

        Source: LeCun et al. 1989, Backpropagation applied to handwritten zip code recognition,
        section 2.2.
        """
        scale = frame.size * side / max(self.ink.shape)
        height, width = (min(side, max(1, round(length * scale))) for length in self.ink.shape)
        # Pillow antialiases when it shrinks, so that edges are as soft as in USPS.
        ink = Image.fromarray(self.ink.astype(np.float32))
        small = np.asarray(ink.resize((width, height), Image.Resampling.BILINEAR)).clip(0)
        middle = height / 2, width / 2
        if frame.by_mass:
            sums = small.sum(axis=1), small.sum(axis=0)
            middle = tuple(np.average(np.arange(len(each)) + 0.5, weights=each) for each in sums)
        top, left = (
            min(max(int(side / 2 + frame.offset - at + 0.5 * frame.by_mass), 0), side - length)
            for at, length in zip(middle, (height, width), strict=True)
        )
        image = np.zeros((side, side), np.float32)
        image[top : top + height, left : left + width] = small / small.max()
        return np.clip(image, 0, 1)
