from pathlib import Path

import pytest

from lenet.deploy import export
from lenet.model import network
from lenet.model._mxnet import mx
from lenet.model.architecture import Network
from lenet.model.network import LeNet
from lenet.model.view import View


def export_untrained(folder: Path) -> Path:
    """Export a network of large random weights, whose predictions differ from image to image."""
    mx.random.seed(0)
    lenet = LeNet(Network(image_size=32, activation="tanh", c3="full", pooling="max"))
    lenet.initialize(mx.init.Xavier(magnitude=8))
    lenet.hybridize()
    lenet(mx.nd.zeros((1, 1, 32, 32)))
    network.save([lenet], folder)
    view = View(input_range=(-1, 1), margin=0.35, centering=0.7, proportion=0.7)
    model = export.to_onnx(folder, view, side=16, image_size=32, test_shift=0.06, settings={})
    path = folder / "lenet.onnx"
    path.write_bytes(model.SerializeToString(deterministic=True))
    return path


@pytest.fixture(scope="package")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported network, ONNX, for images of 16 x 16."""
    return export_untrained(tmp_path_factory.mktemp("model"))
