"""The first layers of LeNet as they learn fastest, by what MXNet's oneDNN does well."""

from itertools import product
from typing import Any

from lenet.model._mxnet import mx
from lenet.model.architecture import C1_MAPS, C3_MAPS, KERNEL
from lenet.model.network import LeNet

# P2 compares 2 x 2 neighbours of a map. Their places are the phases of C1.
_PHASES = list(product((0, 1), repeat=2))
# oneDNN keeps feature maps in blocks of this size, the values in a register of AVX2. Convolutions
# of whole blocks are fast.
_BLOCK = 8


class Phases(mx.gluon.HybridBlock):
    """A LeNet with max pooling and a full C3; it has the network's parameters and its outputs.

    C1 and P2 are one convolution and a maximum. A convolution of stride 2 gives the neighbours that
    P2 compares as maps of their own. Its kernels are C1's, in the four places of a 6 x 6 kernel.
    MXNet is slow at the gradients of pooling, and of kernels for a single input map.

    C3 reads blank maps too, up to a whole block. Their kernels are zeros and no parameters.

    Args:
        network: shares its parameters.

    Input and output are those of `LeNet`.
    """

    def __init__(self, network: LeNet) -> None:
        super().__init__(prefix=network.prefix)
        self.network = network
        self.weight, self.bias = network.c1.weight, network.c1.bias
        self.c3_weight, self.c3_bias = network.c3.weight, network.c3.bias

    def hybrid_forward(self, F: Any, x: Any, **own: Any) -> Any:  # noqa: N803 (Gluon's name)
        """Return the class scores of `x`; see the class."""
        maps = F.Convolution(
            x,
            _kernels(F, own["weight"]),
            F.tile(own["bias"], len(_PHASES)),
            kernel=(KERNEL + 1, KERNEL + 1),
            stride=(2, 2),
            num_filter=len(_PHASES) * C1_MAPS,
        )
        first, second, third, fourth = F.split(maps, len(_PHASES), axis=1)
        x = F.maximum(F.maximum(first, second), F.maximum(third, fourth))
        blank_maps = -C1_MAPS % _BLOCK
        # MXNet 1.9.1 crashes in the gradient of `concat` if C3 gets its result directly.
        flat = F.reshape(x, (0, 0, -1))
        blank = F.zeros_like(F.slice_axis(flat, axis=1, begin=0, end=1))
        flat = F.concat(flat, *[blank] * blank_maps, dim=1)
        sides = {"lhs_begin": 2, "lhs_end": 3, "rhs_begin": 2, "rhs_end": 4}
        _, activation = self.network.p2
        p2 = activation(F.reshape_like(flat, x, **sides))
        zeros = F.zeros((C3_MAPS, blank_maps, KERNEL, KERNEL))
        c3 = F.Convolution(
            p2,
            F.concat(own["c3_weight"], zeros, dim=1),
            own["c3_bias"],
            kernel=(KERNEL, KERNEL),
            num_filter=C3_MAPS,
        )
        behind = self.network
        return behind.o7(behind.f6(behind.c5(behind.p4(c3))))


def _kernels(F: Any, weight: Any) -> Any:  # noqa: N803
    """Return 5 x 5 kernels (maps, 1, 5, 5) in the places of 6 x 6 kernels, phase by phase."""
    row, column = F.zeros((C1_MAPS, 1, 1, KERNEL)), F.zeros((C1_MAPS, 1, KERNEL + 1, 1))
    placed = []
    for down, right in _PHASES:
        tall = F.concat(*((row, weight) if down else (weight, row)), dim=2)
        placed.append(F.concat(*((column, tall) if right else (tall, column)), dim=3))
    return F.concat(*placed, dim=0)


def learning_form(network: LeNet) -> mx.gluon.HybridBlock:
    """Return the form of a network that learns fastest, with the same parameters and outputs."""
    nn = mx.gluon.nn
    plain = isinstance(network.p2[0], nn.MaxPool2D) and isinstance(network.c3, nn.Conv2D)
    return Phases(network) if plain else network
