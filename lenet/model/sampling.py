"""Batches of images sampled by MXNet as the network sees them, in training with augmentations."""

import numpy as np
from numpy.typing import NDArray

from lenet.model._mxnet import mx
from lenet.model.deformation import Deformation, basis
from lenet.model.preprocess import Preprocess


def network_input(
    images: NDArray[np.float32],
    deformation: Deformation,
    preprocess: Preprocess,
    *,
    size: int,
    context: mx.Context,
) -> mx.nd.NDArray:
    """Sample images bilinearly as the network sees them; outside of an image is background.

    Args:
        images: (n, side, side) float32 in [0, 1], 0 = background.
        deformation: of each image.
        preprocess: how the network sees an image.
        size: side of the result in pixels.
        context: where the result lies.

    Returns (n, 1, size, size) float32 on `context`.
    """
    n = len(images)
    # The margin widens the field of view; shifts stay in the coordinates of the image.
    affine = deformation.affine * np.array(
        [1 + preprocess.margin, 1 + preprocess.margin, 1], np.float32
    )
    for row, (scale, offset) in enumerate(preprocess.axes(images)):
        affine[:, row] *= scale.astype(np.float32)[:, None]
        affine[:, row, 2] += offset.astype(np.float32)
    # Positions are linear in the affine map and in the displacements, so one matrix product gives
    # those of all pixels. In a BLAS the bits of a row depend on the number of rows, so that several
    # workers would train another network than one process.
    points = deformation.elastic.reshape(n, 2, -1)
    coefficients = np.concatenate([affine, points], axis=2).reshape(2 * n, -1)
    table = basis(size, deformation.elastic.shape[-1])
    grid = np.einsum("ij,jk->ik", coefficients, table).reshape(n, 2, size, size)
    # The range is widened before the image is enlarged, because that is less work.
    background, full = preprocess.input_range
    ink = mx.nd.array((images * np.float32(full - background))[:, None], ctx=context)
    data = mx.nd.BilinearSampler(ink, mx.nd.array(grid, ctx=context))
    data += background
    return data
