from typing import Any

import numpy as np
import pytest

from lenet.core.npz import Dataset
from lenet.model._mxnet import mx
from lenet.model.network import LeNet
from lenet.training import learner
from lenet.training.batches import Batch
from lenet.training.learner import Learner
from tests.settings import NETWORK, RECIPE
from tests.training import small
from tests.training.small import trained


@pytest.fixture(scope="module")
def real_digits() -> Dataset:
    return small.real_digits()


def test_one_step_is_the_gradient_of_the_mean_loss(real_digits: Dataset) -> None:
    some = real_digits[np.arange(5)]
    start, _ = trained(some, epochs=1, lr=1e-12, batch_size=5)
    moved, _ = trained(some, epochs=1, lr=0.1, batch_size=5, momentum=0)
    data = mx.nd.array(some.images[:, None] * 2 - 1)
    with mx.autograd.record():
        scores = start(data)
        loss = -mx.nd.pick(mx.nd.log_softmax(scores), mx.nd.array(some.labels)).mean()
    loss.backward()
    for name, parameter in start.collect_params().items():
        expected = parameter.data() - 0.1 * parameter.grad()
        np.testing.assert_allclose(
            moved.collect_params()[name].data().asnumpy(), expected.asnumpy(), atol=1e-5
        )


def test_weight_decay_shrinks_the_weights(real_digits: Dataset) -> None:
    some = real_digits[np.arange(5)]
    rate: dict[str, Any] = {"epochs": 1, "lr": 0.1, "batch_size": 5, "momentum": 0}
    start, _ = trained(some, epochs=1, lr=1e-12, batch_size=5)
    plain, _ = trained(some, **rate)
    decayed, _ = trained(some, weight_decay=0.5, **rate)
    for name, parameter in start.collect_params().items():
        difference = plain.collect_params()[name].data() - decayed.collect_params()[name].data()
        np.testing.assert_allclose(
            difference.asnumpy(), 0.1 * 0.5 * parameter.data().asnumpy(), atol=1e-6
        )


def test_the_rate_falls_along_a_cosine_or_stays() -> None:
    def rates(schedule: str) -> list[float]:
        recipe = RECIPE.changed(lr=0.1, lr_schedule=schedule)
        optimizer = learner._optimizer(recipe, steps=100)
        found = []
        for update in (0, 50, 99, 100):
            optimizer.num_update = update
            found.append(optimizer.learning_rate)
        return found

    cosine = 0.1 * (1 + np.cos(np.pi * np.array([0, 0.5, 0.99, 1]))) / 2
    assert rates("cosine") == pytest.approx(cosine.tolist(), abs=1e-9)
    assert rates("constant") == [0.1] * 4


def test_without_momentum_a_step_forgets_the_step_before(real_digits: Dataset) -> None:
    some = real_digits[np.arange(5)]
    # Two steps on the same batch move a weight by the sum of both gradients times the rate.
    start, _ = trained(some, epochs=1, lr=1e-12, batch_size=5, momentum=0)
    once, _ = trained(some, epochs=1, lr=0.1, batch_size=5, momentum=0)
    twice, _ = trained(some, epochs=2, lr=0.1, batch_size=5, momentum=0)
    data = mx.nd.array(some.images[:, None] * 2 - 1)
    for network in (start, once):
        with mx.autograd.record():
            loss = -mx.nd.pick(mx.nd.log_softmax(network(data)), mx.nd.array(some.labels)).mean()
        loss.backward()
    for name, parameter in start.collect_params().items():
        gradients = parameter.grad() + once.collect_params()[name].grad()
        np.testing.assert_allclose(
            twice.collect_params()[name].data().asnumpy(),
            (parameter.data() - 0.1 * gradients).asnumpy(),
            atol=1e-5,
        )


def test_momentum_is_nesterovs(real_digits: Dataset) -> None:
    rate, momentum, n = 0.1, 0.8, 12
    recipe = RECIPE.changed(lr=rate, momentum=momentum, weight_decay=0, lr_schedule="constant")
    learning = Learner(LeNet(NETWORK), recipe, steps=3, context=mx.cpu())
    some = real_digits[np.arange(n)]
    batch = Batch(mx.nd.array(some.images[:, None]), mx.nd.array(some.labels))
    weights = learning._replicas.weights.asnumpy()
    velocity = np.zeros_like(weights)
    for _ in range(3):
        learning.step(batch)
        # The gradient of the mean loss, at the weights before the step.
        gradient = learning._replicas.gradients.asnumpy() / n
        velocity = momentum * velocity + gradient
        weights = weights - rate * (gradient + momentum * velocity)
        np.testing.assert_allclose(learning._replicas.weights.asnumpy(), weights, atol=1e-6)


def test_the_seed_decides_the_weights_on_every_device(monkeypatch: pytest.MonkeyPatch) -> None:
    seeded = []
    monkeypatch.setattr(mx.random, "seed", lambda *given, **where: seeded.append((given, where)))
    Learner(LeNet(NETWORK), RECIPE.changed(seed=7), steps=1, context=mx.cpu())
    # MXNet draws initial weights on the CPU.
    assert seeded == [((7,), {"ctx": mx.cpu()})]


def test_the_means_are_of_the_images_since_the_last_call(real_digits: Dataset) -> None:
    some = real_digits[np.arange(8)]
    recipe = RECIPE.model_copy(update={"lr": 1e-12})
    lenet = LeNet(NETWORK)
    learning = Learner(lenet, recipe, steps=4, context=mx.cpu())
    data, labels = mx.nd.array(some.images[:, None]), mx.nd.array(some.labels)
    learning.step(Batch(data, labels))
    first = learning.end_epoch(8)
    learning.step(Batch(data[:4], labels[:4]))
    learning.step(Batch(data[4:], labels[4:]))
    assert learning.end_epoch(8) == pytest.approx(first)
    scores = lenet(data)
    expected = -mx.nd.pick(mx.nd.log_softmax(scores), labels).mean().asscalar()
    assert first == pytest.approx((expected, (scores.argmax(axis=1) == labels).mean().asscalar()))


def test_weights_that_are_no_numbers_are_noticed() -> None:
    learning = Learner(LeNet(NETWORK), RECIPE, steps=1, context=mx.cpu())
    assert learning.has_finite_weights()
    learning._replicas.weights[0] = float("inf")
    assert not learning.has_finite_weights()
