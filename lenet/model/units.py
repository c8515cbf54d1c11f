"""The units of a trained network, watched on many images."""

import numpy as np

from lenet.model._mxnet import mx
from lenet.model.network import LeNet

# Layers of units that feed forward; O7 gives the scores.
_HIDDEN = ("C5", "F6")


def dead_units(network: LeNet, data: mx.nd.NDArray) -> float:
    """Return the share of the units of C5 and F6 that give the same value for all images.

    Such units are of no use. A network in which all are dead gives one answer for every image,
    as after a training with too high a rate.

    Args:
        network: trained.
        data: (n, 1, image_size, image_size) float32; see `sampling.network_input`.
    """
    outputs = network.outputs(data)
    ranges = [np.ptp(outputs[name].asnumpy(), axis=0) for name in _HIDDEN]
    return float((np.concatenate(ranges) < 1e-6).mean())
