"""The training images of each epoch: shuffled, augmented, and divided into batches."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lenet.core.npz import Dataset
from lenet.model._mxnet import mx
from lenet.model.prediction import network_input
from lenet.training.config import Config

# Images that are made at once, rounded down to whole batches. Memory stays at a few MiB.
_MADE_AT_ONCE = 512


@dataclass(frozen=True)
class Batch:
    """Images of one step, on the training's device.

    size: number of images in the mean gradient of the step: n, and those of other workers.
    data: (n, 1, image_size, image_size) float32, the network's input; None where n is 0.
    labels: (n,) float32; None where n is 0.
    """

    size: int
    data: mx.nd.NDArray | None = None
    labels: mx.nd.NDArray | None = None


class Batches:
    """The batches of a training, epoch by epoch.

    Args:
        examples: the training images.
        config: the seed, the size of a batch, and how images are augmented and preprocessed.
        context: where the batches lie.
        part: this worker's part of each batch. Each worker draws the random numbers of all images.
    """

    def __init__(
        self, examples: Dataset, config: Config, *, context: mx.Context, part: slice = slice(None)
    ) -> None:
        self._examples, self._config, self._context, self._part = examples, config, context, part
        # The streams are independent: the order of images is the same with any augmentation.
        seeds = np.random.SeedSequence(config.seed).spawn(2)
        self._order, self._augmentation = map(np.random.default_rng, seeds)

    def __len__(self) -> int:
        """Return the number of batches in an epoch; the last may be shorter."""
        return -(-len(self._examples) // self._config.batch_size)

    def epoch(self) -> Iterator[Batch]:
        """Yield the batches of the next epoch, which shows every image once."""
        shuffled = self._examples[self._order.permutation(len(self._examples))]
        size = self._config.batch_size
        # Many batches are made and copied at once, because a copy waits for MXNet's whole queue.
        many = size * max(1, _MADE_AT_ONCE // size)
        for start in range(0, len(self._examples), many):
            yield from self._made(shuffled[start : start + many])

    def _made(self, some: Dataset) -> Iterator[Batch]:
        config = self._config
        deformations, images = config.augment.draw(self._augmentation, some.images)
        starts = range(0, len(some), config.batch_size)
        batches = np.split(np.arange(len(some)), starts[1:])
        own = np.concatenate([batch[self._part] for batch in batches])
        # MXNet has no arrays without elements.
        if len(own):
            data = network_input(
                images[own],
                deformations[own],
                config.preprocess,
                size=config.network.image_size,
                context=self._context,
            )
            labels = mx.nd.array(some.labels[own], ctx=self._context)
        end = 0
        for batch in batches:
            start, end = end, end + len(batch[self._part])
            has_part = (data[start:end], labels[start:end]) if start < end else ()
            yield Batch(len(batch), *has_part)
