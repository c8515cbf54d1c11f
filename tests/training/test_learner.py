from typing import Any

import numpy as np
import pytest

from lenet.core.npz import Dataset
from lenet.model._mxnet import mx
from lenet.training.batches import Batch
from lenet.training.learner import _optimizer
from tests.settings import SMALL
from tests.training import small
from tests.training.small import learner

RATE = 0.1


@pytest.fixture(scope="module")
def five() -> Dataset:
    return small.real_digits()[np.arange(5)]


def batch_of(digits: Dataset) -> Batch:
    return Batch(len(digits), mx.nd.array(digits.images[:, None]), mx.nd.array(digits.labels))


@pytest.mark.parametrize(
    ("kinds", "momentum", "decay"),
    [
        ({"network.activation": "tanh"}, 0, 0.5),
        ({"network.c3": "partial"}, 0.8, 0),
        ({"network.pooling": "subsample", "network.activation": "scaled_tanh"}, 0.8, 0),
    ],
    ids=str,
)
def test_steps_follow_nesterovs_momentum_of_the_gradients_of_the_mean_loss(
    five: Dataset, kinds: dict[str, Any], momentum: float, decay: float
) -> None:
    changes = {"lr": RATE, "momentum": momentum, "weight_decay": decay, **kinds}
    learning = learner(SMALL.changed(changes))
    parameters = learning.network.collect_params().values()
    learned = [one for one in parameters if one.grad_req != "null"]

    def values() -> np.ndarray:
        return np.concatenate([one.data().asnumpy().ravel() for one in learned])

    batch, velocity = batch_of(five), 0
    for _ in range(3):
        weights = values()
        # The gradients of the mean loss, by another way than training takes.
        with mx.autograd.record():
            scores = mx.nd.log_softmax(learning.network(batch.data))
            loss = -mx.nd.pick(scores, batch.labels).mean()
        gradients = mx.autograd.grad(loss, [one.data() for one in learned])
        gradient = np.concatenate([one.asnumpy().ravel() for one in gradients]) + decay * weights
        velocity = momentum * velocity + gradient
        learning.step(batch)
        # The network learns in place. MXNet adds decay to momentum in a way of its own.
        expected = weights - RATE * (gradient + momentum * velocity)
        np.testing.assert_allclose(values(), expected, atol=1e-6)


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


def test_loss_and_accuracy_are_of_the_images_since_the_last_call() -> None:
    # At so small a rate the network stays as it was initialised.
    some, learning = small.real_digits()[np.arange(8)], learner(SMALL.changed({"lr": 1e-9}))
    whole = batch_of(some)
    learning.step(whole)
    first = learning.end_epoch()
    # A short batch counts by its images.
    for part in (slice(0, 5), slice(5, 8)):
        learning.step(batch_of(some[part]))
    assert learning.end_epoch() == pytest.approx(first, rel=1e-5)
    with mx.autograd.train_mode():
        scores = learning.network(whole.data)
    loss = -mx.nd.pick(mx.nd.log_softmax(scores), whole.labels).mean().asscalar()
    accuracy = (scores.argmax(axis=1) == whole.labels).mean().asscalar()
    assert first == pytest.approx((loss, accuracy))
