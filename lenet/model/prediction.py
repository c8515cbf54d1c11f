"""Images as the network sees them, sampled by MXNet, and the class probabilities that it gives."""

from math import isqrt

import numpy as np
from numpy.typing import NDArray

from lenet.model._mxnet import mx
from lenet.model.preprocess import Preprocess, basis, identity, shifts

# Large enough that the work per call outweighs the call; memory stays a few MiB.
_BATCH = 512


def network_input(
    images: NDArray[np.float32],
    deformations: NDArray[np.float32],
    preprocess: Preprocess,
    *,
    size: int,
    context: mx.Context,
) -> mx.nd.NDArray:
    """Sample images bilinearly as the network sees them; outside of an image is background.

    Args:
        images: (n, side, side) float32 in [0, 1], 0 = background.
        deformations: (n, 2, columns) float32; see `preprocess`.
        preprocess: how the network sees an image.
        size: side of the result in pixels.
        context: where the result lies.

    Returns (n, 1, size, size) float32 on `context`.
    """
    n, _, columns = deformations.shape
    # The margin widens the field of view; shifts stay in the coordinates of the image.
    field = np.array([1 + preprocess.margin, 1 + preprocess.margin, 1], np.float32)
    affine = deformations[:, :, :3] * field
    for row, (scale, offset) in enumerate(preprocess.axes(images)):
        affine[:, row] *= scale.astype(np.float32)[:, None]
        affine[:, row, 2] += offset.astype(np.float32)
    # One matrix product gives the positions of all pixels. In a BLAS the bits of a row depend on
    # the number of rows, so that several workers would train another network than one process.
    coefficients = np.concatenate([affine, deformations[:, :, 3:]], axis=2).reshape(2 * n, columns)
    table = basis(size, isqrt(columns - 3))
    grid = np.einsum("ij,jk->ik", coefficients, table).reshape(n, 2, size, size)
    # The range is widened before the image is enlarged, because that is less work.
    background, full = preprocess.input_range
    ink = mx.nd.array((images * np.float32(full - background))[:, None], ctx=context)
    data = mx.nd.BilinearSampler(ink, mx.nd.array(grid, ctx=context))
    data += background
    return data


def probabilities(
    network: mx.gluon.Block,
    images: NDArray[np.float32],
    preprocess: Preprocess,
    *,
    size: int,
    test_shift: float,
    context: mx.Context,
) -> NDArray[np.float32]:
    """Return the network's class probabilities for images, (n, classes) float32; rows add up to 1.

    Args:
        network: gives the scores of a batch, (n, classes), before the softmax.
        images: (n, side, side) float32 in [0, 1], 0 = background.
        preprocess, size: the same as in training; see `network_input`.
        test_shift: 0, or the distance between nine copies, whose probabilities are
            averaged; see `shifts`.
        context: where the network is.
    """
    batches = []
    for start in range(0, len(images), _BATCH):
        batch = images[start : start + _BATCH]
        answers = []
        for shift in shifts(test_shift):
            shifted = identity(len(batch), shift)
            data = network_input(batch, shifted, preprocess, size=size, context=context)
            # Outside of training mode, MXNet's oneDNN layers reorder the weights in place and
            # asynchronously. Chance decides which later pass reads the new order, and so its
            # last bits. No layer of LeNet computes anything else in training mode.
            with mx.autograd.train_mode():
                answers.append(mx.nd.softmax(network(data)))
        batches.append(sum(answers) / len(answers))
    return np.concatenate([batch.asnumpy() for batch in batches])
