"""Small trainings, and what they leave."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from lenet.core.npz import Dataset
from lenet.model._mxnet import mx
from lenet.model.network import LeNet
from lenet.training.batches import Batches
from lenet.training.config import Config
from lenet.training.learner import Learner
from lenet.training.loop import fit
from tests.settings import DEFAULT, PLAIN_PREPROCESS, SMALL

# Training images augmented as by default.
AUGMENTED = {f"augment.{name}": value for name, value in DEFAULT.augment.model_dump().items()}
# How a small network is asked for probabilities.
ASKED: dict[str, Any] = {
    "preprocess": PLAIN_PREPROCESS,
    "size": 16,
    "test_shift": 0,
    "context": mx.cpu(),
}


def real_digits() -> Dataset:
    """Return scikit-learn's digits, 16 x 16."""
    bunch = load_digits()
    images = bunch.images.repeat(2, axis=1).repeat(2, axis=2) / 16
    return Dataset(images.astype(np.float32), bunch.target.astype(np.int64))


def learner(config: Config = SMALL, *, steps: int = 1) -> Learner:
    """Return a new network, ready to learn alone."""
    lenet = LeNet(config.network, config.classes)
    return Learner(lenet, config, steps=steps, context=mx.cpu())


def trained(
    digits: Dataset,
    changes: Mapping[str, object] | None = None,
    validation: Dataset | None = None,
    *,
    unchecked: Mapping[str, object] | None = None,
) -> tuple[LeNet, list[dict[str, float]]]:
    """Train a network by `SMALL` with changes; return it and the figures of its epochs.

    Args:
        digits, validation: see `loop.fit`.
        changes: see `Config.changed`.
        unchecked: changes of the top level that the models refuse.
    """
    config = SMALL.changed(changes or {}).model_copy(update=unchecked or {})
    batches = Batches(digits, config, context=mx.cpu())
    learning = learner(config, steps=config.epochs * len(batches))
    return learning.network, list(fit(learning, batches, validation))


def weights(lenet: LeNet) -> bytes:
    """Return the bytes of all weights."""
    return b"".join(p.data().asnumpy().tobytes() for p in lenet.collect_params().values())
