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
    """A worker's part of a batch; without an image, `data` and `labels` are None.

    total: number of images in the whole batch.
    """

    data: mx.nd.NDArray | None
    labels: mx.nd.NDArray | None
    total: int

    @property
    def size(self) -> int:
        return self.total


class ShardedBatches(Batches):
    """A worker's part of each batch; every worker draws the augmentations of all images.

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
        if len(mine):
            data, target = self._input(images[mine], deformation[mine], labels[mine])
        first = 0
        for batch, part in zip(batches, own, strict=True):
            at = slice(first, first + len(part))
            first += len(part)
            # MXNet has no arrays without elements.
            known = len(part) > 0
            yield _Shard(data[at] if known else None, target[at] if known else None, len(batch))


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
        if batch.data is None:
            self._replicas.gradients[:] = 0
            self._update(batch.size)
        else:
            super().step(batch)

    def _update(self, size: int) -> None:
        self._workers.add_up(f"{self.network.prefix}gradients", [self._replicas.gradients])
        super()._update(size)

    def end_epoch(self, images: int) -> tuple[float, float]:
        """Return the means over the images of all workers; see the base class."""
        self._workers.add_up(f"{self.network.prefix}sums", [self._loss, self._correct])
        return super().end_epoch(images)
