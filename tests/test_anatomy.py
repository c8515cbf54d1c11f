from pathlib import Path

import numpy as np
import pytest
from scipy.signal import correlate2d

from lenet.core.errors import InputError
from lenet.model import feature_maps, network
from lenet.model._mxnet import mx

SETTINGS = {"image_size": 20, "activation": "relu"}


def saved(folder: Path, *, members: int = 1, **settings: str) -> list[network.LeNet]:
    """Save a network of random weights; return its members."""
    mx.random.seed(1)
    lenets = [network.LeNet(**SETTINGS, **settings, name=f"lenet{n}") for n in range(members)]
    for lenet in lenets:
        lenet.initialize(mx.init.Uniform(0.3))
        lenet.hybridize()
        lenet(mx.nd.zeros((1, 1, 20, 20)))
    network.save(network.committee(lenets), folder / "s.json", folder / "w.params")
    return lenets


def image() -> mx.nd.NDArray:
    return mx.nd.array(np.random.default_rng(0).random((1, 1, 20, 20), dtype=np.float32))


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize(
    "kinds", [{"c3": "full", "pooling": "max"}, {"c3": "partial", "pooling": "subsample"}]
)
def test_the_last_response_is_the_score_of_the_first_member(
    tmp_path: Path, members: int, kinds: dict[str, str]
) -> None:
    first = saved(tmp_path, members=members, **kinds)[0]
    lenet = feature_maps.load(tmp_path / "w.params", **SETTINGS, **kinds)
    found = feature_maps.responses(lenet, image())
    shapes = {name: response.shape for name, response in found.items()}
    assert shapes == {
        "C1": (6, 16, 16),
        "P2": (6, 8, 8),
        "C3": (16, 4, 4),
        "P4": (16, 2, 2),
        "C5": (120,),
        "F6": (84,),
        "O7": (10,),
    }
    assert np.allclose(found["O7"], first(image()).asnumpy()[0], atol=1e-5)


def test_c1_answers_to_its_filters(tmp_path: Path) -> None:
    saved(tmp_path)
    lenet = feature_maps.load(tmp_path / "w.params", **SETTINGS, c3="full", pooling="max")
    found = feature_maps.responses(lenet, image())
    bias = lenet.layers[0].bias.data().asnumpy()
    plain = image().asnumpy()[0, 0]
    for kernel, offset, response in zip(
        feature_maps.filters(lenet), bias, found["C1"], strict=True
    ):
        assert np.allclose(correlate2d(plain, kernel, mode="valid") + offset, response, atol=1e-5)
    # Pooling, then the activation.
    pooled = found["C1"].reshape(6, 8, 2, 8, 2).max(axis=(2, 4))
    assert np.allclose(found["P2"], np.maximum(pooled, 0), atol=1e-6)


def test_weights_that_are_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"w\.params: no such model file"):
        feature_maps.load(tmp_path / "w.params", **SETTINGS, c3="full", pooling="max")
    saved(tmp_path)
    whole = (tmp_path / "w.params").read_bytes()
    for broken in (whole[:1000], b"", whole.replace(b"c1_", b"c9_")):
        (tmp_path / "w.params").write_bytes(broken)
        with pytest.raises(InputError, match=r"w\.params: not a model that MXNet can read"):
            feature_maps.load(tmp_path / "w.params", **SETTINGS, c3="full", pooling="max")
