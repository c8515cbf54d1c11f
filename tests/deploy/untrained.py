"""Networks of random weights, saved as `train` saves networks."""

from pathlib import Path

import numpy as np

from lenet.core.npz import Dataset
from lenet.deploy import export
from lenet.model import network
from lenet.model._mxnet import mx
from lenet.training.config import Config
from tests.settings import DEFAULT

TANH = DEFAULT.changed({"network.activation": "tanh", "test_shift": 0.06})


def save_untrained(folder: Path, config: Config = TANH) -> None:
    """Save networks of large random weights, whose answers differ from image to image."""
    mx.random.seed(0)
    members = network.new_members(config.network, config.classes, config.members)
    for lenet in members:
        lenet.initialize(mx.init.Xavier(magnitude=8))
    network.save(members, folder)


def export_untrained(folder: Path, *, side: int = 16, pictures: str = "") -> Path:
    """Export such a network for images of this side; return the ONNX file.

    Its training file was a folder of pictures, read whole or cut, if `pictures` says so.
    """
    save_untrained(folder)
    images = np.random.default_rng(0).random((40, side, side), dtype=np.float32)
    reading = {"pictures": pictures, "pixel_range": (0, 255)} if pictures else {}
    model = export.to_onnx(folder, TANH, Dataset(images, np.arange(40) % 10, reading=reading))
    path = folder / "lenet.onnx"
    path.write_bytes(model.SerializeToString(deterministic=True))
    return path
