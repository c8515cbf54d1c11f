"""Batches of images sampled by MXNet as the network sees them, in training with warps."""

import numpy as np
from numpy.typing import NDArray

from lenet.model._mxnet import mx
from lenet.model.view import View


def identity_affine(n: int) -> NDArray[np.float32]:
    """Return `n` affine maps that change nothing, (n, 2, 3) float32."""
    return np.tile(np.eye(2, 3, dtype=np.float32), (n, 1, 1))


def network_input(
    images: NDArray[np.float32],
    affine: NDArray[np.float32],
    view: View,
    *,
    size: int,
    context: mx.Context,
) -> mx.nd.NDArray:
    """Sample images bilinearly as the network sees them; outside of an image is background.

    Args:
        images: (n, side, side) in [0, 1], 0 = background.
        affine: (n, 2, 3), from positions in the warped view to positions in the plain view.
        view: how the network sees an image.
        size: side of the result in pixels.
        context: where the result lies.

    Returns (n, 1, size, size) float32 on `context`.
    """
    # The margin widens the field of view; shifts stay in half-widths of the image.
    field = affine * np.array([1 + view.margin, 1 + view.margin, 1], np.float32)
    for row, (scale, offset) in enumerate(view.axes(images)):
        field[:, row] *= scale.astype(np.float32)[:, None]
        field[:, row, 2] += offset.astype(np.float32)
    grid = mx.nd.GridGenerator(
        mx.nd.array(field.reshape(-1, 6), ctx=context),
        transform_type="affine",
        target_shape=(size, size),
    )
    batch = mx.nd.array(images[:, None], ctx=context)
    return view.levels(mx.nd.BilinearSampler(batch, grid))
