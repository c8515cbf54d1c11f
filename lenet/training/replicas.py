"""Copies of a network that compute parts of a batch at the same time, and learn as one network."""

import copy
from typing import Any

from lenet.model._mxnet import mx
from lenet.model.network import LeNet
from lenet.training.phases import learning_form


def parts(images: int, count: int) -> list[slice]:
    """Divide a batch into `count` equal parts; the last parts may have fewer images, or none."""
    size = -(-images // count)
    return [slice(min(i * size, images), min((i + 1) * size, images)) for i in range(count)]


class _Objective(mx.gluon.HybridBlock):
    """A network followed by what training asks of it, as one graph.

    Input: data (n, 1, side, side) and labels (n,). Output: the summed cross entropy (1,), and the
    number of images that are recognised (1,).
    """

    def __init__(self, network: mx.gluon.HybridBlock) -> None:
        super().__init__(prefix=network.prefix)
        self._network = network
        self._criterion = mx.gluon.loss.SoftmaxCrossEntropyLoss()

    def hybrid_forward(self, F: Any, data: Any, labels: Any) -> Any:  # noqa: N803 (Gluon's name)
        """Return the sums over a batch; see the class."""
        scores = self._network(data)
        found = F.broadcast_equal(F.argmax(F.BlockGrad(scores), axis=1), labels)
        return F.sum(self._criterion(scores, labels)), F.sum(found)


class _Replica:
    """A copy of a network with its weights in one vector, so that a step is one operation.

    Args:
        network: an initialised network.
        context: where the copy is.

    Attributes:
        objective: the copy with its loss.
        parameters: the copy's parameters. The arrays of those that learn are views of the vectors.
        weights: (weights,) float32.
        gradients: (weights,) float32.
    """

    def __init__(self, network: LeNet, *, context: mx.Context) -> None:
        replica = copy.deepcopy(network)
        # New arrays on the device; those that learn are replaced below.
        replica.initialize(ctx=context, force_reinit=True)
        self.parameters = list(replica.collect_params().values())
        # Constants have no gradient.
        learned = [p for p in network.collect_params().values() if p.grad_req != "null"]
        self.weights = mx.nd.concat(*(p.data().reshape(-1) for p in learned), dim=0)
        self.gradients = mx.nd.zeros_like(self.weights)
        start = 0
        for parameter in (p for p in self.parameters if p.grad_req != "null"):
            shape = parameter.shape
            end = start + parameter.data().size
            # MXNet 1.9.1, the last version, has no public name for these lists.
            parameter._data = [self.weights[start:end].reshape(shape)]
            parameter._grad = [self.gradients[start:end].reshape(shape)]
            mx.autograd.mark_variables(parameter._data, parameter._grad)
            start = end
        self.objective = _Objective(learning_form(replica))
        self.objective.hybridize(static_alloc=True, static_shape=True)


class Replicas:
    """Copies of an initialised network, each for a part of a batch.

    MXNet's engine runs the copies at the same time if there are enough cores. It would compute the
    gradients of shared weights in turn, so each copy has its own weights. The bits depend on
    `count` alone, because the parts and the order in which the gradients are added do.

    The network itself is not one of the copies. Outside of training mode oneDNN may reorder the
    weights of a network in place, and it must not reorder a part of a vector.

    Args:
        network: the network that learns; `write_back` gives it what the copies have learned.
        count: parts of a batch.
        context: where the copies are.
    """

    def __init__(self, network: LeNet, count: int, *, context: mx.Context) -> None:
        self._network = network
        self._replicas = [_Replica(network, context=context) for _ in range(count)]

    @property
    def weights(self) -> mx.nd.NDArray:
        """The weights of the first copy, (weights,) float32; `follow` gives them to the others."""
        return self._replicas[0].weights

    @property
    def gradients(self) -> mx.nd.NDArray:
        """The gradients of the weights after the last `learn`, (weights,) float32."""
        return self._replicas[0].gradients

    def learn(
        self, data: mx.nd.NDArray, labels: mx.nd.NDArray
    ) -> list[tuple[mx.nd.NDArray, mx.nd.NDArray]]:
        """Compute the gradients of the summed loss of a batch.

        Args:
            data: the network's input, (n, 1, side, side).
            labels: (n,).

        Returns the summed loss (1,), and the number of images recognised (1,), of each part.
        """
        # A small last batch may have no images for the last copies.
        each = [part for part in parts(len(data), len(self._replicas)) if part.start < part.stop]
        busy = self._replicas[: len(each)]
        with mx.autograd.record():
            sums = [
                replica.objective(data[part], labels[part])
                for replica, part in zip(busy, each, strict=True)
            ]
        for loss, _ in sums:
            loss.backward()
        if len(busy) > 1:
            mx.nd.add_n(*(replica.gradients for replica in busy), out=self.gradients)
        return sums

    def follow(self) -> None:
        """Give the copies the present weights of the first."""
        for replica in self._replicas[1:]:
            self.weights.copyto(replica.weights)

    def write_back(self) -> None:
        """Give the network the present weights of the first copy."""
        # MXNet's engine does not know that backward writes running statistics, and would copy them
        # while they are written.
        mx.nd.waitall()
        own = self._network.collect_params().values()
        for parameter, learned in zip(own, self._replicas[0].parameters, strict=True):
            parameter.set_data(learned.data())
