"""The class probabilities that a network gives for images."""

import numpy as np
from numpy.typing import NDArray

from lenet.model._mxnet import mx
from lenet.model.deformation import Deformation
from lenet.model.preprocess import Preprocess, shifts
from lenet.model.sampling import network_input

# Large enough that the work per call outweighs the call; memory stays a few MiB.
_BATCH = 512


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
            shifted = Deformation.identity(len(batch), shift)
            data = network_input(batch, shifted, preprocess, size=size, context=context)
            # Outside of training mode, MXNet's oneDNN layers reorder the weights in place and
            # asynchronously. Chance decides which later pass reads the new order, and so its
            # last bits. No layer of LeNet computes anything else in training mode.
            with mx.autograd.train_mode():
                answers.append(mx.nd.softmax(network(data)))
        batches.append(sum(answers) / len(answers))
    return np.concatenate([batch.asnumpy() for batch in batches])
