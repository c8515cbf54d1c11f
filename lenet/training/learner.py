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
        network: is hybridized and initialised here.
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
        mx.random.seed(recipe.seed, ctx=context)
        network.initialize(initializer or mx.init.Xavier(), ctx=context, force_reinit=True)
        self._replicas = Replicas(network, recipe.replicas, context=context)
        self._trainer = _trainer(network, recipe, steps)
        self._reset()

    def _reset(self) -> None:
        # The sums stay on the device until the epoch ends, because reading stalls MXNet's queue.
        self._loss = mx.nd.zeros(1, ctx=self.context)
        self._correct = mx.nd.zeros(1, ctx=self.context)

    def step(self, batch: Batch) -> None:
        """Learn from a batch."""
        scores, loss = self._replicas.learn(batch.data, batch.labels)
        self._update(batch.size)
        self._loss += loss.sum()
        self._correct += (scores.argmax(axis=1) == batch.labels).sum()

    def _update(self, size: int) -> None:
        """Change the weights by the gradients of a batch of `size` images."""
        self._trainer.step(size)
        self._replicas.follow()

    def means(self, images: int) -> tuple[float, float]:
        """Return mean loss and accuracy of the `images` in the steps since the last call."""
        loss, accuracy = self._loss.asscalar() / images, self._correct.asscalar() / images
        self._reset()
        return float(loss), float(accuracy)

    def has_finite_weights(self) -> bool:
        """Return whether all weights are finite numbers."""
        parameters = self.network.collect_params().values()
        weights = (parameter.data(self.context).asnumpy() for parameter in parameters)
        return all(np.isfinite(weight).all() for weight in weights)


def _trainer(network: LeNet, recipe: Recipe, steps: int) -> mx.gluon.Trainer:
    settings = {
        "learning_rate": recipe.lr,
        "momentum": recipe.momentum,
        "wd": recipe.weight_decay,
    }
    if recipe.lr_schedule == "cosine":
        settings["lr_scheduler"] = mx.lr_scheduler.CosineScheduler(steps, base_lr=recipe.lr)
    # MXNet's "nag" is Nesterov's momentum; without momentum, "sgd" does the same with less work.
    optimizer = "nag" if recipe.momentum else "sgd"
    return mx.gluon.Trainer(network.collect_params(), optimizer, settings, kvstore=None)
