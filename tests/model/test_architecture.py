import pytest

from lenet.model.network import LeNet
from tests.settings import NETWORK

FULL = NETWORK.changed({"image_size": 32})
OF_1998 = FULL.changed({"c3": "partial", "pooling": "subsample"})


@pytest.mark.parametrize("pooling", ["max", "subsample"])
@pytest.mark.parametrize("c3", ["full", "partial"])
@pytest.mark.parametrize("image_size", [16, 24, 32])
def test_parameters_are_those_that_gluon_counts(image_size: int, c3: str, pooling: str) -> None:
    counted = dict.fromkeys(("C1", "P2", "C3", "P4", "C5", "F6", "O7"), 0)
    network = NETWORK.changed({"image_size": image_size, "c3": c3, "pooling": pooling})
    for name, parameter in LeNet(network, 10).collect_params().items():
        if parameter.grad_req != "null":
            size = 1
            for length in parameter.shape:
                size *= length
            counted[name.split("_")[1].upper()] += size
    assert {layer.name: layer.parameters for layer in network.layers(10)} == counted


# LeCun et al. 1998, section II.B. The paper states all connections but those of F6 and O7.
def test_the_network_of_1998_is_that_of_the_paper() -> None:
    layers = {layer.name: layer for layer in OF_1998.layers(10)}
    parameters = {name: layer.parameters for name, layer in layers.items()}
    assert parameters == {
        "C1": 156,
        "P2": 12,
        "C3": 1516,
        "P4": 32,
        "C5": 48120,
        "F6": 10164,
        "O7": 850,
    }
    connections = {name: layer.connections for name, layer in layers.items()}
    assert connections == {
        "C1": 122304,
        "P2": 5880,
        "C3": 151600,
        "P4": 2000,
        "C5": 48120,
        "F6": 10164,
        "O7": 850,
    }


def test_the_arithmetic_is_right() -> None:
    for network in (FULL, OF_1998, NETWORK):
        for layer in network.layers(10):
            # "16 x 6 x 5 x 5 + 16" is Python, except for the sign of multiplication.
            assert eval(layer.arithmetic.replace("x", "*") or "0") == layer.parameters  # noqa: S307
