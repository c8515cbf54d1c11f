from pathlib import Path

import numpy as np
import onnx
import pytest
from spox import Tensor, argument, build

from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.deploy import export
from lenet.deploy._onnxruntime import onnxruntime
from lenet.deploy.graph import Traced
from lenet.deploy.recogniser import Recogniser
from lenet.model import network
from lenet.model._mxnet import mx
from lenet.model.deformation import Deformation
from lenet.model.network import PARAMS, SYMBOL
from lenet.model.prediction import probabilities
from lenet.model.preprocess import Preprocess, shifts
from lenet.model.sampling import network_input
from tests.deploy.untrained import TANH, save_untrained
from tests.settings import ACTIVATIONS, DEFAULT, DEFAULT_PREPROCESS


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
        ({"input_range": (0, 2), "margin": 1}, 5, 20),
    ],
    ids=str,
)
def test_the_exported_view_is_that_of_mxnet(
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
    seen = export._network_input(given, preprocess, side=side, size=size, positions=positions)
    model = build({"images": given}, {"preprocess": seen}).SerializeToString()
    (found,) = onnxruntime.InferenceSession(model).run(None, {"images": images})
    found = found.reshape(len(images), len(positions), 1, size, size)
    background, full = preprocess.input_range
    for number, shift in enumerate(positions):
        shifted = Deformation.identity(len(images), shift)
        expected = network_input(images, shifted, preprocess, size=size, context=mx.cpu()).asnumpy()
        # The difference is a share of full ink. Images of noise are the hardest to agree on.
        difference = np.abs(found[:, number] - expected).max() / (full - background)
        assert difference < 1e-5


@pytest.mark.parametrize(
    "changes",
    [
        {},
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
    members = network.new_members(config.network, config.classes, config.members)
    network.load(tmp_path, members)
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
    digits = Dataset(images, random_digits.labels)
    export.export(tmp_path, target, digits, config, settings={})
    recogniser = Recogniser(target)
    assert recogniser.side == 16
    np.testing.assert_allclose(recogniser.probabilities(images), own, rtol=0, atol=1e-5)


def test_the_exported_file_is_valid_plain_and_the_same_each_time(
    tmp_path: Path, random_digits: Dataset, capfd: pytest.CaptureFixture
) -> None:
    save_untrained(tmp_path)
    for name in ("one", "two"):
        export_default(tmp_path, tmp_path / name, random_digits)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()

    model = onnx.load(tmp_path / "one")
    onnx.checker.check_model(model, full_check=True)
    assert [value.name for value in model.graph.input] == ["images"]
    assert [value.name for value in model.graph.output] == ["probabilities", "novelty"]
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert set(metadata) == {"input", "output", "novelty", "preprocessing", "parameters"}
    assert '"margin": 0.35' in metadata["parameters"]
    capfd.readouterr()
    onnxruntime.InferenceSession(tmp_path / "one")
    assert capfd.readouterr() == ("", "")


def export_default(models: Path, target: Path, digits: Dataset) -> None:
    settings = DEFAULT.model_dump(include={"preprocess"})
    export.export(models, target, digits, TANH, settings=settings)


def test_other_files_are_refused(tmp_path: Path, random_digits: Dataset) -> None:
    save_untrained(tmp_path)
    symbol, weights = (tmp_path / name for name in (SYMBOL, PARAMS))
    symbol.rename(tmp_path / "swapped")
    weights.rename(symbol)
    (tmp_path / "swapped").rename(weights)
    with pytest.raises(InputError, match="not a model that MXNet can export"):
        export_default(tmp_path, tmp_path / "lenet.onnx", random_digits)
    assert not (tmp_path / "lenet.onnx").exists()


def test_the_images_compared_are_of_all_classes() -> None:
    labels = np.repeat([0, 2, 1], [5000, 3, 900])
    chosen = labels[export._of_all_classes(labels)]
    assert np.bincount(chosen).tolist() == [499, 498, 3]
    assert sorted(export._of_all_classes(labels[:20])) == list(range(20))


def test_networks_agree_within_the_tolerance_and_with_the_same_classes() -> None:
    trained = np.full((4, 10), 0.05, np.float32)
    trained[:, 3] = 0.55
    path = Path("models/lenet.onnx")
    export.check_agreement(trained, trained + np.float32(0.9 * export.AGREEMENT), path)
    far = trained.copy()
    far[2, 3] += 2 * export.AGREEMENT
    with pytest.raises(InputError, match=r"lenet\.onnx: not written.*of 4 .* 0 get another class"):
        export.check_agreement(trained, far, path)
    far[2, 3] = np.nan
    with pytest.raises(InputError, match="differ by up to nan"):
        export.check_agreement(trained, far, path)
    # These probabilities are close enough, and the digits differ.
    trained[1, 7] = trained[1, 3] - np.float32(1e-6)
    other = trained.copy()
    other[1, 7] += np.float32(2e-6)
    with pytest.raises(InputError, match="of 4 training images 1 get another class"):
        export.check_agreement(trained, other, path)
    trained[0] = np.nan
    with pytest.raises(InputError, match="its training diverged"):
        export.check_agreement(trained, trained, path)


def test_a_network_that_disagrees_is_not_written_and_the_file_before_stays(
    tmp_path: Path, random_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_untrained(tmp_path)
    target = tmp_path / "lenet.onnx"
    target.write_bytes(b"before")
    files = sorted(tmp_path.iterdir())
    # The exported graph sees paler images than MXNet.
    seen = export._network_input
    monkeypatch.setattr(
        export,
        "_network_input",
        lambda *given, **settings: (Traced(seen(*given, **settings), np.float32) * 0.9).var,
    )
    with pytest.raises(InputError, match=r"not written. ONNX Runtime disagrees with MXNet"):
        export_default(tmp_path, target, random_digits)
    assert target.read_bytes() == b"before"
    assert sorted(tmp_path.iterdir()) == files
