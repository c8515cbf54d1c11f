"""Batches and steps of several workers, each of which has a part of every batch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.model._mxnet import mx
from lenet.model.deformation import Deformation
from lenet.training.batches import Batch, Batches
from lenet.training.distributed.workers import Workers
from lenet.training.learner import Learner


@dataclass(frozen=True)
class _Shard(Batch):
    """A worker's part of a batch.

    total: number of images in the whole batch.
    empty: whether the worker has no part; the data are then a blank image without effect.
    """

    total: int
    empty: bool

    @property
    def size(self) -> int:
        return self.total


class ShardedBatches(Batches):
    """A worker's part of each batch; every worker draws the warps of all images.

    Args:
        workers: all workers of the training.
        args, settings: see `Batches`.
    """

    def __init__(self, workers: Workers, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._workers = workers

    def _cut(
        self, images: NDArray[np.float32], deformation: Deformation, labels: NDArray[np.int64]
    ) -> Iterator[Batch]:
        numbers = np.arange(len(labels))
        batches = [
            numbers[start : start + self._batch_size]
            for start in range(0, len(labels), self._batch_size)
        ]
        own = [batch[self._workers.part(len(batch))] for batch in batches]
        mine = np.concatenate(own)
        # MXNet has no arrays without elements, so a worker without a part gets a blank image.
        blank = (
            mx.nd.zeros((1, 1, self._size, self._size), ctx=self._context),
            mx.nd.zeros(1, ctx=self._context),
        )
        if len(mine):
            data, target = self._input(images[mine], deformation[mine], labels[mine])
        first = 0
        for batch, part in zip(batches, own, strict=True):
            at = slice(first, first + len(part))
            first += len(part)
            arrays = (data[at], target[at]) if len(part) else blank
            yield _Shard(*arrays, len(batch), empty=not len(part))


class SynchronousLearner(Learner):
    """A network that takes each step together with the copies of the other workers.

    Args:
        workers: all workers of the training.
        args, settings: see `Learner`.
    """

    def __init__(self, workers: Workers, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._workers = workers

    def step(self, batch: Batch) -> None:
        """Learn from a batch, from this worker's part and the parts of the others."""
        if isinstance(batch, _Shard) and batch.empty:
            # Gluon takes no step with gradients that no backward pass has made.
            self._replicas.learn(batch.data, batch.labels)
            for gradient in self._replicas.gradients:
                gradient[:] = 0
            self._update(batch.size)
        else:
            super().step(batch)

    def _update(self, size: int) -> None:
        self._workers.add_up(f"{self.network.prefix}gradients", self._replicas.gradients)
        super()._update(size)

    def means(self, images: int) -> tuple[float, float]:
        """Return the means over the images of all workers; see the base class."""
        self._workers.add_up(f"{self.network.prefix}sums", [self._loss, self._correct])
        return super().means(images)
