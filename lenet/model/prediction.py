"""What a network says of images."""

import numpy as np
from numpy.typing import NDArray

from lenet.model._mxnet import mx
from lenet.model.view import identity_affine, network_input

# Large enough that the work per call outweighs the call; memory stays a few MiB.
_BATCH = 512


def views(test_shift: float) -> NDArray[np.float32]:
    """Return the shifts, in half-widths of the digit, of the views that are averaged, (v, 2)."""
    directions = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)] if test_shift else [(0, 0)]
    return test_shift * np.array(directions, np.float32)


def probabilities(
    network: mx.gluon.Block,
    images: NDArray[np.float32],
    *,
    test_shift: float,
    image_size: int,
    margin: float,
    centering: float,
    proportion: float,
    input_range: tuple[float, float],
    context: mx.Context,
) -> NDArray[np.float32]:
    """Return the network's class probabilities (n, 10) for images (n, side, side) in [0, 1].

    Args:
        network: gives the scores of a batch, (n, 10), before the softmax.
        images: float32.
        test_shift: where it is not 0, the mean over five views of each image is taken: as it is,
            and shifted in each direction by so many half-widths of the digit.
        image_size, margin, centering, proportion, input_range, context: see `network_input`; as
            the network was trained with.
    """
    batches = []
    for start in range(0, len(images), _BATCH):
        batch = images[start : start + _BATCH]
        answers = []
        for shift in views(test_shift):
            affine = identity_affine(len(batch))
            affine[:, :, 2] = shift
            data = network_input(
                batch,
                affine,
                image_size=image_size,
                margin=margin,
                centering=centering,
                proportion=proportion,
                input_range=input_range,
                context=context,
            )
            # Outside of training, MXNet's oneDNN layers reorder the weights in place, and not at
            # once: which of the later passes meet the new order, and sum up in it, is chance. The
            # network has no layer that does something else in training.
            with mx.autograd.train_mode():
                answers.append(mx.nd.softmax(network(data)))
        batches.append(sum(answers) / len(answers))
    return np.concatenate([batch.asnumpy() for batch in batches])
