"""Copies of a network that compute parts of a batch at the same time, and learn as one network."""

import copy

from lenet.model._mxnet import mx
from lenet.model.network import LeNet
from lenet.training.phases import learning_form


def parts(images: int, count: int) -> list[slice]:
    """Divide a batch into `count` equal parts; the last parts may have fewer images, or none."""
    size = -(-images // count)
    return [slice(min(i * size, images), min((i + 1) * size, images)) for i in range(count)]


class Replicas:
    """An initialised network and its copies, each for a part of a batch.

    MXNet's engine runs the copies at the same time if there are enough cores. It would compute the
    gradients of shared weights in turn, so each copy has its own weights. The bits depend on
    `count` alone, because the parts and the order in which the gradients are added do.

    Args:
        network: the network that learns; it is hybridized here.
        count: parts of a batch; 1 means no copies.
        context: where the weights are.
    """

    def __init__(self, network: LeNet, count: int, *, context: mx.Context) -> None:
        network = learning_form(network)
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
        """The gradients of the network's parameters after the last `learn`."""
        return [parameter.grad() for parameter in self._parameters[0]]

    def learn(self, data: mx.nd.NDArray, labels: mx.nd.NDArray) -> tuple[mx.nd.NDArray, ...]:
        """Compute the gradients of the summed loss of a batch, which the network then holds.

        Args:
            data: the network's input, (n, 1, side, side).
            labels: (n,).

        Returns the scores (n, classes) and the losses (n,).
        """
        # A small last batch may have no images for the last copies.
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
        """Give the copies the present weights of the network."""
        first, *others = self._parameters
        for copies in others:
            for parameter, follower in zip(first, copies, strict=True):
                parameter.data().copyto(follower.data())
