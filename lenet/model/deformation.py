"""Where augmented images are sampled: an affine map and a smooth elastic of each image."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import zoom
from typing_extensions import Self


@dataclass(frozen=True)
class Deformation:
    """How images are deformed, an entry for each image: from the network's input to the image.

    affine: (n, 2, 3) float32, the affine part; rows x and y, columns x, y and 1.
    elastic: (n, 2, k, k) float32, added in x and y, in normalised coordinates. It is given
        at k x k control points, row by row, from corner to corner of the input. Cubic splines
        interpolate between them. k is 0, or 4 or more.
    """

    affine: NDArray[np.float32]
    elastic: NDArray[np.float32]

    @classmethod
    def identity(cls, n: int, shift: ArrayLike = (0, 0)) -> Self:
        """Return the deformation that leaves `n` images as they are, or shifts all in x and y."""
        affine = np.tile(np.eye(2, 3, dtype=np.float32), (n, 1, 1))
        affine[:, :, 2] = shift
        return cls(affine, np.empty((n, 2, 0, 0), np.float32))

    def __getitem__(self, index: Any) -> "Deformation":
        """Return the entries that `index`, a slice or an array of numbers, selects."""
        return Deformation(self.affine[index], self.elastic[index])


@lru_cache(maxsize=8)
def basis(size: int, points: int) -> NDArray[np.float32]:
    """Return what each coefficient of a deformation adds at each pixel.

    The result is (3 + points^2, size^2) float32. Its rows are x, y and 1, and the interpolation of
    each control point; `points` is 0 or 4 or more.
    """
    line = np.linspace(-1, 1, size)
    plain = np.stack([np.tile(line, size), np.repeat(line, size), np.ones(size**2)])
    if not points:
        return plain.astype(np.float32)
    along = zoom(np.eye(points), (size / points, 1), order=3, mode="mirror")
    across = np.einsum("yi,xj->ijyx", along, along).reshape(points**2, size**2)
    return np.concatenate([plain, across]).astype(np.float32)
