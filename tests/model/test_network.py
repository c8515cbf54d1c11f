from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import correlate2d

from lenet.core.errors import InputError
from lenet.model import network
from lenet.model._mxnet import context, mx
from lenet.model.network import PARAMS, SYMBOL, LeNet
from tests.settings import ACTIVATIONS, NETWORK


@pytest.mark.parametrize(
    ("image_size", "shapes"),
    [
        (32, [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120,), (84,), (10,)]),
        (16, [(6, 12, 12), (6, 6, 6), (16, 2, 2), (16, 1, 1), (120,), (84,), (10,)]),
    ],
)
def test_output_shape_per_layer(image_size: int, shapes: list[tuple[int, ...]]) -> None:
    lenet = LeNet(NETWORK.changed({"image_size": image_size}), 10)
    lenet.initialize(mx.init.One())
    outputs = lenet.outputs(mx.nd.random.uniform(shape=(3, 1, image_size, image_size)))
    assert [*outputs] == ["C1", "P2", "C3", "P4", "C5", "F6", "O7"]
    assert [output.shape[1:] for output in outputs.values()] == shapes


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
        coefficient, bias = values[f"{layer}_coefficient"], values[f"{layer}_bias"]
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


def test_a_saved_network_comes_back_to_the_bit(tmp_path: Path) -> None:
    lenet = LeNet(NETWORK, 10)
    lenet.initialize(mx.init.Xavier())
    lenet.hybridize()
    images = mx.nd.random.uniform(shape=(5, 1, 16, 16))
    scores = lenet(images).asnumpy()
    network.save([lenet], tmp_path)
    symbol, weights = tmp_path / SYMBOL, tmp_path / PARAMS
    assert sorted(tmp_path.iterdir()) == [weights, symbol]
    loaded = network.load(tmp_path, context=mx.cpu())
    np.testing.assert_array_equal(loaded(images).asnumpy(), scores)

    whole = weights.read_bytes()
    for harmed in (whole[: len(whole) // 2], b"", b"text", symbol.read_bytes()):
        weights.write_bytes(harmed)
        with pytest.raises(InputError, match="not a model that MXNet can read"):
            network.load(tmp_path, context=mx.cpu())


def test_a_committee_averages_its_members_probabilities(tmp_path: Path) -> None:
    members = [LeNet(NETWORK, 10, name=f"lenet{n}") for n in range(3)]
    images = mx.nd.random.uniform(shape=(5, 1, 16, 16))
    votes = []
    for member in members:
        member.initialize(mx.init.Xavier(magnitude=30))
        member.hybridize()
        votes.append(mx.nd.softmax(member(images)).asnumpy())
    assert len({vote.tobytes() for vote in votes}) == 3
    # A single member is saved as it is.
    network.save(members[:1], tmp_path / "one")
    alone = network.load(tmp_path / "one", context=mx.cpu())
    np.testing.assert_array_equal(mx.nd.softmax(alone(images)).asnumpy(), votes[0])
    network.save(members, tmp_path / "three")
    together = network.load(tmp_path / "three", context=mx.cpu())
    np.testing.assert_allclose(
        mx.nd.softmax(together(images)).asnumpy(), np.mean(votes, axis=0), atol=1e-6
    )


def test_other_files_are_no_model(tmp_path: Path) -> None:
    (tmp_path / PARAMS).write_text("")
    with pytest.raises(InputError, match="lenet-symbol.json: no such model file"):
        network.load(tmp_path, context=mx.cpu())
    (tmp_path / SYMBOL).write_text("seed: 0\n")
    with pytest.raises(InputError, match="not a model that MXNet can read"):
        network.load(tmp_path, context=mx.cpu())


SMALL = NETWORK.changed({"image_size": 20})


def saved(folder: Path, *, members: int = 1, **kinds: str) -> list[LeNet]:
    """Save a network of random weights; return its members."""
    mx.random.seed(1)
    lenets = [LeNet(SMALL.changed(kinds), 10, name=f"lenet{n}") for n in range(members)]
    for lenet in lenets:
        lenet.initialize(mx.init.Uniform(0.3))
        lenet.hybridize()
        lenet(mx.nd.zeros((1, 1, 20, 20)))
    network.save(lenets, folder)
    return lenets


def image() -> mx.nd.NDArray:
    return mx.nd.array(np.random.default_rng(0).random((1, 1, 20, 20), dtype=np.float32))


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize(
    "kinds", [{"c3": "full", "pooling": "max"}, {"c3": "partial", "pooling": "subsample"}]
)
def test_the_last_output_is_the_score_of_the_first_member(
    tmp_path: Path, members: int, kinds: dict[str, str]
) -> None:
    first = saved(tmp_path, members=members, **kinds)[0]
    lenet = network.load_first_member(tmp_path, SMALL.changed(kinds), 10)
    found = lenet.outputs(image())
    assert {name: output.shape for name, output in found.items()} == {
        "C1": (1, 6, 16, 16),
        "P2": (1, 6, 8, 8),
        "C3": (1, 16, 4, 4),
        "P4": (1, 16, 2, 2),
        "C5": (1, 120),
        "F6": (1, 84),
        "O7": (1, 10),
    }
    np.testing.assert_allclose(found["O7"].asnumpy(), first(image()).asnumpy(), atol=1e-5)


def test_outputs_of_many_images_are_those_of_each_by_itself() -> None:
    lenet = LeNet(SMALL, 10)
    lenet.initialize(mx.init.Uniform(0.3))
    images = mx.nd.random.uniform(shape=(40, 1, 20, 20))
    together = lenet.outputs(images)
    for number in (0, 39):
        alone = lenet.outputs(images[number : number + 1])
        for name, output in alone.items():
            found = together[name].asnumpy()[number]
            np.testing.assert_allclose(found, output.asnumpy()[0], atol=1e-5)


def test_c1_answers_to_its_kernels(tmp_path: Path) -> None:
    saved(tmp_path)
    lenet = network.load_first_member(tmp_path, SMALL, 10)
    found = {name: output.asnumpy()[0] for name, output in lenet.outputs(image()).items()}
    bias = lenet.c1.bias.data().asnumpy()
    plain = image().asnumpy()[0, 0]
    for kernel, offset, feature_map in zip(lenet.kernels(), bias, found["C1"], strict=True):
        expected = correlate2d(plain, kernel, mode="valid") + offset
        np.testing.assert_allclose(feature_map, expected, atol=1e-5)
    # Pooling precedes the activation.
    pooled = found["C1"].reshape(6, 8, 2, 8, 2).max(axis=(2, 4))
    np.testing.assert_allclose(found["P2"], np.maximum(pooled, 0), atol=1e-6)


def test_weights_that_are_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lenet-0000\.params: no such model file"):
        network.load_first_member(tmp_path, SMALL, 10)
    saved(tmp_path)
    whole = (tmp_path / PARAMS).read_bytes()
    for broken in (whole[:1000], b"", whole.replace(b"c1_", b"c9_")):
        (tmp_path / PARAMS).write_bytes(broken)
        with pytest.raises(
            InputError, match=r"lenet-0000\.params: not a model that MXNet can read"
        ):
            network.load_first_member(tmp_path, SMALL, 10)


def test_a_gpu_is_refused_where_there_is_none() -> None:
    assert context("cpu") == mx.cpu()
    # The locked MXNet is the CPU build.
    with pytest.raises(InputError, match="device: gpu needs an MXNet built with CUDA"):
        context("gpu")
