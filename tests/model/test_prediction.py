from typing import Any

import numpy as np
import pytest

from lenet.core.npz import Dataset
from lenet.model._mxnet import mx
from lenet.model.prediction import probabilities
from tests.settings import PLAIN_PREPROCESS
from tests.training import small
from tests.training.small import trained

ASKED: dict[str, Any] = {
    "preprocess": PLAIN_PREPROCESS,
    "size": 16,
    "test_shift": 0,
    "context": mx.cpu(),
}


@pytest.fixture(scope="module")
def real_digits() -> Dataset:
    return small.real_digits()


def test_the_network_is_asked_as_in_training(random_digits: Dataset) -> None:
    # Outside of training mode MXNet reorders the weights at random times: see `probabilities`.
    class Watched(mx.gluon.Block):
        def forward(self, data: mx.nd.NDArray) -> mx.nd.NDArray:
            assert mx.autograd.is_training()
            assert not mx.autograd.is_recording()
            return data.mean(axis=(1, 2, 3)).reshape(-1, 1).tile((1, 10))

    scores = probabilities(Watched(), random_digits.images, **ASKED)
    np.testing.assert_allclose(scores, 0.1, rtol=1e-6)


def test_probabilities_of_many_images_come_in_order(real_digits: Dataset) -> None:
    lenet, _ = trained(real_digits[np.arange(64)], {"epochs": 1})
    together = probabilities(lenet, real_digits.images[:1100], **ASKED)
    apart = [probabilities(lenet, real_digits.images[i : i + 100], **ASKED) for i in (0, 500, 1000)]
    for start, part in zip((0, 500, 1000), apart, strict=True):
        np.testing.assert_allclose(together[start : start + 100], part, atol=1e-5)


def test_a_grid_of_shifted_views_is_averaged(real_digits: Dataset) -> None:
    lenet, _ = trained(real_digits[np.arange(64)], {"epochs": 1})
    inside = np.pad(real_digits.images[:20, 2:-2, 2:-2], ((0, 0), (2, 2), (2, 2)))
    # A pixel of a 16 x 16 image is 2/15 in normalised coordinates.
    together = probabilities(lenet, inside, **ASKED | {"test_shift": 2 / 15})
    steps = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    moved = [np.roll(inside, step, axis=(1, 2)) for step in steps]
    apart = [probabilities(lenet, images, **ASKED) for images in moved]
    np.testing.assert_allclose(together, np.mean(apart, axis=0), atol=1e-5)
