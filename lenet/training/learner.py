"""A network that learns: its initial weights, its optimizer, and a step for each batch."""

import numpy as np

from lenet.model._mxnet import mx
from lenet.model.network import LeNet
from lenet.training.batches import Batch
from lenet.training.recipe import Recipe
from lenet.training.replicas import Replicas


class Learner:
    """A network in training.

    Args:
        network: is initialised here; `end_epoch` gives it what it has learned.
        recipe: how the network is trained.
        steps: the number of steps of the whole training, for the schedule of the learning rate.
        context: the device.
        initializer: of the weights; Xavier's by default.
    """

    def __init__(
        self,
        network: LeNet,
        recipe: Recipe,
        *,
        steps: int,
        context: mx.Context,
        initializer: mx.init.Initializer | None = None,
    ) -> None:
        self.network, self.recipe, self.context = network, recipe, context
        # MXNet draws initial weights on the CPU, for a GPU too.
        mx.random.seed(recipe.seed, ctx=mx.cpu())
        network.initialize(initializer or mx.init.Xavier(), ctx=context, force_reinit=True)
        self._replicas = Replicas(network, recipe.replicas, context=context)
        self._optimizer = _optimizer(recipe, steps)
        self._state = self._optimizer.create_state(0, self._replicas.weights)
        self._reset()

    def _reset(self) -> None:
        # The sums stay on the device until the epoch ends, because reading stalls MXNet's queue.
        self._loss = mx.nd.zeros(1, ctx=self.context)
        self._correct = mx.nd.zeros(1, ctx=self.context)

    def step(self, batch: Batch) -> None:
        """Learn from a batch."""
        for loss, correct in self._replicas.learn(batch.data, batch.labels):
            self._loss += loss
            self._correct += correct
        self._update(batch.size)

    def _update(self, size: int) -> None:
        """Change the weights by the gradients of a batch of `size` images."""
        self._optimizer.rescale_grad = 1 / size
        replicas = self._replicas
        self._optimizer.update(0, replicas.weights, replicas.gradients, self._state)
        replicas.follow()

    def end_epoch(self, images: int) -> tuple[float, float]:
        """Give the network what it has learned, and return how well it did meanwhile.

        Returns mean loss and accuracy of the `images` in the steps since the last call.
        """
        self._replicas.write_back()
        loss, accuracy = self._loss.asscalar() / images, self._correct.asscalar() / images
        self._reset()
        return float(loss), float(accuracy)

    def has_finite_weights(self) -> bool:
        """Return whether all weights are finite numbers."""
        return bool(np.isfinite(self._replicas.weights.asnumpy()).all())


def _optimizer(recipe: Recipe, steps: int) -> mx.optimizer.Optimizer:
    settings = {
        "learning_rate": recipe.lr,
        "momentum": recipe.momentum,
        "wd": recipe.weight_decay,
    }
    if recipe.lr_schedule == "cosine":
        settings["lr_scheduler"] = mx.lr_scheduler.CosineScheduler(steps, base_lr=recipe.lr)
    # MXNet's "nag" is Nesterov's momentum; without momentum, it is plain SGD.
    return mx.optimizer.create("nag", **settings)
