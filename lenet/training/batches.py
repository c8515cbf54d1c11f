"""The training images of each epoch: shuffled, augmented, and divided into batches."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet.core.npz import Dataset
from lenet.model._mxnet import mx
from lenet.model.deformation import Deformation
from lenet.model.preprocess import Preprocess
from lenet.model.sampling import network_input
from lenet.training.augment import AUGMENTED_AT_ONCE, Augment
from lenet.training.recipe import Recipe


@dataclass(frozen=True)
class Batch:
    """Images of one step, on the training's device.

    data: (n, 1, image_size, image_size) float32, the network's input.
    labels: (n,) float32.
    """

    data: mx.nd.NDArray
    labels: mx.nd.NDArray

    @property
    def size(self) -> int:
        """The number of images in the mean gradient of the step."""
        return len(self.labels)


class Batches:
    """The batches of a training, epoch by epoch.

    Args:
        examples: the training images.
        recipe: `batch_size` and `seed` are used.
        augment: how far the images are augmented.
        preprocess: how the network sees an image.
        size: side of the network's input in pixels.
        context: where the batches lie.
    """

    def __init__(
        self,
        examples: Dataset,
        recipe: Recipe,
        augment: Augment,
        preprocess: Preprocess,
        *,
        size: int,
        context: mx.Context,
    ) -> None:
        self._examples = examples
        self._augment, self._preprocess, self._size, self._context = (
            augment,
            preprocess,
            size,
            context,
        )
        self._batch_size = recipe.batch_size
        # The streams are independent: the order of images is the same with any augmentation.
        seeds = np.random.SeedSequence(recipe.seed).spawn(2)
        self._order, self._augmentation = map(np.random.default_rng, seeds)

    @property
    def images(self) -> int:
        """The number of training images; each epoch shows every image once."""
        return len(self._examples)

    def __len__(self) -> int:
        """Return the number of batches in an epoch; the last may be shorter."""
        return -(-self.images // self._batch_size)

    def epoch(self) -> Iterator[Batch]:
        """Yield the batches of the next epoch."""
        shuffled = self._examples[self._order.permutation(self.images)]
        # Many batches are made and copied at once, because a copy waits for MXNet's whole queue.
        many = self._batch_size * max(1, AUGMENTED_AT_ONCE // self._batch_size)
        for start in range(0, self.images, many):
            some = shuffled[start : start + many]
            deformation, images = self._augment.draw(self._augmentation, some.images)
            yield from self._cut(images, deformation, some.labels)

    def _cut(
        self, images: NDArray[np.float32], deformation: Deformation, labels: NDArray[np.int64]
    ) -> Iterator[Batch]:
        """Yield batches of images as the network sees them."""
        data, target = self._input(images, deformation, labels)
        for start in range(0, len(labels), self._batch_size):
            part = slice(start, min(start + self._batch_size, len(labels)))
            yield Batch(data[part], target[part])

    def _input(
        self, images: NDArray[np.float32], deformation: Deformation, labels: NDArray[np.int64]
    ) -> tuple[mx.nd.NDArray, mx.nd.NDArray]:
        """Return the network's input and the labels, on the device."""
        data = network_input(
            images, deformation, self._preprocess, size=self._size, context=self._context
        )
        return data, mx.nd.array(labels, ctx=self._context)
