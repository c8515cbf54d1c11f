import numpy as np

from lenet.model._mxnet import mx
from lenet.model.network import LeNet
from lenet.model.units import dead_units
from tests.settings import NETWORK


def test_units_that_never_change_are_counted() -> None:
    lenet = LeNet(NETWORK, 10)
    mx.random.seed(0)
    lenet.initialize(mx.init.Xavier(magnitude=8))
    data = mx.nd.array(np.random.default_rng(0).normal(size=(50, 1, 16, 16)))
    alive = dead_units(lenet, data)
    assert alive < 0.4
    # A bias far below 0 keeps a unit of F6 at 0: 84 of 204 units.
    bias = next(p for name, p in lenet.collect_params().items() if name.endswith("f6_bias"))
    bias.set_data(mx.nd.full(84, -1000))
    assert dead_units(lenet, data) >= 84 / 204
    assert dead_units(lenet, mx.nd.zeros((5, 1, 16, 16))) == 1
