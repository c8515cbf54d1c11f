from pathlib import Path

import numpy as np
import pytest

from lenet.core.errors import InputError
from lenet.model import network
from lenet.model._mxnet import context, mx
from lenet.model.network import LeNet

ROOT = Path(__file__).parents[1]


def parameters(image_size: int) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, value in LeNet(image_size=image_size, activation="relu").collect_params().items():
        layer = name.split("_")[1]
        counts[layer] = counts.get(layer, 0) + int(np.prod(value.shape))
    return counts


# DESIGN of LeNet-5 at 32 x 32: LeCun et al. 1998, section II.B, with C3 fully connected.
@pytest.mark.parametrize(
    ("image_size", "expected"),
    [
        (32, {"c1": 156, "c3": 2416, "c5": 48120, "f6": 10164, "o7": 850}),
        (16, {"c1": 156, "c3": 2416, "c5": 2040, "f6": 10164, "o7": 850}),
        (28, {"c1": 156, "c3": 2416, "c5": 30840, "f6": 10164, "o7": 850}),
        (20, {"c1": 156, "c3": 2416, "c5": 7800, "f6": 10164, "o7": 850}),
    ],
)
def test_parameters_per_layer(image_size: int, expected: dict[str, int]) -> None:
    assert parameters(image_size) == expected


@pytest.mark.parametrize(
    ("image_size", "expected"),
    [
        (32, [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120,), (84,), (10,)]),
        (16, [(6, 12, 12), (6, 6, 6), (16, 2, 2), (16, 1, 1), (120,), (84,), (10,)]),
    ],
)
def test_output_shape_per_layer(image_size: int, expected: list[tuple[int, ...]]) -> None:
    lenet = LeNet(image_size=image_size, activation="tanh")
    lenet.initialize(mx.init.One())
    data = mx.nd.random.uniform(shape=(3, 1, image_size, image_size))
    shapes = {}
    for layer in lenet.layers:
        data = layer(data)
        name = layer.prefix.removesuffix("_").rsplit("_", 1)[-1]
        # Behind the six maps of C1 and P2 come blank ones, for speed.
        own = 6 if name in ("c1", "p2") else data.shape[1]
        assert not data.asnumpy()[:, own:].any()
        shapes[name] = (own, *data.shape[2:])
    assert [shapes[name] for name in ("c1", "p2", "c3", "p4", "c5", "f6", "o7")] == expected


# Table I of LeCun et al. 1998, as it is printed: a row a map of S2, a column a map of C3.
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
    act = {
        "relu": lambda x: np.maximum(x, 0),
        "tanh": np.tanh,
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "scaled_tanh": lambda x: 1.7159 * np.tanh(2 * x / 3),
    }[activation]
    values = {
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
        windows = np.lib.stride_tricks.sliding_window_view(x, (5, 5), axis=(2, 3))
        out = np.einsum("nchwij,kcij->nkhw", windows, values[f"{layer}_weight"])
        return out + values[f"{layer}_bias"][:, None, None]

    def pool(x: np.ndarray, layer: str) -> np.ndarray:
        n, c, h, w = x.shape
        squares = x.reshape(n, c, h // 2, 2, w // 2, 2)
        if pooling == "max":
            return squares.max(axis=(3, 5))
        coefficient, bias = values[f"{layer}_coefficient"], values[f"{layer}_bias"]
        sums = squares.sum(axis=(3, 5))
        return act(sums * coefficient[:, None, None] + bias[:, None, None])

    def dense(x: np.ndarray, layer: str) -> np.ndarray:
        return x @ values[f"{layer}_weight"].T + values[f"{layer}_bias"]

    x = pool(act(convolve(images.astype(np.float64), "c1")), "p2")
    x = pool(act(convolve(x, "c3")), "p4")
    x = act(dense(x.reshape(len(x), -1), "c5"))
    return dense(act(dense(x, "f6")), "o7")


@pytest.mark.parametrize("image_size", [16, 32])
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "scaled_tanh"])
@pytest.mark.parametrize(
    ("c3", "pooling"), [("full", "max"), ("partial", "max"), ("full", "subsample")]
)
def test_scores_equal_those_of_plain_numpy(
    image_size: int, activation: str, c3: str, pooling: str
) -> None:
    lenet = LeNet(image_size=image_size, activation=activation, c3=c3, pooling=pooling)
    mx.random.seed(1)
    lenet.initialize(mx.init.Xavier(magnitude=10))
    for name, parameter in lenet.collect_params(".*bias").items():
        parameter.set_data(mx.nd.random.uniform(-1, 1, shape=parameter.shape))
        assert parameter.data().norm().asscalar() > 0, name
    images = np.random.default_rng(0).uniform(-1, 1, (4, 1, image_size, image_size))
    scores = lenet(mx.nd.array(images)).asnumpy()
    expected = reference(lenet, images, activation, c3, pooling)
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-5)


def test_a_saved_network_comes_back_to_the_bit(tmp_path: Path) -> None:
    lenet = LeNet(image_size=16, activation="relu")
    lenet.initialize(mx.init.Xavier())
    lenet.hybridize()
    images = mx.nd.random.uniform(shape=(5, 1, 16, 16))
    scores = lenet(images).asnumpy()
    symbol, weights = tmp_path / "lenet-symbol.json", tmp_path / "lenet-0000.params"
    network.save(lenet, symbol, weights)
    assert sorted(tmp_path.iterdir()) == [weights, symbol]
    np.testing.assert_array_equal(
        network.load(symbol, weights, context=mx.cpu())(images).asnumpy(), scores
    )

    whole = weights.read_bytes()
    for harmed in (whole[: len(whole) // 2], b"", b"text", symbol.read_bytes()):
        weights.write_bytes(harmed)
        with pytest.raises(InputError, match="not a model that MXNet can read"):
            network.load(symbol, weights, context=mx.cpu())


def test_a_committee_averages_its_members_probabilities(tmp_path: Path) -> None:
    members = [LeNet(image_size=16, activation="relu", name=f"lenet{n}") for n in range(3)]
    images = mx.nd.random.uniform(shape=(5, 1, 16, 16))
    votes = []
    for member in members:
        member.initialize(mx.init.Xavier(magnitude=30))
        votes.append(mx.nd.softmax(member(images)).asnumpy())
    assert len({vote.tobytes() for vote in votes}) == 3
    symbol, weights = tmp_path / "lenet-symbol.json", tmp_path / "lenet-0000.params"
    network.save(network.committee(members), symbol, weights)
    together = network.load(symbol, weights, context=mx.cpu())
    np.testing.assert_allclose(
        mx.nd.softmax(together(images)).asnumpy(), np.mean(votes, axis=0), atol=1e-6
    )
    assert network.committee(members[:1]) is members[0]


def test_other_files_are_no_model(tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.write_text("")
    with pytest.raises(InputError, match="none: no such model file"):
        network.load(tmp_path / "none", bad, context=mx.cpu())
    with pytest.raises(InputError, match="not a model that MXNet can read"):
        network.load(ROOT / "params.yaml", bad, context=mx.cpu())


def test_a_gpu_is_refused_where_there_is_none() -> None:
    assert context("cpu") == mx.cpu()
    # The locked MXNet is the CPU build.
    with pytest.raises(InputError, match="device: gpu needs an MXNet built with CUDA"):
        context("gpu")
