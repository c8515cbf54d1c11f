import numpy as np
import pytest

from lenet.model._mxnet import mx
from lenet.model.network import LeNet
from lenet.training import phases
from lenet.training.phases import Phases, learning_form
from tests.settings import NETWORK


def outputs_and_gradients(
    network: mx.gluon.HybridBlock, data: mx.nd.NDArray, labels: mx.nd.NDArray
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    network.hybridize(static_alloc=True, static_shape=True)
    with mx.autograd.record():
        scores = network(data)
        loss = -mx.nd.pick(mx.nd.log_softmax(scores), labels).sum()
    loss.backward()
    parameters = network.collect_params().values()
    learned = [parameter for parameter in parameters if parameter.grad_req != "null"]
    return scores.asnumpy(), {one.name: one.grad().asnumpy() for one in learned}


@pytest.mark.parametrize(
    "kinds",
    [
        {},
        {"image_size": 20, "activation": "sigmoid"},
        {"image_size": 32, "activation": "scaled_tanh", "classes": 26},
    ],
)
def test_outputs_and_gradients_are_the_networks(kinds: dict) -> None:
    settings = NETWORK.changed(**kinds)
    mx.random.seed(0)
    lenet = LeNet(settings)
    lenet.initialize(mx.init.Xavier())
    generator = np.random.default_rng(0)
    data = mx.nd.array(generator.normal(size=(7, 1, settings.image_size, settings.image_size)))
    labels = mx.nd.array(generator.integers(0, settings.classes, 7))
    form = learning_form(lenet)
    assert isinstance(form, Phases)
    assert list(form.collect_params()) == list(lenet.collect_params())
    scores, gradients = outputs_and_gradients(form, data, labels)
    plain_scores, plain_gradients = outputs_and_gradients(lenet, data, labels)
    np.testing.assert_allclose(scores, plain_scores, rtol=1e-5, atol=1e-5)
    for name, expected in plain_gradients.items():
        assert np.abs(expected).max() > 0
        np.testing.assert_allclose(gradients[name], expected, rtol=1e-3, atol=1e-4, err_msg=name)


def test_maps_fill_the_wider_registers_of_other_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    mx.random.seed(0)
    lenet = LeNet(NETWORK)
    lenet.initialize(mx.init.Xavier())
    data, labels = mx.nd.random.normal(shape=(5, 1, 16, 16)), mx.nd.array([3, 1, 4, 1, 5])
    _, expected = outputs_and_gradients(Phases(lenet), data, labels)
    # AVX-512 takes 8 maps of each phase.
    monkeypatch.setattr(phases, "_MAPS", 8)
    _, gradients = outputs_and_gradients(Phases(lenet), data, labels)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, expected[name], rtol=1e-3, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("kinds", [{"c3": "partial"}, {"pooling": "subsample"}])
def test_other_kinds_of_network_learn_too(kinds: dict) -> None:
    lenet = LeNet(NETWORK.changed(**kinds))
    assert isinstance(learning_form(lenet), Phases) == ("pooling" not in kinds)
    lenet.initialize(mx.init.Xavier())
    data, labels = mx.nd.random.normal(shape=(5, 1, 16, 16)), mx.nd.array([3, 1, 4, 1, 5])
    form = learning_form(lenet)
    before = outputs_and_gradients(lenet, data, labels)[0]
    trainer = mx.gluon.Trainer(lenet.collect_params(), "sgd", {"learning_rate": 0.1}, kvstore=None)
    form.hybridize()
    with mx.autograd.record():
        loss = -mx.nd.pick(mx.nd.log_softmax(form(data)), labels).sum()
    loss.backward()
    trainer.step(5)
    after = outputs_and_gradients(lenet, data, labels)[0]
    assert np.abs(after - before).max() > 1e-3
