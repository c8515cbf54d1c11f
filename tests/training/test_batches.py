from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.core.npz import Dataset
from lenet.model._mxnet import mx
from lenet.model.sampling import network_input
from lenet.training.batches import Batch, Batches
from lenet.training.workers import Workers
from tests.settings import AUGMENT, DEFAULT, SMALL
from tests.training.small import AUGMENTED


def batches(digits: Dataset, changes: dict | None = None, peers: Workers | None = None) -> Batches:
    config = SMALL.changed({"preprocess.input_range": (0, 1), **(changes or {})})
    return Batches(digits, config, context=mx.cpu(), peers=peers)


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
@pytest.mark.parametrize("batch_size", [1, 7, 64, 600, 2000])
def test_an_epoch_shows_each_image_once_with_its_label(batch_size: int) -> None:
    digits = many(11 if batch_size == 1 else 1100)
    feed = batches(digits, {"batch_size": batch_size})
    for _ in range(2):
        epoch = list(feed.epoch())
        sizes = [batch.size for batch in epoch]
        assert len(sizes) == len(feed) == -(-len(digits) // batch_size)
        assert set(sizes[:-1]) <= {batch_size}
        assert sum(sizes) == feed.images == len(digits)
        data, labels = map(np.concatenate, zip(*map(arrays, epoch), strict=True))
        order = np.rint(data[:, 0, 8, 8] * (len(digits) - 1)).astype(int)
        assert order.tolist() != list(range(len(digits)))
        assert sorted(order) == list(range(len(digits)))
        assert labels.tolist() == digits.labels[order].tolist()


def worker(rank: int, count: int) -> Workers:
    """Return one of several workers, which the test plays in turn."""
    return Workers(SimpleNamespace(rank=rank, num_workers=count))


@given(images=st.integers(2, 600), size=st.integers(1, 40), count=st.integers(1, 4))
def test_the_parts_of_all_processes_are_the_batches_of_one(
    images: int, size: int, count: int
) -> None:
    changes = {"batch_size": size, **AUGMENTED}
    whole = list(batches(many(images), changes).epoch())
    parts = [
        list(batches(many(images), changes, worker(rank, count)).epoch()) for rank in range(count)
    ]
    for batch, *own in zip(whole, *parts, strict=True):
        assert {part.size for part in own} == {batch.size}
        data = [arrays(part)[0] for part in own if part.data is not None]
        np.testing.assert_array_equal(np.concatenate(data), arrays(batch)[0])


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
    (batch,), (later,) = feed.epoch(), feed.epoch()
    order, augmentation = map(np.random.default_rng, np.random.SeedSequence(config.seed).spawn(2))
    shuffled = random_digits[order.permutation(40)]
    deformation, images = AUGMENT.draw(augmentation, shuffled.images)
    expected = network_input(images, deformation, config.preprocess, size=32, context=mx.cpu())
    data, labels = arrays(batch)
    np.testing.assert_array_equal(data, expected.asnumpy())
    np.testing.assert_array_equal(labels, shuffled.labels)
    # Each epoch has an augmentation of its own.
    first, second = (arrays(one)[0][arrays(one)[1].argsort()] for one in (batch, later))
    assert not np.array_equal(first, second)
