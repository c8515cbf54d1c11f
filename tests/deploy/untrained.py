"""Networks of random weights, saved as `train` saves networks."""

from pathlib import Path

import numpy as np

from lenet.deploy import export
from lenet.deploy.novelty import Novelty
from lenet.model import network
from lenet.model._mxnet import mx
from lenet.model.network import LeNet
from lenet.training.config import Config
from tests.settings import DEFAULT

TANH = DEFAULT.changed({"network.activation": "tanh", "test_shift": 0.06})


def save_untrained(folder: Path, config: Config = TANH) -> None:
    """Save networks of large random weights, whose answers differ from image to image."""
    mx.random.seed(0)
    networks, size = [], config.network.image_size
    for number in range(config.members):
        lenet = LeNet(config.network, config.classes, name=network.member_name(number))
        lenet.initialize(mx.init.Xavier(magnitude=8))
        lenet.hybridize()
        lenet(mx.nd.zeros((1, 1, size, size)))
        networks.append(lenet)
    network.save(networks, folder)


def export_untrained(folder: Path) -> Path:
    """Export such a network for images of 16 x 16; return the ONNX file."""
    save_untrained(folder)
    model = export.to_onnx(
        folder,
        TANH,
        side=16,
        novelty=Novelty.learn(np.random.default_rng(0).random((40, 16, 16), dtype=np.float32)),
        settings=TANH.model_dump(include={"raw", "network", "preprocess"}),
    )
    path = folder / "lenet.onnx"
    path.write_bytes(model.SerializeToString(deterministic=True))
    return path
