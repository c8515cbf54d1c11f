"""The training images of each epoch: shuffled, augmented, and divided into batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lenet.core.npz import Dataset
from lenet.model._mxnet import mx
from lenet.model.sampling import network_input
from lenet.training.config import Config

# Images that are made at once, rounded down to whole batches. Memory stays at a few MiB.
_MADE_AT_ONCE = 512


@dataclass(frozen=True)
class Batch:
    """Images of one step, on the training's device.

    data: (n, 1, image_size, image_size) float32, the network's input; None where n is 0.
    labels: (n,) float32; None where n is 0.
    size: number of images in the mean gradient of the step: n, and those of other workers.
    """

    data: mx.nd.NDArray | None
    labels: mx.nd.NDArray | None
    size: int


class Peers(Protocol):
    """The processes that train a network together; this process is one of them."""

    def part(self, images: int) -> slice:
        """Return this process's part of a batch of `images`; the part may be empty."""

    def add_up(self, key: str, *arrays: mx.nd.NDArray) -> None:
        """Replace float32 arrays by their sums over all processes, which name them by `key`."""


class Alone:
    """A process that trains by itself: the `Peers` of most trainings."""

    def part(self, images: int) -> slice:
        """Return all of a batch."""
        return slice(0, images)

    def add_up(self, key: str, *arrays: mx.nd.NDArray) -> None:
        """Do nothing."""


class Batches:
    """The batches of a training, epoch by epoch.

    Args:
        examples: the training images.
        config: the seed, the size of a batch, and how images are augmented and preprocessed.
        context: where the batches lie.
        peers: who shares each batch. Each process draws the random numbers of all images.
    """

    def __init__(
        self, examples: Dataset, config: Config, *, context: mx.Context, peers: Peers
    ) -> None:
        self._examples, self._config, self._context = examples, config, context
        self._part = peers.part
        # The streams are independent: the order of images is the same with any augmentation.
        seeds = np.random.SeedSequence(config.seed).spawn(2)
        self._order, self._augmentation = map(np.random.default_rng, seeds)

    @property
    def images(self) -> int:
        """The number of training images; each epoch shows every image once."""
        return len(self._examples)

    def __len__(self) -> int:
        """Return the number of batches in an epoch; the last may be shorter."""
        return -(-self.images // self._config.batch_size)

    def epoch(self) -> Iterator[Batch]:
        """Yield the batches of the next epoch."""
        shuffled = self._examples[self._order.permutation(self.images)]
        size = self._config.batch_size
        # Many batches are made and copied at once, because a copy waits for MXNet's whole queue.
        many = size * max(1, _MADE_AT_ONCE // size)
        for start in range(0, self.images, many):
            yield from self._made(shuffled[start : start + many])

    def _made(self, some: Dataset) -> Iterator[Batch]:
        config = self._config
        deformation, images = config.augment.draw(self._augmentation, some.images)
        numbers = np.arange(len(some))
        starts = range(0, len(some), config.batch_size)
        batches = [numbers[start : start + config.batch_size] for start in starts]
        own = [batch[self._part(len(batch))] for batch in batches]
        mine = np.concatenate(own)
        if len(mine):
            data = network_input(
                images[mine],
                deformation[mine],
                config.preprocess,
                size=config.network.image_size,
                context=self._context,
            )
            labels = mx.nd.array(some.labels[mine], ctx=self._context)
        end = 0
        for batch, part in zip(batches, own, strict=True):
            start, end = end, end + len(part)
            # MXNet has no arrays without elements.
            known = len(part) > 0
            yield Batch(
                data[start:end] if known else None, labels[start:end] if known else None, len(batch)
            )
