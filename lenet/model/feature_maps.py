"""Inside a trained network: the filters it has learnt, and what each layer makes of an image."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core.npz import CLASSES
from lenet.model._mxnet import mx
from lenet.model.architecture import C1_MAPS, C3_MAPS, C5_UNITS, F6_UNITS
from lenet.model.network import LeNet, readable

# Of each layer's output what comes first; behind the maps lie blank ones.
_OWN = {
    "C1": C1_MAPS,
    "P2": C1_MAPS,
    "C3": C3_MAPS,
    "P4": C3_MAPS,
    "C5": C5_UNITS,
    "F6": F6_UNITS,
    "O7": CLASSES,
}


def load(params_path: Path, *, image_size: int, activation: str, c3: str, pooling: str) -> LeNet:
    """Read a network that `network.save` wrote, of a committee the first, layer by layer.

    Args:
        params_path: its weights.
        image_size, activation, c3, pooling: see `network.LeNet`; as it was trained with.

    Raises InputError where the file is missing or holds no such network.
    """
    lenet = LeNet(
        image_size=image_size, activation=activation, c3=c3, pooling=pooling, name="lenet0"
    )
    with readable(params_path):
        lenet.collect_params().load(str(params_path), ctx=mx.cpu(), ignore_extra=True)
    return lenet


def filters(lenet: LeNet) -> NDArray[np.float32]:
    """Return the kernels of C1, (6, 5, 5)."""
    weight: NDArray[np.float32] = lenet.layers[0].weight.data().asnumpy()
    return weight[:, 0]


def responses(lenet: LeNet, data: mx.nd.NDArray) -> dict[str, NDArray[np.float32]]:
    """Return what every layer, from C1 to O7, gives for one image.

    Args:
        lenet: not hybridized.
        data: (1, 1, image_size, image_size), see `augmentation.network_input`.

    Returns (maps, height, width) or (units,) by the name of the layer: after its activation, if
    that follows it at once. Max pooling stands before it.
    """
    found = {}
    name = ""
    with mx.autograd.train_mode():
        for block in lenet.layers:
            data = block(data)
            # A block of another name is the activation of the layer before.
            own = block.name.rpartition("_")[2].upper()
            name = own if own in _OWN else name
            found[name] = data[0, : _OWN[name]].asnumpy()
    return found
