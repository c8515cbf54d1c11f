"""Networks of random weights, saved as `train` saves networks."""

from pathlib import Path

import numpy as np

from lenet.deploy import export
from lenet.deploy.novelty import Novelty
from lenet.model import network
from lenet.model._mxnet import mx
from lenet.model.architecture import Network
from lenet.model.network import LeNet
from tests.settings import DEFAULT_PREPROCESS, NETWORK

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


# The group `raw` of params.yaml, as the metadata keep it.
RAW = {"pixel_range": [0, 2], "side": 16, "first_label": 0, "first_index": "auto", "classes": 10}


def export_untrained(folder: Path) -> Path:
    """Export such a network for images of 16 x 16; return the ONNX file."""
    save_untrained(folder)
    size = TANH.image_size
    model = export.to_onnx(
        folder,
        DEFAULT_PREPROCESS,
        side=16,
        image_size=size,
        classes=10,
        test_shift=0.06,
        novelty=Novelty.learn(np.random.default_rng(0).random((40, 16, 16), dtype=np.float32)),
        settings={
            "raw": RAW,
            "network": TANH.model_dump(exclude={"classes"}),
            "preprocess": DEFAULT_PREPROCESS.model_dump(),
        },
    )
    path = folder / "lenet.onnx"
    path.write_bytes(model.SerializeToString(deterministic=True))
    return path
