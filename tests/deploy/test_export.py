from pathlib import Path

import numpy as np
import onnx
import pytest
from spox import Tensor, argument, build

from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.deploy import export
from lenet.deploy._onnxruntime import onnxruntime
from lenet.deploy.recogniser import Recogniser
from lenet.model import network
from lenet.model._mxnet import mx
from lenet.model.network import PARAMS, SYMBOL
from lenet.model.prediction import network_input, probabilities
from lenet.model.preprocess import Preprocess, identity, shifts
from tests.deploy.untrained import TANH, save_untrained
from tests.settings import ACTIVATIONS, DEFAULT_PREPROCESS


def some_blank(images: np.ndarray) -> np.ndarray:
    """Return images with an empty border, as digits mostly have, the first without any ink."""
    images = images.copy()
    images[:, :, :5] = 0
    images[0] = 0
    return images


@pytest.mark.parametrize("test_shift", [0, 0.06])
@pytest.mark.parametrize(
    ("change", "side", "size"),
    [
        ({}, 16, 32),
        ({"centering": 1, "proportion": 1}, 28, 16),
        ({"centering": 0, "proportion": 0, "margin": 0}, 16, 16),
        ({"input_range": (2, 0), "margin": 1}, 5, 20),
    ],
    ids=str,
)
def test_the_exported_input_is_that_of_mxnet(
    change: dict, side: int, size: int, test_shift: float
) -> None:
    preprocess: Preprocess = DEFAULT_PREPROCESS.changed(change)
    generator = np.random.default_rng(0)
    images = some_blank(generator.random((7, side, side), dtype=np.float32))
    # These images have hardly any ink, and a stroke of no width.
    images[1:3] = 0
    images[1, 1, 1] = 1e-10
    images[2, :, 2] = 1
    positions = shifts(test_shift)

    given = argument(Tensor(np.float32, ("batch", side, side)))
    seen = export._network_input(given, preprocess, size, positions)
    model = build({"images": given}, {"seen": seen}).SerializeToString()
    (answer,) = onnxruntime.InferenceSession(model).run(None, {"images": images})
    views = answer.reshape(len(images), len(positions), 1, size, size)
    background, full = preprocess.input_range
    for number, shift in enumerate(positions):
        shifted = identity(len(images), shift)
        expected = network_input(images, shifted, preprocess, size=size, context=mx.cpu()).asnumpy()
        # The difference is a share of full ink. Images of noise are the hardest to agree on.
        difference = np.abs(views[:, number] - expected).max() / abs(full - background)
        assert difference < 1e-5


@pytest.mark.parametrize(
    "changes",
    [
        {"members": 2},
        {"network.c3": "partial", "network.pooling": "subsample"},
        {"preprocess.margin": 0, "preprocess.input_range": (0, 2), "test_shift": 0},
        {"preprocess.centering": 0, "preprocess.proportion": 0},
        *({"network.activation": name, "test_shift": 0} for name in ACTIVATIONS),
    ],
    ids=str,
)
def test_the_exported_network_agrees_with_mxnet(
    tmp_path: Path, random_digits: Dataset, changes: dict
) -> None:
    config = TANH.changed(changes)
    save_untrained(tmp_path, config)
    images = some_blank(random_digits.images)
    members = network.load(tmp_path, config.network, config.classes, config.members)
    own = probabilities(
        network.together(members),
        images,
        config.preprocess,
        size=32,
        test_shift=config.test_shift,
        context=mx.cpu(),
    )
    assert np.ptp(own, axis=0).max() > 0.005
    target = tmp_path / "lenet.onnx"
    export.export(tmp_path, target, Dataset(images, random_digits.labels), config)
    np.testing.assert_allclose(Recogniser(target).probabilities(images), own, rtol=0, atol=1e-5)


def test_the_exported_file_is_valid_plain_and_the_same_each_time(
    tmp_path: Path, random_digits: Dataset, capfd: pytest.CaptureFixture
) -> None:
    save_untrained(tmp_path)
    for name in ("one", "two"):
        export.export(tmp_path, tmp_path / name, random_digits, TANH)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()

    model = onnx.load(tmp_path / "one")
    onnx.checker.check_model(model, full_check=True)
    assert [value.name for value in model.graph.input] == ["images"]
    assert [value.name for value in model.graph.output] == ["probabilities", "novelty"]
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert '"margin": 0.35' in metadata["parameters"]
    assert '"pixel_range": [0, 2]' in metadata["parameters"]
    capfd.readouterr()
    onnxruntime.InferenceSession(tmp_path / "one")
    assert capfd.readouterr() == ("", "")


def test_other_files_are_refused(tmp_path: Path, random_digits: Dataset) -> None:
    save_untrained(tmp_path)
    symbol, weights = (tmp_path / name for name in (SYMBOL, PARAMS))
    symbol.rename(tmp_path / "swapped")
    weights.rename(symbol)
    (tmp_path / "swapped").rename(weights)
    with pytest.raises(InputError, match="not a model that MXNet can export"):
        export.export(tmp_path, tmp_path / "lenet.onnx", random_digits, TANH)
    assert not (tmp_path / "lenet.onnx").exists()


@pytest.mark.parametrize("factor", [0.99, float("nan")])
def test_a_network_that_disagrees_is_not_written_and_the_file_before_stays(
    tmp_path: Path, random_digits: Dataset, monkeypatch: pytest.MonkeyPatch, factor: float
) -> None:
    save_untrained(tmp_path)
    target = tmp_path / "lenet.onnx"
    target.write_bytes(b"before")
    files = sorted(tmp_path.iterdir())
    # MXNet sees paler images than the exported graph.
    monkeypatch.setattr(
        export,
        "probabilities",
        lambda lenet, images, *given, **settings: probabilities(
            lenet, images * factor, *given, **settings
        ),
    )
    with pytest.raises(InputError, match=r"not written. ONNX Runtime disagrees with MXNet"):
        export.export(tmp_path, target, random_digits, TANH)
    assert target.read_bytes() == b"before"
    assert sorted(tmp_path.iterdir()) == files
