from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lenet.core.errors import InputError
from lenet.model import network
from lenet.model._mxnet import context, mx
from lenet.model.architecture import Network
from lenet.model.network import PARAMS, SYMBOL, LeNet
from tests.settings import ACTIVATIONS, NETWORK


# LeCun et al. 1998, section II.B.
@pytest.mark.parametrize(
    ("kinds", "learned"),
    [
        ({}, [156, 0, 2416, 0, 48120, 10164, 850]),
        ({"c3": "partial", "pooling": "subsample"}, [156, 12, 1516, 32, 48120, 10164, 850]),
    ],
    ids=["default", "of 1998"],
)
def test_the_layers_are_those_of_the_paper(kinds: dict[str, str], learned: list[int]) -> None:
    settings = NETWORK.changed({"image_size": 32, **kinds})
    layers = settings.layers(10)
    assert [layer.name for layer in layers] == ["C1", "P2", "C3", "P4", "C5", "F6", "O7"]
    assert [layer.parameters for layer in layers] == learned
    shapes = [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120,), (84,), (10,)]
    assert [layer.output for layer in layers] == shapes
    # The network itself asserts that it has so many parameters, and such outputs.
    lenet = LeNet(settings, 10)
    lenet.initialize(mx.init.One())
    outputs = lenet.outputs(mx.nd.random.uniform(shape=(3, 1, 32, 32)))
    assert [output.shape for output in outputs.values()] == [(3, *shape) for shape in shapes]
    assert settings.table(10)[-1]["parameters"] == f"{sum(learned):,}"


# Table I of LeCun et al. 1998: a row for each map of S2, a column for each map of C3.
TABLE_I = """
X . . . X X X . . X X X X . X X
X X . . . X X X . . X X X X . X
X X X . . . X X X . . X . X X X
. X X X . . X X X X . . X . X X
. . X X X . . X X X X . X X . X
. . . X X X . . X X X X . X X X
"""


def reference(
    lenet: LeNet, images: np.ndarray, activation: str, c3: str = "full", pooling: str = "max"
) -> np.ndarray:
    """LeNet-5 in plain NumPy, activation before pooling as in the paper."""
    activations: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "relu": lambda x: np.maximum(x, 0),
        "tanh": np.tanh,
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "scaled_tanh": lambda x: 1.7159 * np.tanh(2 * x / 3),
    }
    act = activations[activation]
    values: dict[str, np.ndarray] = {
        name.removeprefix("lenet_"): parameter.data().asnumpy().astype(np.float64)
        for name, parameter in lenet.collect_params().items()
    }

    if c3 == "partial":
        joined = np.array([line.split() for line in TABLE_I.split("\n") if line]).T == "X"
        kernels = iter(values["c3_weight"])
        blank = np.zeros((5, 5))
        values["c3_weight"] = np.array([[next(kernels) if j else blank for j in r] for r in joined])
        assert next(kernels, None) is None

    def convolve(x: np.ndarray, layer: str) -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(x, (1, 1, 5, 5))[..., 0, 0, :, :]
        out = np.einsum("nchwij,kcij->nkhw", windows, values[f"{layer}_weight"])
        return out + values[f"{layer}_bias"][:, None, None]

    def pool(x: np.ndarray, layer: str) -> np.ndarray:
        n, c, h, w = x.shape
        squares = x.reshape(n, c, h // 2, 2, w // 2, 2)
        if pooling == "max":
            return squares.max(axis=(3, 5))
        coefficient, bias = (values[f"{layer}_{name}"].ravel() for name in ("coefficient", "bias"))
        sums = squares.sum(axis=(3, 5))
        return act(sums * coefficient[:, None, None] + bias[:, None, None])

    def dense(x: np.ndarray, layer: str) -> np.ndarray:
        return x @ values[f"{layer}_weight"].T + values[f"{layer}_bias"]

    x = pool(act(convolve(images.astype(np.float64), "c1")), "p2")
    x = pool(act(convolve(x, "c3")), "p4")
    x = act(dense(x.reshape(len(x), -1), "c5"))
    return dense(act(dense(x, "f6")), "o7")


def test_one_process_makes_many_networks_without_a_warning() -> None:
    """Gluon's own constants warn after some tens of networks, at the address of an earlier one."""
    for _ in range(200):
        LeNet(NETWORK.changed({"c3": "partial"}), 10)


@pytest.mark.parametrize("image_size", [16, 32])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(
    ("c3", "pooling"), [("full", "max"), ("partial", "max"), ("full", "subsample")]
)
def test_scores_equal_those_of_plain_numpy(
    image_size: int, activation: str, c3: str, pooling: str
) -> None:
    kinds = {"activation": activation, "c3": c3, "pooling": pooling}
    lenet = LeNet(NETWORK.changed({"image_size": image_size, **kinds}), 10)
    mx.random.seed(1)
    lenet.initialize(mx.init.Xavier(magnitude=10))
    for name, parameter in lenet.collect_params(".*bias").items():
        parameter.set_data(mx.nd.random.uniform(-1, 1, shape=parameter.shape))
        assert parameter.data().norm().asscalar() > 0, name
    images = np.random.default_rng(0).uniform(-1, 1, (4, 1, image_size, image_size))
    scores = lenet(mx.nd.array(images)).asnumpy()
    expected = reference(lenet, images, activation, c3, pooling)
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-5)


SMALL = NETWORK.changed({"image_size": 20})


def saved(folder: Path, settings: Network = SMALL, members: int = 1) -> list[LeNet]:
    """Save networks of random weights; return them."""
    mx.random.seed(1)
    networks = network.new_members(settings, 10, members)
    for lenet in networks:
        lenet.initialize(mx.init.Uniform(0.3))
    network.save(networks, folder)
    return networks


def scores(lenet: mx.gluon.HybridBlock) -> np.ndarray:
    image = np.random.default_rng(0).random((1, 1, 20, 20), dtype=np.float32)
    return lenet(mx.nd.array(image)).asnumpy()


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("kinds", [{}, {"c3": "partial", "pooling": "subsample"}], ids=str)
def test_saved_networks_come_back_by_layers_and_as_one(
    tmp_path: Path, members: int, kinds: dict[str, str]
) -> None:
    settings = SMALL.changed(kinds)
    own = saved(tmp_path, settings, members)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted((SYMBOL, PARAMS))
    loaded = network.load(tmp_path, settings, 10, members)
    for before, after in zip(own, loaded, strict=True):
        np.testing.assert_allclose(scores(after), scores(before), atol=1e-6)
    # The symbol holds all members; their probabilities are averaged.
    symbol = mx.gluon.SymbolBlock.imports(str(tmp_path / SYMBOL), ["data"])
    symbol.collect_params().load(str(tmp_path / PARAMS))
    votes = [mx.nd.softmax(mx.nd.array(scores(member))).asnumpy() for member in own]
    given = mx.nd.softmax(mx.nd.array(scores(symbol))).asnumpy()
    np.testing.assert_allclose(given, np.mean(votes, axis=0), atol=1e-6)
    together = mx.nd.softmax(mx.nd.array(scores(network.together(loaded)))).asnumpy()
    np.testing.assert_allclose(together, given, atol=1e-6)


def test_other_files_are_no_model(tmp_path: Path) -> None:
    saved(tmp_path)
    path = tmp_path / PARAMS
    whole = path.read_bytes()
    for harmed in (whole[: len(whole) // 2], b"", b"text", whole.replace(b"c1_", b"c9_"), None):
        path.unlink()
        if harmed is not None:
            path.write_bytes(harmed)
        with pytest.raises(InputError, match=r"0000\.params: not a model that MXNet can read"):
            network.load(tmp_path, SMALL, 10, 1)


def test_a_gpu_is_refused_where_there_is_none() -> None:
    # The locked MXNet is the CPU build.
    with pytest.raises(InputError, match="device: gpu, but MXNet sees none; expected a GPU"):
        context("gpu")
