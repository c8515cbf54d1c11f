"""Networks of random weights, saved as `train` saves networks."""

from pathlib import Path

from lenet.model import network
from lenet.model._mxnet import mx
from lenet.model.architecture import Network
from lenet.model.network import LeNet
from tests.settings import NETWORK

TANH = NETWORK.changed(image_size=32, activation="tanh")


def save_untrained(folder: Path, settings: Network = TANH, *, members: int = 1) -> None:
    """Save networks of large random weights, whose answers differ from image to image."""
    mx.random.seed(0)
    networks = []
    for number in range(members):
        lenet = LeNet(settings, name=network.member_name(number))
        lenet.initialize(mx.init.Xavier(magnitude=8))
        lenet.hybridize()
        lenet(mx.nd.zeros((1, 1, settings.image_size, settings.image_size)))
        networks.append(lenet)
    network.save(networks, folder)
