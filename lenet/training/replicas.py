"""Copies of a network that work on parts of a batch at the same time, and learn as one."""

import copy

from lenet.model._mxnet import mx
from lenet.model.network import LeNet


def parts(images: int, count: int) -> list[slice]:
    """Cut a batch into `count` parts of equal size; the last parts have fewer images, or none."""
    size = -(-images // count)
    return [slice(min(i * size, images), min((i + 1) * size, images)) for i in range(count)]


class Replicas:
    """An initialised network and its copies, each for its part of a batch.

    MXNet's engine runs them side by side, as far as there are cores. They are copies because the
    engine takes turns with the gradients of shared weights. The parts, and the order in which the
    gradients are added, depend on `count` alone, and so do the bits.

    Args:
        network: learns; is hybridized here.
        count: parts of a batch; 1 is the network by itself.
        context: where its weights are.
    """

    def __init__(self, network: LeNet, count: int, *, context: mx.Context) -> None:
        network.hybridize(static_alloc=True, static_shape=True)
        copies = [copy.deepcopy(network) for _ in range(1, count)]
        for replica in copies:
            replica.initialize(ctx=context, force_reinit=True)
        self._networks = [network, *copies]
        self._criteria = [mx.gluon.loss.SoftmaxCrossEntropyLoss() for _ in self._networks]
        for criterion in self._criteria:
            criterion.hybridize(static_alloc=True, static_shape=True)
        # Constants have no gradient.
        self._parameters = [
            [p for p in replica.collect_params().values() if p.grad_req != "null"]
            for replica in self._networks
        ]
        self.follow()

    @property
    def gradients(self) -> list[mx.nd.NDArray]:
        """The gradients of the network's parameters, as `learn` left them."""
        return [parameter.grad() for parameter in self._parameters[0]]

    def learn(self, data: mx.nd.NDArray, labels: mx.nd.NDArray) -> tuple[mx.nd.NDArray, ...]:
        """Leave the gradients of the summed loss of a batch in the network.

        Args:
            data: the network's input, (n, 1, side, side).
            labels: (n,).

        Returns the scores (n, classes) and the losses (n,).
        """
        # A short last batch may have no images for the last replicas.
        each = [part for part in parts(len(data), len(self._networks)) if part.start < part.stop]
        with mx.autograd.record():
            scores = [net(data[part]) for net, part in zip(self._networks, each, strict=False)]
            losses = [
                criterion(score, labels[part])
                for criterion, score, part in zip(self._criteria, scores, each, strict=False)
            ]
        for loss in losses:
            loss.backward()
        if len(each) == 1:
            return scores[0], losses[0]
        for shared in zip(*self._parameters[: len(each)], strict=True):
            gradients = [parameter.grad() for parameter in shared]
            mx.nd.add_n(*gradients, out=gradients[0])
        return mx.nd.concat(*scores, dim=0), mx.nd.concat(*losses, dim=0)

    def follow(self) -> None:
        """Give the copies the weights that the network has now."""
        first, *others = self._parameters
        for copies in others:
            for parameter, follower in zip(first, copies, strict=True):
                parameter.data().copyto(follower.data())
