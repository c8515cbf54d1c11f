import dataclasses
import signal
from typing import Any

import numpy as np
import pytest

from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.model._mxnet import mx
from lenet.model.prediction import probabilities
from lenet.training import loop
from lenet.training.batches import Batch
from lenet.training.learner import Learner
from tests.settings import AUGMENT, NO_AUGMENT, PLAIN_PREPROCESS, RECIPE
from tests.training import small
from tests.training.small import trained, weights

ASKED: dict[str, Any] = {
    "preprocess": PLAIN_PREPROCESS,
    "size": 16,
    "test_shift": 0,
    "context": mx.cpu(),
}


@pytest.fixture(scope="module")
def real_digits() -> Dataset:
    return small.real_digits()


def test_eight_digits_are_learnt_by_heart(real_digits: Dataset) -> None:
    eight = real_digits[np.arange(8)]
    lenet, epochs = trained(eight, epochs=60, batch_size=8)
    assert epochs[0].loss > 1.5
    assert epochs[-1].loss < 0.05
    scores = probabilities(lenet, eight.images, **ASKED)
    assert scores.argmax(axis=1).tolist() == eight.labels.tolist()
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)


def test_real_digits_are_recognised_after_five_epochs(real_digits: Dataset) -> None:
    train, validation = loop.split(real_digits, RECIPE.changed(validation_fraction=0.2))
    _, epochs = trained(train, validation, epochs=5, augment=AUGMENT)
    assert epochs[-1].validation_accuracy is not None
    assert epochs[-1].validation_accuracy > 0.9


def test_the_same_seed_gives_the_same_bits_and_another_does_not(real_digits: Dataset) -> None:
    some = real_digits[np.arange(100)]
    first, first_epochs = trained(some, augment=AUGMENT)
    again, again_epochs = trained(some, augment=AUGMENT)
    other, _ = trained(some, augment=AUGMENT, seed=1)
    assert weights(first) == weights(again)
    assert first_epochs == again_epochs
    assert weights(first) != weights(other)


@pytest.mark.usefixtures("_ctrl_c_raises")
def test_a_ctrl_c_ends_the_training_after_the_step(
    real_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[object] = []

    def pressed(_: Learner, batch: Batch) -> None:
        steps.append(batch.size)
        signal.raise_signal(signal.SIGINT)
        steps.append("whole")

    monkeypatch.setattr(Learner, "step", pressed)
    with pytest.raises(KeyboardInterrupt):
        trained(real_digits[np.arange(50)], batch_size=10)
    assert steps == [10, "whole"]


def test_validation_does_not_touch_the_training(real_digits: Dataset) -> None:
    some, others = real_digits[np.arange(50)], real_digits[np.arange(50, 90)]
    alone, _ = trained(some)
    watched, epochs = trained(some, others)
    assert weights(alone) == weights(watched)
    assert all(epoch.validation_accuracy is not None for epoch in epochs)


def test_the_short_last_batch_counts(real_digits: Dataset) -> None:
    # At so small a rate the network stays as it was initialised. Loss and accuracy are means over
    # all 35 images, and 3 of these are in the last batch.
    some = real_digits[np.arange(35)]
    lenet, (epoch,) = trained(some, epochs=1, lr=1e-12)
    scores = probabilities(lenet, some.images, **ASKED)
    expected = -np.log(scores[np.arange(35), some.labels]).mean()
    assert epoch.loss == pytest.approx(expected, rel=1e-4)
    assert epoch.train_accuracy == pytest.approx((scores.argmax(axis=1) == some.labels).mean())


@pytest.mark.parametrize(
    "change",
    [
        {"momentum": 0.5},
        {"momentum": 0},
        {"weight_decay": 0.1},
        {"lr_schedule": "cosine"},
        {"lr": 0.03},
        {"epochs": 3},
        {"replicas": 2},
        {"preprocess": PLAIN_PREPROCESS.changed(margin=0.2)},
        {"preprocess": PLAIN_PREPROCESS.changed(centering=0.5)},
        {"preprocess": PLAIN_PREPROCESS.changed(proportion=0.5)},
        {"preprocess": PLAIN_PREPROCESS.changed(input_range=(0, 1))},
        {"augment": NO_AUGMENT.changed(rotation=5)},
        {"augment": NO_AUGMENT.changed(scale=0.1)},
        {"augment": NO_AUGMENT.changed(shift=0.1)},
        {"augment": NO_AUGMENT.changed(gamma=0.3)},
        {"augment": NO_AUGMENT.changed(elastic=0.1)},
        {"initializer": mx.init.Normal(0.1)},
        {"batch_size": 8},
    ],
)
def test_every_argument_has_its_say(real_digits: Dataset, change: dict[str, Any]) -> None:
    some = real_digits[np.arange(64)]
    assert weights(trained(some, **change)[0]) != weights(trained(some)[0])


def test_the_epoch_of_several_networks_is_the_mean_of_theirs() -> None:
    one, other = loop.Epoch(3, 1.0, 0.5, 0.5, 0.25), loop.Epoch(3, 2.0, 0.75, 0.25, 0.75)
    assert loop.Epoch.mean([one, other]) == loop.Epoch(3, 1.5, 0.625, 0.375, 0.5)
    alone = loop.Epoch(3, 1.0, 0.5)
    assert loop.Epoch.mean([alone]) == alone


def test_divergence_is_an_error_that_names_lr(real_digits: Dataset) -> None:
    with pytest.raises(
        InputError, match=r"training diverged: the loss of epoch \d is .*lr \(1e\+30"
    ):
        trained(real_digits[np.arange(200)], epochs=5, lr=1e30)


def test_divergence_in_the_last_step_is_an_error_too(real_digits: Dataset) -> None:
    few = real_digits[np.arange(20)]
    with pytest.raises(
        InputError, match=r"training diverged: after epoch 1 some weights are not finite.*1e\+38"
    ):
        trained(
            few,
            epochs=1,
            batch_size=20,
            lr=1e38,
            momentum=0,
            preprocess=PLAIN_PREPROCESS.changed(input_range=(-1e9, 1e9)),
        )


def test_the_split_is_stratified_complete_and_follows_the_seed(real_digits: Dataset) -> None:
    rest, validation = loop.split(real_digits, RECIPE.changed(validation_fraction=0.1, seed=3))
    assert validation is not None
    assert len(rest) + len(validation) == len(real_digits)
    shares = np.bincount(validation.labels) / np.bincount(real_digits.labels)
    assert np.abs(shares - 0.1).max() < 0.01
    images = np.concatenate([rest.images, validation.images]).reshape(len(real_digits), -1)
    assert len(np.unique(images, axis=0)) == len(
        np.unique(real_digits.images.reshape(len(real_digits), -1), axis=0)
    )
    _, same = loop.split(real_digits, RECIPE.changed(validation_fraction=0.1, seed=3))
    _, other = loop.split(real_digits, RECIPE.changed(validation_fraction=0.1, seed=4))
    assert same is not None
    assert other is not None
    np.testing.assert_array_equal(same.images, validation.images)
    assert not np.array_equal(other.labels, validation.labels)
    assert loop.split(real_digits, RECIPE.changed(validation_fraction=0, seed=3)) == (
        real_digits,
        None,
    )


def test_a_class_too_small_for_the_split_is_an_error(random_digits: Dataset) -> None:
    labels = random_digits.labels.copy()
    labels[labels == 3] = 4
    labels[0] = 3
    digits = dataclasses.replace(random_digits, labels=labels)
    with pytest.raises(InputError, match=r"validation_fraction: 0.25 cannot be cut out of 40"):
        loop.split(digits, RECIPE.changed(validation_fraction=0.25, seed=0))


def test_a_single_class_is_nothing_to_learn(random_digits: Dataset) -> None:
    alike = dataclasses.replace(random_digits, labels=np.full(40, 3, np.int64))
    with pytest.raises(InputError, match="all 40 training images are of class 3"):
        loop.split(alike, RECIPE)


def test_an_epoch_prints_as_one_line() -> None:
    epoch = loop.Epoch(3, 0.5, 0.9, validation_loss=0.25, validation_accuracy=0.875)
    assert str(epoch) == (
        "epoch 3, loss 0.5000, train acc 0.9000, validation loss 0.2500, validation acc 0.8750"
    )
    assert epoch.metrics() == {
        "loss": 0.5,
        "train_accuracy": 0.9,
        "validation_loss": 0.25,
        "validation_accuracy": 0.875,
    }
    unwatched = loop.Epoch(3, 0.5, 0.9)
    assert str(unwatched) == "epoch 3, loss 0.5000, train acc 0.9000"
    assert unwatched.metrics() == {"loss": 0.5, "train_accuracy": 0.9}
