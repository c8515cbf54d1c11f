from pathlib import Path

import numpy as np
import onnx
import pytest

from lenet.core.errors import InputError
from lenet.deploy.recogniser import Recogniser


def model(body: str, *, inputs: str = "float[n, 4, 4] images", outputs: str) -> bytes:
    """Return a model of one node, as ONNX writes models as text."""
    text = f'<ir_version: 8, opset_import: ["": 16]> g ({inputs}) => ({outputs}) {{{body}}}'
    return onnx.parser.parse_model(text).SerializeToString()


MEANS = "novelty = ReduceMean<axes = [1, 2], keepdims = 0>(images)"
# Models that give the softmax of the first ten pixels, and all pixels with their number hidden.
FIRST_TEN = (
    "p = Flatten(images) start = Constant<value = int64[1] {0}>() "
    "end = Constant<value = int64[1] {10}>() axis = Constant<value = int64[1] {1}>() "
    "ten = Slice(p, start, end, axis) probabilities = Softmax(ten) " + MEANS
)
ALL_PIXELS = (
    "p = Flatten(images) ones = Constant<value = int64[16] {1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1}>() "
    "all = Cast<to = 9>(ones) probabilities = Compress<axis = 1>(p, all) " + MEANS
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
    with pytest.raises(InputError, match="none: no such model file"):
        Recogniser(tmp_path / "none")
    for other in (
        b"seed: 0",
        model("y = Abs(x)", inputs="float[n] x", outputs="float[n] y"),
        model(FIRST_TEN, inputs="float[n, side, side] images", outputs=DECLARED),
    ):
        with pytest.raises(InputError, match="m: not a model that this project exported"):
            Recogniser(Path("m"), other)


def test_a_model_that_does_not_give_what_it_declares_is_refused() -> None:
    images = np.full((3, 4, 4), 0.5, np.float32)
    with pytest.raises(InputError, match=r"float32 \(3, 16\) as probab.*float32 \(3, 10\)"):
        Recogniser(Path("m"), model(ALL_PIXELS, outputs=DECLARED)).probabilities(images)
    wide = FIRST_TEN.partition("novelty")[0] + "novelty = Flatten(ten)"
    recogniser = Recogniser(Path("m"), model(wide, outputs=DECLARED))
    assert recogniser.probabilities(images).shape == (3, 10)
    with pytest.raises(InputError, match=r"float32 \(3, 10\) as novelty; expected float32 \(3,\)"):
        recogniser.novelty(images)
    pixels = FIRST_TEN.replace("Softmax", "Identity")
    with pytest.raises(InputError, match=r"gives values from 0.5 to 0.5; expected probabilities"):
        Recogniser(Path("m"), model(pixels, outputs=DECLARED)).probabilities(images)
