"""Small trainings, and what they leave."""

from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from lenet.core.npz import Dataset
from lenet.model._mxnet import mx
from lenet.model.network import LeNet
from lenet.model.preprocess import Preprocess
from lenet.training.augment import Augment
from lenet.training.batches import Batches
from lenet.training.learner import Learner
from lenet.training.loop import Epoch, fit
from tests.settings import NETWORK, NO_AUGMENT, PLAIN_PREPROCESS, RECIPE


def real_digits() -> Dataset:
    """Return scikit-learn's digits, 16 x 16."""
    bunch = load_digits()
    images = bunch.images.repeat(2, axis=1).repeat(2, axis=2) / 16
    return Dataset(images.astype(np.float32), bunch.target.astype(np.int64))


def trained(
    digits: Dataset,
    validation: Dataset | None = None,
    *,
    augment: Augment = NO_AUGMENT,
    preprocess: Preprocess = PLAIN_PREPROCESS,
    initializer: mx.init.Initializer | None = None,
    **recipe: Any,
) -> tuple[LeNet, list[Epoch]]:
    """Train a network by `RECIPE` with these changes, unchecked; return it and its epochs."""
    lenet, own = LeNet(NETWORK), RECIPE.model_copy(update=recipe)
    batches = Batches(digits, own, augment, preprocess, size=lenet.image_size, context=mx.cpu())
    learner = Learner(
        lenet, own, steps=own.epochs * len(batches), context=mx.cpu(), initializer=initializer
    )
    return lenet, list(fit(learner, batches, validation, preprocess))


def weights(lenet: LeNet) -> bytes:
    """Return the bytes of all weights."""
    return b"".join(p.data().asnumpy().tobytes() for p in lenet.collect_params().values())
