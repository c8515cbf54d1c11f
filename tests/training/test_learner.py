from typing import Any

import numpy as np
import pytest

from lenet.core.npz import Dataset
from lenet.model._mxnet import mx
from lenet.model.network import LeNet
from lenet.training.batches import Batch
from lenet.training.learner import _optimizer
from tests.settings import SMALL
from tests.training import small
from tests.training.small import learner, trained

# Hardly a step: the network stays as it was initialised.
START = {"epochs": 1, "lr": 1e-9, "batch_size": 5}


@pytest.fixture(scope="module")
def five() -> Dataset:
    return small.real_digits()[np.arange(5)]


def gradients(lenet: LeNet, digits: Dataset) -> dict[str, mx.nd.NDArray]:
    """Return the gradients of the mean loss, by another way than training takes."""
    data = mx.nd.array(digits.images[:, None] * 2 - 1)
    with mx.autograd.record():
        loss = -mx.nd.pick(mx.nd.log_softmax(lenet(data)), mx.nd.array(digits.labels)).mean()
    loss.backward()
    parameters = lenet.collect_params().items()
    return {name: one.grad() for name, one in parameters if one.grad_req != "null"}


def values(lenet: LeNet) -> dict[str, np.ndarray]:
    return {name: one.data().asnumpy() for name, one in lenet.collect_params().items()}


@pytest.mark.parametrize(
    "network",
    [
        {"network.activation": "tanh"},
        {"network.c3": "partial"},
        {"network.pooling": "subsample", "network.activation": "scaled_tanh"},
    ],
    ids=str,
)
def test_steps_follow_the_gradients_of_the_mean_loss(five: Dataset, network: dict) -> None:
    plain: dict[str, Any] = network | START | {"momentum": 0}
    start, _ = trained(five, plain)
    once, _ = trained(five, plain | {"lr": 0.1})
    twice, _ = trained(five, plain | {"lr": 0.1, "epochs": 2})
    before, after, last = values(start), values(once), values(twice)
    first, second = gradients(start, five), gradients(once, five)
    for name, gradient in first.items():
        expected = before[name] - 0.1 * gradient.asnumpy()
        np.testing.assert_allclose(after[name], expected, atol=1e-5)
        expected = after[name] - 0.1 * second[name].asnumpy()
        np.testing.assert_allclose(last[name], expected, atol=1e-5)


def test_weight_decay_shrinks_the_weights(five: Dataset) -> None:
    rate = START | {"lr": 0.1, "momentum": 0}
    start, plain = values(trained(five, START)[0]), values(trained(five, rate)[0])
    decayed = values(trained(five, rate | {"weight_decay": 0.5})[0])
    for name, before in start.items():
        np.testing.assert_allclose(plain[name] - decayed[name], 0.1 * 0.5 * before, atol=1e-6)


def test_the_rate_falls_along_a_cosine_or_stays() -> None:
    def rates(schedule: str) -> list[float]:
        optimizer = _optimizer(SMALL.changed({"lr": 0.1, "lr_schedule": schedule}), steps=100)
        rates = []
        for update in (0, 50, 99, 100):
            optimizer.num_update = update
            rates.append(optimizer.learning_rate)
        return rates

    cosine = 0.1 * (1 + np.cos(np.pi * np.array([0, 0.5, 0.99, 1]))) / 2
    assert rates("cosine") == pytest.approx(cosine.tolist(), abs=1e-9)
    assert rates("constant") == [0.1] * 4


def test_momentum_is_nesterovs(five: Dataset) -> None:
    rate, momentum = 0.1, 0.8
    learning = learner(SMALL.changed({"lr": rate, "momentum": momentum}))
    batch = Batch(mx.nd.array(five.images[:, None]), mx.nd.array(five.labels), 5)
    weights = learning.weights.asnumpy()
    velocity = np.zeros_like(weights)
    for _ in range(3):
        learning.step(batch)
        # The gradient of the mean loss, at the weights before the step.
        gradient = learning.gradients.asnumpy() / 5
        velocity = momentum * velocity + gradient
        weights = weights - rate * (gradient + momentum * velocity)
        np.testing.assert_allclose(learning.weights.asnumpy(), weights, atol=1e-6)


def test_the_network_learns_in_place_and_recognition_leaves_its_weights(five: Dataset) -> None:
    learning = learner(SMALL.changed({"lr": 0.1}))
    data = mx.nd.array(five.images[:, None])
    learning.step(Batch(data, mx.nd.array(five.labels), 5))
    before = learning.weights.asnumpy()
    with mx.autograd.train_mode():
        learning.network(data).wait_to_read()
    np.testing.assert_array_equal(learning.weights.asnumpy(), before)
    learned = [value.ravel() for value in values(learning.network).values()]
    np.testing.assert_array_equal(np.concatenate(learned), before)


def test_the_seed_decides_the_weights_on_every_device(monkeypatch: pytest.MonkeyPatch) -> None:
    seeded = []
    monkeypatch.setattr(mx.random, "seed", lambda *given, **where: seeded.append((given, where)))
    learner(SMALL.changed({"seed": 7}))
    # MXNet draws initial weights on the CPU.
    assert seeded == [((7,), {"ctx": mx.cpu()})]


def test_the_means_are_of_the_images_since_the_last_call() -> None:
    some = small.real_digits()[np.arange(8)]
    learning = learner(SMALL.changed({"lr": 1e-9}), steps=4)
    data, labels = mx.nd.array(some.images[:, None]), mx.nd.array(some.labels)
    learning.step(Batch(data, labels, 8))
    first = learning.end_epoch(8)
    learning.step(Batch(data[:4], labels[:4], 4))
    learning.step(Batch(data[4:], labels[4:], 4))
    assert learning.end_epoch(8) == pytest.approx(first, rel=1e-5)
    with mx.autograd.train_mode():
        scores = learning.network(data)
    expected = -mx.nd.pick(mx.nd.log_softmax(scores), labels).mean().asscalar()
    assert first == pytest.approx((expected, (scores.argmax(axis=1) == labels).mean().asscalar()))


def test_weights_that_are_no_numbers_are_noticed() -> None:
    learning = learner()
    assert learning.has_finite_weights()
    learning.weights[0] = float("inf")
    assert not learning.has_finite_weights()
