import dataclasses
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from lenet.core.errors import InputError
from lenet.core.npz import Digits
from lenet.model._mxnet import mx
from lenet.model.network import LeNet
from lenet.model.prediction import probabilities
from lenet.training import loop

PLAIN: dict[str, Any] = {
    "seed": 0,
    "epochs": 2,
    "batch_size": 16,
    "replicas": 1,
    "optimizer": "nag",
    "lr": 0.02,
    "lr_schedule": "constant",
    "warmup_epochs": 0,
    "momentum": 0.9,
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "rotation": 0.0,
    "shear": 0.0,
    "scale": 0.0,
    "aspect": 0.0,
    "shift": 0.0,
    "gamma": 0.0,
    "margin": 0.0,
    "centering": 0.0,
    "proportion": 0.0,
    "input_range": (-1.0, 1.0),
    "context": mx.cpu(),
}
WARPS = {"rotation": 12.0, "shear": 0.25, "scale": 0.15, "aspect": 0.2, "shift": 0.12, "gamma": 0.4}
# As the network sees digits where nothing of PLAIN is changed, and asked once.
VIEW: dict[str, Any] = {
    "test_shift": 0.0,
    "image_size": 16,
    **{
        name: PLAIN[name]
        for name in ("margin", "centering", "proportion", "input_range", "context")
    },
}


@pytest.fixture(scope="module")
def real_digits() -> Digits:
    bunch = load_digits()
    images = bunch.images.repeat(2, axis=1).repeat(2, axis=2) / 16
    return Digits(images.astype(np.float32), bunch.target.astype(np.int64))


def trained(
    digits: Digits, validation: Digits | None = None, **changes: Any
) -> tuple[LeNet, list[loop.Epoch]]:
    lenet = LeNet(image_size=16, activation="relu")
    return lenet, list(loop.fit(lenet, digits, validation, **(PLAIN | changes)))


def weights(lenet: LeNet) -> bytes:
    return b"".join(p.data().asnumpy().tobytes() for p in lenet.collect_params().values())


def test_eight_digits_are_learnt_by_heart(real_digits: Digits) -> None:
    eight = real_digits[np.arange(8)]
    lenet, epochs = trained(eight, epochs=60, batch_size=8)
    assert epochs[0].loss > 1.5
    assert epochs[-1].loss < 0.05
    scores = probabilities(lenet, eight.images, **VIEW)
    assert scores.argmax(axis=1).tolist() == eight.labels.tolist()
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)


def test_real_digits_are_recognised_after_three_epochs(real_digits: Digits) -> None:
    train, validation = loop.split(real_digits, validation_fraction=0.2, seed=0)
    _, epochs = trained(train, validation, epochs=3, **WARPS)
    assert epochs[-1].validation_accuracy is not None
    assert epochs[-1].validation_accuracy > 0.9


def test_the_same_seed_gives_the_same_bits_and_another_does_not(real_digits: Digits) -> None:
    some = real_digits[np.arange(100)]
    first, first_epochs = trained(some, **WARPS)
    again, again_epochs = trained(some, **WARPS)
    other, _ = trained(some, **WARPS | {"seed": 1})
    assert weights(first) == weights(again)
    assert first_epochs == again_epochs
    assert weights(first) != weights(other)


def test_the_network_is_asked_as_in_training(random_digits: Digits) -> None:
    # Asked otherwise, MXNet reorders its weights, and when is chance: see `probabilities`.
    class Watched(mx.gluon.Block):  # type: ignore[misc]
        def forward(self, data: mx.nd.NDArray) -> mx.nd.NDArray:
            assert mx.autograd.is_training()
            assert not mx.autograd.is_recording()
            return data.mean(axis=(1, 2, 3)).reshape(-1, 1).tile((1, 10))

    scores = probabilities(Watched(), random_digits.images, **VIEW)
    np.testing.assert_allclose(scores, 0.1, rtol=1e-6)


def test_validation_does_not_touch_the_training(real_digits: Digits) -> None:
    some, others = real_digits[np.arange(50)], real_digits[np.arange(50, 90)]
    alone, _ = trained(some)
    watched, epochs = trained(some, others)
    assert weights(alone) == weights(watched)
    assert all(epoch.validation_accuracy is not None for epoch in epochs)


def test_the_short_last_batch_counts(real_digits: Digits) -> None:
    # With a rate of next to nothing the network stays what it was: loss and accuracy are those
    # of all 35 images, 3 of them in the last batch.
    some = real_digits[np.arange(35)]
    lenet, (epoch,) = trained(some, epochs=1, lr=1e-12)
    scores = probabilities(lenet, some.images, **VIEW)
    expected = -np.log(scores[np.arange(35), some.labels]).mean()
    assert epoch.loss == pytest.approx(expected, rel=1e-4)
    assert epoch.train_accuracy == pytest.approx((scores.argmax(axis=1) == some.labels).mean())


def test_one_step_is_the_gradient_of_the_mean_loss(real_digits: Digits) -> None:
    some = real_digits[np.arange(5)]
    start, _ = trained(some, epochs=1, lr=1e-12, batch_size=5)
    moved, _ = trained(some, epochs=1, lr=0.1, batch_size=5, optimizer="sgd", momentum=0.0)
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


@pytest.mark.parametrize(
    "change",
    [
        {"momentum": 0.5},
        {"weight_decay": 0.1},
        {"optimizer": "sgd"},
        {"warmup_epochs": 1},
        {"lr_schedule": "cosine"},
        {"margin": 0.2},
        {"centering": 0.5},
        {"proportion": 0.5},
        {"gamma": 0.3},
        {"aspect": 0.1},
        {"initializer": mx.init.Normal(0.1)},
        {"input_range": (0.0, 1.0)},
        {"batch_size": 8},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_argument_has_its_say(real_digits: Digits, change: dict[str, Any]) -> None:
    some = real_digits[np.arange(64)]
    assert weights(trained(some, **change)[0]) != weights(trained(some)[0])


def test_weight_decay_shrinks_the_weights(real_digits: Digits) -> None:
    some = real_digits[np.arange(5)]
    rate = {"epochs": 1, "lr": 0.1, "batch_size": 5, "optimizer": "sgd", "momentum": 0.0}
    start, _ = trained(some, epochs=1, lr=1e-12, batch_size=5)
    plain, _ = trained(some, **rate)
    decayed, _ = trained(some, weight_decay=0.5, **rate)
    for name, parameter in start.collect_params().items():
        difference = plain.collect_params()[name].data() - decayed.collect_params()[name].data()
        np.testing.assert_allclose(
            difference.asnumpy(), 0.1 * 0.5 * parameter.data().asnumpy(), atol=1e-6
        )


def test_probabilities_of_many_images_come_in_order(real_digits: Digits) -> None:
    lenet, _ = trained(real_digits[np.arange(64)], epochs=1)
    together = probabilities(lenet, real_digits.images[:1100], **VIEW)
    apart = [probabilities(lenet, real_digits.images[i : i + 100], **VIEW) for i in (0, 500, 1000)]
    for start, part in zip((0, 500, 1000), apart, strict=True):
        np.testing.assert_allclose(together[start : start + 100], part, atol=1e-5)


def test_views_shifted_in_each_direction_are_averaged(real_digits: Digits) -> None:
    lenet, _ = trained(real_digits[np.arange(64)], epochs=1)
    inside = np.pad(real_digits.images[:20, 2:-2, 2:-2], ((0, 0), (2, 2), (2, 2)))
    # A pixel of a 16 x 16 image is 2/15 of its half-width.
    together = probabilities(lenet, inside, **VIEW | {"test_shift": 2 / 15})
    moved = [inside] + [np.roll(inside, by, axis) for axis in (1, 2) for by in (1, -1)]
    apart = [probabilities(lenet, images, **VIEW) for images in moved]
    np.testing.assert_allclose(together, np.mean(apart, axis=0), atol=1e-5)


def test_label_smoothing_spreads_the_target(real_digits: Digits) -> None:
    some = real_digits[np.arange(16)]
    lenet, (epoch,) = trained(some, epochs=1, lr=1e-12, label_smoothing=0.1)
    scores = np.log(probabilities(lenet, some.images, **VIEW))
    expected = -(0.9 * scores[np.arange(16), some.labels] + 0.1 * scores.mean(axis=1)).mean()
    assert epoch.loss == pytest.approx(expected, rel=1e-4)


def test_the_schedule_climbs_and_falls() -> None:
    cosine = loop._schedule("cosine", 0.1, steps=100, warmup_steps=10)
    rates = [cosine(step) for step in range(101)]
    assert rates[5] == pytest.approx(0.05)
    assert max(rates) == rates[10] == pytest.approx(0.1)
    assert rates[55] == pytest.approx(0.05)
    assert rates[100] == pytest.approx(0)
    constant = loop._schedule("constant", 0.1, steps=100, warmup_steps=10)
    assert [constant(step) for step in (5, 10, 99, 100)] == pytest.approx([0.05, 0.1, 0.1, 0.1])


def test_the_epoch_of_several_networks_is_the_mean_of_theirs() -> None:
    one = loop.Epoch(number=3, loss=1.0, train_accuracy=0.5, validation_accuracy=0.25)
    other = loop.Epoch(number=3, loss=2.0, train_accuracy=0.75, validation_accuracy=0.75)
    assert loop.Epoch.mean([one, other]) == loop.Epoch(
        number=3, loss=1.5, train_accuracy=0.625, validation_accuracy=0.5
    )
    alone = dataclasses.replace(one, validation_accuracy=None)
    assert loop.Epoch.mean([alone]) == alone


def test_divergence_is_an_error_that_names_lr(real_digits: Digits) -> None:
    with pytest.raises(
        InputError, match=r"training diverged: the loss of epoch \d is .*lr \(1e\+30"
    ):
        trained(real_digits[np.arange(200)], epochs=5, lr=1e30)


def test_divergence_in_the_last_step_is_an_error_too(real_digits: Digits) -> None:
    few = real_digits[np.arange(20)]
    with pytest.raises(
        InputError, match=r"training diverged: after epoch 1 some weights are no numbers.*1e\+38"
    ):
        trained(few, epochs=1, batch_size=20, lr=1e38, input_range=(-1e9, 1e9), momentum=0)


def test_the_split_is_stratified_complete_and_follows_the_seed(real_digits: Digits) -> None:
    rest, validation = loop.split(real_digits, validation_fraction=0.1, seed=3)
    assert validation is not None
    assert len(rest) + len(validation) == len(real_digits)
    shares = np.bincount(validation.labels) / np.bincount(real_digits.labels)
    assert np.abs(shares - 0.1).max() < 0.01
    images = np.concatenate([rest.images, validation.images]).reshape(len(real_digits), -1)
    assert len(np.unique(images, axis=0)) == len(
        np.unique(real_digits.images.reshape(len(real_digits), -1), axis=0)
    )
    _, same = loop.split(real_digits, validation_fraction=0.1, seed=3)
    _, other = loop.split(real_digits, validation_fraction=0.1, seed=4)
    assert same is not None
    assert other is not None
    np.testing.assert_array_equal(same.images, validation.images)
    assert not np.array_equal(other.labels, validation.labels)
    assert loop.split(real_digits, validation_fraction=0, seed=3) == (real_digits, None)


def test_a_class_too_small_for_the_split_is_an_error(random_digits: Digits) -> None:
    labels = random_digits.labels.copy()
    labels[labels == 3] = 4
    labels[0] = 3
    digits = dataclasses.replace(random_digits, labels=labels)
    with pytest.raises(InputError, match=r"validation_fraction: 0.25 cannot be cut out of 40"):
        loop.split(digits, validation_fraction=0.25, seed=0)


def test_an_epoch_prints_as_one_line() -> None:
    epoch = loop.Epoch(number=3, loss=0.5, train_accuracy=0.9, validation_accuracy=0.875)
    assert str(epoch) == "epoch 3, loss 0.5000, train acc 0.9000, validation acc 0.8750"
    assert epoch.metrics() == {"loss": 0.5, "train_accuracy": 0.9, "validation_accuracy": 0.875}
    unwatched = dataclasses.replace(epoch, validation_accuracy=None)
    assert str(unwatched) == "epoch 3, loss 0.5000, train acc 0.9000"
    assert unwatched.metrics() == {"loss": 0.5, "train_accuracy": 0.9}
