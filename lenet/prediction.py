"""What a network says of images."""

import numpy as np
from numpy.typing import NDArray

from lenet._mxnet import mx
from lenet.augmentation import identity_affine, network_input

# Large enough that the work per call outweighs the call; memory stays a few MiB.
_BATCH = 512


def probabilities(
    network: mx.gluon.Block,
    images: NDArray[np.float32],
    *,
    image_size: int,
    margin: float,
    input_range: tuple[float, float],
    context: mx.Context,
) -> NDArray[np.float32]:
    """Return the network's class probabilities (n, 10) for images (n, side, side) in [0, 1].

    The other arguments are `network_input`'s, as the network was trained with.
    """
    batches = []
    for start in range(0, len(images), _BATCH):
        batch = images[start : start + _BATCH]
        data = network_input(
            batch,
            identity_affine(len(batch)),
            image_size=image_size,
            margin=margin,
            input_range=input_range,
            context=context,
        )
        # Outside of training, MXNet's oneDNN convolution reorders the weights in place, and not
        # at once: which of the later passes meet the new order, and sum up in it, is chance. The
        # network has no layer that does something else in training.
        with mx.autograd.train_mode():
            batches.append(mx.nd.softmax(network(data)))
    return np.concatenate([batch.asnumpy() for batch in batches])
