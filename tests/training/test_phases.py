import numpy as np
import pytest

from lenet.model._mxnet import mx
from lenet.model.network import LeNet
from lenet.training.phases import Phases, learning_form
from tests.settings import NETWORK


def outputs_and_gradients(
    form: mx.gluon.HybridBlock, data: mx.nd.NDArray, labels: mx.nd.NDArray
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    form.hybridize(static_alloc=True, static_shape=True)
    with mx.autograd.record():
        scores = form(data)
        loss = -mx.nd.pick(mx.nd.log_softmax(scores), labels).sum()
    loss.backward()
    parameters = form.collect_params().values()
    learned = [parameter for parameter in parameters if parameter.grad_req != "null"]
    return scores.asnumpy(), {one.name: one.grad().asnumpy() for one in learned}


@pytest.mark.parametrize(
    "kinds",
    [
        {},
        {"image_size": 20, "activation": "sigmoid"},
        {"image_size": 32, "activation": "scaled_tanh"},
    ],
)
def test_outputs_and_gradients_are_the_networks(kinds: dict) -> None:
    settings = NETWORK.changed(kinds)
    mx.random.seed(0)
    lenet = LeNet(settings, 10)
    lenet.initialize(mx.init.Xavier())
    generator = np.random.default_rng(0)
    data = mx.nd.array(generator.normal(size=(7, 1, settings.image_size, settings.image_size)))
    labels = mx.nd.array(generator.integers(0, 10, 7))
    form = Phases(lenet)
    assert list(form.collect_params()) == list(lenet.collect_params())
    scores, gradients = outputs_and_gradients(form, data, labels)
    plain_scores, plain_gradients = outputs_and_gradients(lenet, data, labels)
    np.testing.assert_allclose(scores, plain_scores, rtol=1e-5, atol=1e-5)
    for name, expected in plain_gradients.items():
        assert np.abs(expected).max() > 0
        np.testing.assert_allclose(gradients[name], expected, rtol=1e-3, atol=1e-4, err_msg=name)


@pytest.mark.parametrize(
    ("kinds", "form"),
    [({}, Phases), ({"c3": "partial"}, LeNet), ({"pooling": "subsample"}, LeNet)],
)
def test_only_the_default_kind_learns_in_another_form(kinds: dict, form: type) -> None:
    assert type(learning_form(LeNet(NETWORK.changed(kinds), 10))) is form
