"""How the network sees an image: centred, in proportion, with a margin, at the network's size.

`Preprocess.axes` is plain NumPy: `prediction` computes it for training, and `deploy.export` traces
it into ONNX.

A deformation of n images is (n, 2, 3 + k^2) float32, from the network's input to the image. Its
rows are x and y. Its columns are the affine map (x, y and 1), then what is added at k x k control
points, in normalised coordinates. The points lie row by row, from corner to corner of the input.
Cubic splines interpolate between them; k is 0, or 4 or more.
"""

from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field
from scipy.ndimage import zoom

from lenet.core.params import Number, Params, Span

# The width-to-height ratio of a digit, in standard deviations of its ink. The recipe was chosen
# with this value; the mean of the USPS training digits is 0.67.
PROPORTION = 0.75
# The lower bound of a standard deviation: a stroke a third of a pixel wide.
THINNEST = 0.02
# An image with less ink than this, in pixels, counts as blank.
LEAST_INK = 1e-9


class Preprocess(Params, frozen=True):
    """How the network is shown an image: the group `preprocess` of params.yaml.

    Coordinates are normalised: an image reaches from -1 to 1 in each direction.

    input_range: the network's values for background and for full ink.
    margin: background around the image, as a share of its size: at 0.2 an image takes 1/1.2 of
        the input's width.
    centering: the centre of the input, from the centre of the image (0) to the centre of mass of
        its ink (1).
    proportion: the ratio of width to height, from the ratio in the image (0) to the mean of USPS
        digits (1), at the same area.
    """

    input_range: Span = Field(
        examples=[(-1, 1)], description="two different numbers from -1e9 to 1e9, such as [-1,1]"
    )
    margin: Number = Field(examples=[0.35], ge=0, le=2, description="a number from 0 to 2")
    centering: Number = Field(examples=[0.7], ge=0, le=1, description="a number from 0 to 1")
    proportion: Number = Field(examples=[0.7], ge=0, le=1, description="a number from 0 to 1")

    def axes(self, images: Any) -> list[tuple[Any, Any]]:
        """Return scale and offset of each axis, x then y, from the network's input to the image.

        A position p of the input is at scale * p + offset in the image.

        Args:
            images: (n, side, side) in [0, 1]; an array of NumPy, or one that traces its functions.

        Returns two pairs of (n,) float64. An image without ink has scale 1 and offset 0.

        Source: Liu, Nakashima, Sako and Fujisawa, Handwritten digit recognition: investigation of
        normalization and feature extraction techniques, Pattern Recognition 37 (2004).
        """
        positions = np.linspace(-1, 1, images.shape[1])
        # Ink by column and by row.
        profiles = [images.sum(axis=axis, dtype=np.float64) for axis in (1, 2)]
        ink = np.maximum(profiles[0].sum(axis=1), LEAST_INK)
        # No matrix product: BLAS kernels differ between processors in the last bits, and training
        # magnifies the difference.
        means = [(profile * positions).sum(axis=1) / ink for profile in profiles]
        deviations = [
            np.sqrt(np.maximum((profile * positions**2).sum(axis=1) / ink - mean**2, THINNEST**2))
            for profile, mean in zip(profiles, means, strict=True)
        ]
        ratio = np.where(ink > LEAST_INK, deviations[0] / deviations[1] / PROPORTION, 1.0)
        stretch = ratio ** (self.proportion / 2)
        return [(stretch, self.centering * means[0]), (1 / stretch, self.centering * means[1])]


def shifts(test_shift: float) -> NDArray[np.float32]:
    """Return the shifts of the copies that are averaged, (copies, 2) float32.

    The first copy is the image as it is. Unless `test_shift` is 0, it is the middle of a grid of
    3 x 3 views.
    """
    steps = (0, 1, -1) if test_shift else (0,)
    return test_shift * np.array(list(product(steps, steps)), np.float32)


def identity(n: int, shift: ArrayLike = (0, 0)) -> NDArray[np.float32]:
    """Return the deformation that leaves `n` images as they are, or shifts all in x and y."""
    affine = np.tile(np.eye(2, 3, dtype=np.float32), (n, 1, 1))
    affine[:, :, 2] = shift
    return affine


@lru_cache(maxsize=8)
def basis(size: int, points: int) -> NDArray[np.float32]:
    """Return what each column of a deformation adds at each pixel of `size` x `size`.

    The result is (3 + points^2, size^2) float32; there are `points` x `points` control points.
    """
    line = np.linspace(-1, 1, size)
    plain = np.stack([np.tile(line, size), np.repeat(line, size), np.ones(size**2)])
    if not points:
        return plain.astype(np.float32)
    along = zoom(np.eye(points), (size / points, 1), order=3, mode="mirror")
    across = np.einsum("yi,xj->ijyx", along, along).reshape(points**2, size**2)
    return np.concatenate([plain, across]).astype(np.float32)
