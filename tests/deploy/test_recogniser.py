import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from lenet.core.errors import InputError
from lenet.deploy.recogniser import Recogniser


def model(body: str, *, inputs: str = "float[n, 4, 4] images", outputs: str) -> bytes:
    """Return a model of one node, as ONNX writes models as text."""
    text = f'<ir_version: 8, opset_import: ["": 16]> g ({inputs}) => ({outputs}) {{{body}}}'
    built = onnx.parser.parse_model(text)
    said = {"raw": {"class_names": []}, "frame": {"size": 1.0, "by_mass": False}}
    onnx.helper.set_model_props(built, {"parameters": json.dumps(said)})
    return built.SerializeToString()


# A model that gives the softmax of the first ten pixels.
FIRST_TEN = (
    "p = Flatten(images) start = Constant<value = int64[1] {0}>() "
    "end = Constant<value = int64[1] {10}>() axis = Constant<value = int64[1] {1}>() "
    "ten = Slice(p, start, end, axis) probabilities = Softmax(ten) "
    "novelty = ReduceMean<axes = [1, 2], keepdims = 0>(images)"
)
DECLARED = "float[n, 10] probabilities, float[n] novelty"


def test_many_images_are_answered_in_order() -> None:
    recogniser = Recogniser(Path("m"), model(FIRST_TEN, outputs=DECLARED))
    assert (recogniser.side, recogniser.classes) == (4, 10)
    images = np.random.default_rng(0).random((600, 4, 4), dtype=np.float32)
    found = recogniser.probabilities(images)
    powers = np.exp(images.reshape(600, 16)[:, :10])
    np.testing.assert_allclose(found, powers / powers.sum(axis=1, keepdims=True), rtol=1e-5)
    np.testing.assert_allclose(recogniser.novelty(images), images.mean(axis=(1, 2)), rtol=1e-5)


def test_files_that_are_no_such_model_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none: no network .* No such file or directory"):
        Recogniser(tmp_path / "none")
    for other in (
        b"seed: 0",
        model("y = Abs(x)", inputs="float[n] x", outputs="float[n] y"),
        model(FIRST_TEN, inputs="float[n, side, side] images", outputs=DECLARED),
    ):
        with pytest.raises(InputError, match="m: no network that this project exported"):
            Recogniser(Path("m"), other)
