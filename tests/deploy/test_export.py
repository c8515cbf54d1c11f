from pathlib import Path

import numpy as np
import onnx
import pytest

from lenet.core.errors import InputError
from lenet.core.npz import Digits
from lenet.deploy import export
from lenet.deploy._onnxruntime import onnxruntime
from lenet.deploy.recogniser import Recogniser
from lenet.model import network
from lenet.model._mxnet import mx
from lenet.model.network import LeNet
from lenet.model.prediction import probabilities

VIEW = {
    "image_size": 32,
    "margin": 0.35,
    "centering": 0.7,
    "proportion": 0.7,
    "input_range": (-1.0, 1.0),
    "test_shift": 0.06,
}


def trained(folder: Path, *, members: int = 1, **settings: str) -> tuple[Path, Path]:
    """Save networks of large random weights, whose answers differ from image to image."""
    mx.random.seed(0)
    networks = []
    for number in range(members):
        lenet = LeNet(image_size=32, **{"activation": "tanh", **settings}, name=f"lenet{number}")
        lenet.initialize(mx.init.Xavier(magnitude=8))
        lenet.hybridize()
        lenet(mx.nd.zeros((1, 1, 32, 32)))
        networks.append(lenet)
    paths = folder / "lenet-symbol.json", folder / "lenet-0000.params"
    network.save(network.committee(networks), *paths)
    return paths


@pytest.mark.parametrize(
    ("settings", "change"),
    [
        ({}, {}),
        ({"members": 2}, {}),
        ({"activation": "scaled_tanh", "c3": "partial", "pooling": "subsample"}, {}),
        ({"activation": "relu"}, {"test_shift": 0, "margin": 0, "input_range": (0.0, 2.0)}),
        ({"activation": "sigmoid"}, {"centering": 0, "proportion": 0}),
    ],
    ids=str,
)
def test_the_exported_network_agrees_with_mxnet(
    tmp_path: Path, random_digits: Digits, settings: dict, change: dict
) -> None:
    paths = trained(tmp_path, **settings)
    view = VIEW | change
    images = random_digits.images.copy()
    # Digits have an empty border mostly, and some images no ink at all.
    images[:, :, :5] = 0
    images[0] = 0
    own = probabilities(network.load(*paths, context=mx.cpu()), images, context=mx.cpu(), **view)
    assert np.ptp(own, axis=0).max() > 0.005
    export.save(export.to_onnx(*paths, image_side=16, **view), tmp_path / "lenet.onnx")
    recogniser = Recogniser(tmp_path / "lenet.onnx")
    assert recogniser.side == 16
    np.testing.assert_allclose(recogniser.probabilities(images), own, rtol=0, atol=1e-5)


def test_the_exported_file_is_valid_plain_and_the_same_each_time(
    tmp_path: Path, capfd: pytest.CaptureFixture
) -> None:
    paths = trained(tmp_path)
    for name in ("one", "two"):
        export.save(export.to_onnx(*paths, image_side=16, **VIEW), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()

    model = onnx.load(tmp_path / "one")
    onnx.checker.check_model(model, full_check=True)
    assert [value.name for value in model.graph.input] == ["images"]
    assert [value.name for value in model.graph.output] == ["probabilities"]
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert set(metadata) == {"input", "output", "preprocessing", "parameters"}
    assert '"margin": 0.35' in metadata["parameters"]
    capfd.readouterr()
    onnxruntime.InferenceSession(tmp_path / "one")
    assert capfd.readouterr() == ("", "")


def test_other_files_are_refused(tmp_path: Path) -> None:
    symbol, weights = trained(tmp_path)
    with pytest.raises(InputError, match="not a model that MXNet can export"):
        export.to_onnx(weights, symbol, image_side=16, **VIEW)
    with pytest.raises(InputError, match="none: no such model file"):
        Recogniser(tmp_path / "none")
    with pytest.raises(InputError, match="not a model that onnxruntime can read"):
        Recogniser(symbol)
    other = onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["": 16]> g (float[n] x) => (float[n] y) {y = Abs(x)}'
    )
    (tmp_path / "other").write_bytes(other.SerializeToString())
    with pytest.raises(InputError, match="expected images"):
        Recogniser(tmp_path / "other")
