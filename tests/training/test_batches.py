import numpy as np
import pytest

from lenet.core.npz import Dataset
from lenet.model._mxnet import mx
from lenet.model.sampling import network_input
from lenet.training.augment import Augment
from lenet.training.batches import Batches
from tests.settings import AUGMENT, DEFAULT_PREPROCESS, NO_AUGMENT, PLAIN_PREPROCESS, RECIPE


def batches(digits: Dataset, augment: Augment = NO_AUGMENT, **recipe: int) -> Batches:
    preprocess = PLAIN_PREPROCESS.changed(input_range=(0, 1))
    return Batches(digits, RECIPE.changed(**recipe), augment, preprocess, size=16, context=mx.cpu())


def many(count: int) -> Dataset:
    """Return images of different grey values."""
    images = np.linspace(0, 1, count, dtype=np.float32)[:, None, None].repeat(16, 1).repeat(16, 2)
    return Dataset(images, np.arange(count) % 10)


# Up to 512 of the 1,100 images are augmented at once, unless a batch is larger.
@pytest.mark.parametrize("batch_size", [1, 7, 64, 600, 2000])
def test_an_epoch_shows_each_image_once_with_its_label(batch_size: int) -> None:
    digits = many(11 if batch_size == 1 else 1100)
    feed = batches(digits, batch_size=batch_size)
    for _ in range(2):
        epoch = list(feed.epoch())
        sizes = [batch.size for batch in epoch]
        assert len(sizes) == len(feed) == -(-len(digits) // batch_size)
        assert set(sizes[:-1]) <= {batch_size}
        assert sum(sizes) == feed.images == len(digits)
        values = np.concatenate([batch.data.asnumpy()[:, 0, 8, 8] for batch in epoch])
        labels = np.concatenate([batch.labels.asnumpy() for batch in epoch])
        order = np.rint(values * (len(digits) - 1)).astype(int)
        assert order.tolist() != list(range(len(digits)))
        assert sorted(order) == list(range(len(digits)))
        assert labels.tolist() == digits.labels[order].tolist()


def test_every_epoch_has_an_order_of_its_own() -> None:
    feed = batches(many(50))
    first, second = (
        np.concatenate([batch.labels.asnumpy() for batch in feed.epoch()]) for _ in range(2)
    )
    assert first.tolist() != second.tolist()


def test_the_order_follows_the_seed_and_not_the_augmentation() -> None:
    def order(augment: Augment, seed: int) -> list[float]:
        return [
            label
            for batch in batches(many(50), augment, seed=seed).epoch()
            for label in batch.labels.asnumpy()
        ]

    assert order(NO_AUGMENT, 3) == order(AUGMENT, 3)
    assert order(NO_AUGMENT, 3) != order(NO_AUGMENT, 4)


def test_images_are_warped_anew_each_epoch(random_digits: Dataset) -> None:
    feed = batches(random_digits, AUGMENT, batch_size=40)
    (first,), (second,) = feed.epoch(), feed.epoch()
    by_label = [
        batch.data.asnumpy()[np.argsort(batch.labels.asnumpy())] for batch in (first, second)
    ]
    assert not np.array_equal(*by_label)


def test_a_batch_is_what_the_network_sees_of_the_warped_images(random_digits: Dataset) -> None:
    feed = Batches(
        *(random_digits, RECIPE.changed(batch_size=40), AUGMENT, DEFAULT_PREPROCESS),
        size=32,
        context=mx.cpu(),
    )
    (batch,) = feed.epoch()
    order, augmentations = map(np.random.default_rng, np.random.SeedSequence(RECIPE.seed).spawn(2))
    shuffled = random_digits[order.permutation(40)]
    deformation, images = AUGMENT.draw(augmentations, shuffled.images)
    expected = network_input(images, deformation, DEFAULT_PREPROCESS, size=32, context=mx.cpu())
    np.testing.assert_array_equal(batch.data.asnumpy(), expected.asnumpy())
    np.testing.assert_array_equal(batch.labels.asnumpy(), shuffled.labels)
