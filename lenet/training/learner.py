"""A network that learns: its initial weights, its optimizer, and a step for each batch."""

from typing import Any

import numpy as np

from lenet.model._mxnet import mx
from lenet.model.network import LeNet
from lenet.training.batches import Batch
from lenet.training.config import Config
from lenet.training.phases import learning_form
from lenet.training.workers import Workers


class _Objective(mx.gluon.HybridBlock):
    """A network followed by what training asks of it, as one graph.

    Input: data (n, 1, side, side) and labels (n,). Output: (2,), the summed cross entropy, and the
    number of images that are recognised.
    """

    def __init__(self, network: mx.gluon.HybridBlock) -> None:
        super().__init__(prefix=network.prefix)
        self._network = network
        self._criterion = mx.gluon.loss.SoftmaxCrossEntropyLoss()

    def hybrid_forward(self, F: Any, data: Any, labels: Any) -> Any:  # noqa: N803 (Gluon's name)
        """Return the sums over a batch; see the class."""
        scores = self._network(data)
        correct = F.broadcast_equal(F.argmax(F.BlockGrad(scores), axis=1), labels)
        return F.concat(F.sum(self._criterion(scores, labels)), F.sum(correct), dim=0)


class Learner:
    """A network in training.

    Args:
        network: is initialised here, and learns in place.
        config: how the network is trained.
        steps: the number of steps of the whole training, for the schedule of the learning rate.
        context: the device.
        peers: the processes that take each step together, if there are several.
        initializer: of the weights; Xavier's by default.

    Attributes:
        weights, gradients: (weights,) float32, all that is learned, and the gradients of the summed
            loss of the last batch.
    """

    def __init__(
        self,
        network: LeNet,
        config: Config,
        *,
        steps: int,
        context: mx.Context,
        peers: Workers | None = None,
        initializer: mx.init.Initializer | None = None,
    ) -> None:
        self.network, self.config, self.context, self._peers = network, config, context, peers
        # MXNet draws initial weights on the CPU, for a GPU too.
        mx.random.seed(config.seed, ctx=mx.cpu())
        network.initialize(initializer or mx.init.Xavier(), ctx=context, force_reinit=True)
        self.weights, self.gradients = _joined(network)
        self._objective = _Objective(learning_form(network))
        self._objective.hybridize(static_alloc=True, static_shape=True)
        self._optimizer = _optimizer(config, steps)
        self._state = self._optimizer.create_state(0, self.weights)
        # They stay on the device until the epoch ends, because reading stalls MXNet's queue.
        self._sums, self._images = mx.nd.zeros(2, ctx=context), 0

    def step(self, batch: Batch) -> None:
        """Learn from a batch, together with the peers."""
        self._images += batch.size
        if batch.data is None:
            self.gradients[:] = 0
        else:
            with mx.autograd.record():
                sums = self._objective(batch.data, batch.labels)
            sums.backward()
            self._sums += sums
        if self._peers:
            self._peers.add_up(f"{self.network.prefix}gradients", self.gradients)
        self._optimizer.rescale_grad = 1 / batch.size
        self._optimizer.update(0, self.weights, self.gradients, self._state)

    def end_epoch(self) -> tuple[float, float]:
        """Return mean loss and accuracy of the images in the steps since the last call."""
        if self._peers:
            self._peers.add_up(f"{self.network.prefix}sums", self._sums)
        loss, correct = self._sums.asnumpy().astype(np.float64) / self._images
        self._sums[:], self._images = 0, 0
        return float(loss), float(correct)


def _joined(network: LeNet) -> tuple[mx.nd.NDArray, mx.nd.NDArray]:
    """Make a network's parameters parts of one array, so that a step is one operation.

    Returns weights and gradients, (weights,) float32.
    """
    # Constants have no gradient.
    learned = [one for one in network.collect_params().values() if one.grad_req != "null"]
    weights = mx.nd.concat(*(one.data().reshape(-1) for one in learned), dim=0)
    gradients = mx.nd.zeros_like(weights)
    end = 0
    for parameter in learned:
        start, end = end, end + parameter.data().size
        # MXNet 1.9.1, the last version, has no public name for these lists.
        parameter._data = [weights[start:end].reshape(parameter.shape)]
        parameter._grad = [gradients[start:end].reshape(parameter.shape)]
        mx.autograd.mark_variables(parameter._data, parameter._grad)
    return weights, gradients


def _optimizer(config: Config, steps: int) -> mx.optimizer.Optimizer:
    settings = {"learning_rate": config.lr, "momentum": config.momentum, "wd": config.weight_decay}
    if config.lr_schedule == "cosine":
        settings["lr_scheduler"] = mx.lr_scheduler.CosineScheduler(steps, base_lr=config.lr)
    # MXNet's "nag" is Nesterov's momentum; without momentum, it is plain SGD.
    return mx.optimizer.create("nag", **settings)
