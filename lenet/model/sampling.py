"""Batches of images sampled by MXNet as the network sees them, in training with warps."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import zoom
from typing_extensions import Self

from lenet.model._mxnet import mx
from lenet.model.view import View


@dataclass(frozen=True)
class Deformation:
    """How images are warped, an entry for each image: a map from the warped to the plain view.

    affine: (n, 2, 3) float32, the affine part; rows x and y, columns x, y and 1.
    displacement: (n, 2, k, k) float32, added in x and y, in half-widths of the image. It is given
        at k x k control points, row by row, from corner to corner of the view, and interpolated by
        cubic splines between them. k is 0, or 4 or more.
    """

    affine: NDArray[np.float32]
    displacement: NDArray[np.float32]

    @classmethod
    def identity(cls, n: int) -> Self:
        """Return the deformation that leaves `n` images as they are."""
        return cls(
            np.tile(np.eye(2, 3, dtype=np.float32), (n, 1, 1)), np.empty((n, 2, 0, 0), np.float32)
        )

    def __getitem__(self, index: Any) -> "Deformation":
        """Return the entries that `index`, a slice or an array of numbers, selects."""
        return Deformation(self.affine[index], self.displacement[index])


def network_input(
    images: NDArray[np.float32],
    deformation: Deformation,
    view: View,
    *,
    size: int,
    context: mx.Context,
) -> mx.nd.NDArray:
    """Sample images bilinearly as the network sees them; outside of an image is background.

    Args:
        images: (n, side, side) in [0, 1], 0 = background.
        deformation: of each image.
        view: how the network sees an image.
        size: side of the result in pixels.
        context: where the result lies.

    Returns (n, 1, size, size) float32 on `context`.
    """
    n = len(images)
    # The margin widens the field of view; shifts stay in half-widths of the image.
    affine = deformation.affine * np.array([1 + view.margin, 1 + view.margin, 1], np.float32)
    for row, (scale, offset) in enumerate(view.axes(images)):
        affine[:, row] *= scale.astype(np.float32)[:, None]
        affine[:, row, 2] += offset.astype(np.float32)
    # A position is linear in the affine map and in the displacements of the control points, so one
    # matrix product gives the positions of all pixels. MXNet's BLAS computes the product; see
    # `_mxnet`.
    points = deformation.displacement.reshape(n, 2, -1)
    coefficients = np.concatenate([affine, points], axis=2).reshape(2 * n, -1)
    basis = _basis(size, deformation.displacement.shape[-1])
    grid = mx.nd.dot(mx.nd.array(coefficients, ctx=context), mx.nd.array(basis, ctx=context))
    # The range is widened before the image is enlarged, because that is less work.
    background, full = view.input_range
    ink = mx.nd.array((images * np.float32(full - background))[:, None], ctx=context)
    data = mx.nd.BilinearSampler(ink, grid.reshape((n, 2, size, size)))
    data += background
    return data


@lru_cache(maxsize=8)
def _basis(size: int, points: int) -> NDArray[np.float32]:
    """Return what each coefficient of a deformation adds at each pixel, (3 + points^2, size^2).

    The rows are x, y and 1, and the interpolation of each control point.
    """
    line = np.linspace(-1, 1, size)
    plain = np.stack([np.tile(line, size), np.repeat(line, size), np.ones(size**2)])
    if not points:
        return plain.astype(np.float32)
    along = zoom(np.eye(points), (size / points, 1), order=3, mode="mirror")
    across = np.einsum("yi,xj->ijyx", along, along).reshape(points**2, size**2)
    return np.concatenate([plain, across]).astype(np.float32)
