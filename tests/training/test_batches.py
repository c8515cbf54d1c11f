import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.core.npz import Dataset
from lenet.model._mxnet import mx
from lenet.model.prediction import network_input
from lenet.training.batches import Batch, Batches
from tests.settings import DEFAULT, SMALL
from tests.training.small import AUGMENTED


def batches(digits: Dataset, changes: dict, part: slice = slice(None)) -> Batches:
    config = SMALL.changed({"preprocess.input_range": (0, 1), **changes})
    return Batches(digits, config, context=mx.cpu(), part=part)


def arrays(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """Return data and labels of a batch."""
    assert batch.data is not None
    assert batch.labels is not None
    return batch.data.asnumpy(), batch.labels.asnumpy()


def many(count: int) -> Dataset:
    """Return images of different grey values."""
    images = np.linspace(0, 1, count, dtype=np.float32)[:, None, None].repeat(16, 1).repeat(16, 2)
    return Dataset(images, np.arange(count) % 10)


# Up to 512 of the 1,100 images are made at once, unless a batch is larger.
@pytest.mark.parametrize("batch_size", [7, 64, 600, 2000])
def test_an_epoch_shows_each_image_once_with_its_label(batch_size: int) -> None:
    digits = many(1100)
    feed = batches(digits, {"batch_size": batch_size})
    epoch = list(feed.epoch())
    sizes = [batch.size for batch in epoch]
    assert len(sizes) == len(feed) == -(-1100 // batch_size)
    assert set(sizes[:-1]) <= {batch_size}
    assert sum(sizes) == 1100
    data, labels = map(np.concatenate, zip(*map(arrays, epoch), strict=True))
    order = np.rint(data[:, 0, 8, 8] * 1099).astype(int)
    assert order.tolist() != list(range(1100))
    assert sorted(order) == list(range(1100))
    assert labels.tolist() == digits.labels[order].tolist()


@given(images=st.integers(2, 600), size=st.integers(1, 40), count=st.integers(1, 4))
def test_the_parts_of_all_processes_are_the_batches_of_one(
    images: int, size: int, count: int
) -> None:
    changes = {"batch_size": size, **AUGMENTED}
    whole = list(batches(many(images), changes).epoch())
    slices = [slice(rank, None, count) for rank in range(count)]
    parts = [list(batches(many(images), changes, part).epoch()) for part in slices]
    for batch, *own in zip(whole, *parts, strict=True):
        for part, some in zip(slices, own, strict=True):
            assert some.size == batch.size
            expected = arrays(batch)[0][part]
            if some.data is None:
                assert not len(expected)
            else:
                np.testing.assert_array_equal(arrays(some)[0], expected)


def test_the_order_is_new_each_epoch_and_follows_the_seed_and_not_the_augmentation() -> None:
    def orders(changes: dict) -> list[list[float]]:
        feed = batches(many(50), changes)
        return [[x for batch in feed.epoch() for x in arrays(batch)[1]] for _ in range(2)]

    first, second = orders({"seed": 3})
    assert first != second
    assert orders({"seed": 3, **AUGMENTED}) == [first, second]
    assert orders({"seed": 4})[0] != first


def test_a_batch_is_what_the_network_sees_of_augmented_images(random_digits: Dataset) -> None:
    config = DEFAULT.changed({"batch_size": 40})
    feed = Batches(random_digits, config, context=mx.cpu())
    order, augmentation = map(np.random.default_rng, np.random.SeedSequence(config.seed).spawn(2))
    # Each epoch has an augmentation of its own.
    for _ in range(2):
        (batch,) = feed.epoch()
        shuffled = random_digits[order.permutation(40)]
        deformations, images = config.augment.draw(augmentation, shuffled.images)
        seen = network_input(images, deformations, config.preprocess, size=32, context=mx.cpu())
        np.testing.assert_array_equal(arrays(batch)[0], seen.asnumpy())
        np.testing.assert_array_equal(arrays(batch)[1], shuffled.labels)
