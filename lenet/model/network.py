"""LeNet-5 in Gluon (LeCun, Bottou, Bengio, Haffner 1998, section II.B), and its file form."""

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lenet.core.errors import untrusted
from lenet.core.files import whole_file
from lenet.model._mxnet import mx
from lenet.model.architecture import C1_MAPS, C3_MAPS, C5_UNITS, F6_UNITS, KERNEL, TABLE_I, Network

# The files of a network, under the names that MXNet's `export` gives.
SYMBOL, PARAMS = "lenet-symbol.json", "lenet-0000.params"


class PartialConvolution(mx.gluon.HybridBlock):
    """C3 of 1998: a kernel for each link of Table I.

    Parameters: weight (60, 5, 5), the kernels of map 0, then the kernels of map 1, and so on; and
    bias (16,).
    """

    def __init__(self, *, prefix: str) -> None:
        super().__init__(prefix=prefix)
        joined = np.array([[mark == "X" for mark in marks] for marks in zip(*TABLE_I, strict=True)])
        # The matrix that puts 60 kernels in their places among 16 x 6; the others are zeros.
        places = np.eye(joined.size, dtype=np.float32)[:, joined.ravel()]
        links = places.shape[1]
        # Xavier's bound for the mean number of links. Gluon's Xavier would misread the shape.
        fan_in, fan_out = links / C3_MAPS * KERNEL**2, links / C1_MAPS * KERNEL**2
        bound = mx.init.Uniform(math.sqrt(6 / (fan_in + fan_out)))
        with self.name_scope():
            self.weight = self.params.get("weight", shape=(links, KERNEL, KERNEL), init=bound)
            self.bias = self.params.get("bias", shape=C3_MAPS, init=mx.init.Zero())
            # Gluon's own constants share a registry, and warn if an address comes again.
            self.places = self.params.get(
                "places", shape=places.shape, init=mx.init.Constant(places), grad_req="null"
            )

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any, places: Any) -> Any:  # noqa: N803
        """Return `x` (n, 6, height, width) convolved."""
        kernels = F.dot(places, F.reshape(weight, (0, -1)))
        kernels = F.reshape(kernels, (C3_MAPS, C1_MAPS, KERNEL, KERNEL))
        return F.Convolution(x, kernels, bias, kernel=(KERNEL, KERNEL), num_filter=C3_MAPS)


class Subsampling(mx.gluon.HybridBlock):
    """Pooling of 1998: the sum of each 2 x 2, times a coefficient of the map, plus a bias."""

    def __init__(self, maps: int, *, prefix: str) -> None:
        super().__init__(prefix=prefix)
        with self.name_scope():
            # The initial coefficient makes the sum a mean.
            self.coefficient = self.params.get(
                "coefficient", shape=(1, maps, 1, 1), init=mx.init.Constant(0.25)
            )
            self.bias = self.params.get("bias", shape=(1, maps, 1, 1), init=mx.init.Zero())

    def hybrid_forward(self, F: Any, x: Any, coefficient: Any, bias: Any) -> Any:  # noqa: N803
        """Return `x` (n, maps, height, width) at half its height and width."""
        # MXNet exports no pooling by sums.
        sums = 4 * F.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="avg")
        return F.broadcast_add(F.broadcast_mul(sums, coefficient), bias)


class Activation(mx.gluon.HybridBlock):
    """A function of `ACTIVATIONS`, by its name."""

    def __init__(self, name: str) -> None:
        self._function = name
        super().__init__()

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803 (Gluon's name)
        """Return the values of the function at `x`, of any shape."""
        if self._function == "scaled_tanh":
            # Slope near 1 at the origin, and f(1) = 1: LeCun 1998, appendix A.
            return 1.7159 * F.tanh(x * (2 / 3))
        return F.Activation(x, act_type=self._function, name="fwd")


def _chain(*blocks: mx.gluon.HybridBlock) -> mx.gluon.nn.HybridSequential:
    chain = mx.gluon.nn.HybridSequential(prefix="")
    chain.add(*blocks)
    return chain


class LeNet(mx.gluon.HybridBlock):
    """LeNet-5 for square grey images.

    Max pooling precedes the activation. Every activation is monotone, so the result is the same,
    and the activation runs on a quarter of the values.

    Args:
        network: the kind and size of LeNet.
        classes: the number of classes.
        name: prefix of the parameters' names.

    Input (n, 1, image_size, image_size) float32; output (n, classes) float32, the class scores
    before the softmax.
    """

    def __init__(self, network: Network, classes: int, *, name: str = "lenet") -> None:
        # Gluon's own prefix would count the blocks made so far in the process.
        super().__init__(prefix=f"{name}_")
        self.image_size = network.image_size
        self._layers = network.layers(classes)
        p4_units = math.prod(self._layers[3].output)
        nn = mx.gluon.nn

        def activation() -> Activation:
            return Activation(network.activation)

        def pooling(maps: int, prefix: str) -> mx.gluon.HybridBlock:
            if network.pooling == "max":
                return _chain(nn.MaxPool2D(2, prefix=prefix), activation())
            return _chain(activation(), Subsampling(maps, prefix=prefix), activation())

        with self.name_scope():
            self.c1 = nn.Conv2D(C1_MAPS, KERNEL, in_channels=1, prefix="c1_")
            self.p2 = pooling(C1_MAPS, "p2_")
            if network.c3 == "partial":
                self.c3 = PartialConvolution(prefix="c3_")
            else:
                self.c3 = nn.Conv2D(C3_MAPS, KERNEL, in_channels=C1_MAPS, prefix="c3_")
            self.p4 = pooling(C3_MAPS, "p4_")
            # A convolution over the whole of its input is a dense layer.
            self.c5 = _chain(nn.Dense(C5_UNITS, in_units=p4_units, prefix="c5_"), activation())
            self.f6 = _chain(nn.Dense(F6_UNITS, in_units=C5_UNITS, prefix="f6_"), activation())
            self.o7 = nn.Dense(classes, in_units=F6_UNITS, prefix="o7_")
        for layer in self._layers:
            learned = getattr(self, layer.name.lower()).collect_params().values()
            sizes = [math.prod(one.shape) for one in learned if one.grad_req != "null"]
            assert sum(sizes) == layer.parameters

    def every_layer(self, x: Any) -> tuple[Any, ...]:
        """Return the outputs of C1 to O7 for `x`, arrays or symbols."""
        c1 = self.c1(x)  #   6 x 28 x 28 where the input has 32 x 32 pixels
        p2 = self.p2(c1)  #  6 x 14 x 14
        c3 = self.c3(p2)  #  16 x 10 x 10
        p4 = self.p4(c3)  #  16 x 5 x 5
        c5 = self.c5(p4)  #  120
        f6 = self.f6(c5)  #  84
        o7 = self.o7(f6)  #  10
        return c1, p2, c3, p4, c5, f6, o7

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002, N803 (Gluon's signature)
        """Return the class scores of `x`; see the class."""
        return self.every_layer(x)[-1]

    def outputs(self, data: mx.nd.NDArray) -> dict[str, mx.nd.NDArray]:
        """Return the output of every layer, from C1 to O7, for `data`, by the layer's name.

        Args:
            data: (n, 1, image_size, image_size) float32; see `prediction.network_input`.

        Returns (n, feature maps, height, width) or (n, units), after the activation. C1 and C3
        are given before the activation, which follows in P2 and P4.
        """
        with mx.autograd.train_mode():
            outputs = self.every_layer(data)
        named = {layer.name: output for layer, output in zip(self._layers, outputs, strict=True)}
        assert all(named[layer.name].shape[1:] == layer.output for layer in self._layers)
        return named


class Committee(mx.gluon.HybridBlock):
    """Networks whose probabilities are averaged.

    Args:
        members: networks whose parameters have different names.

    Input (n, 1, image_size, image_size) float32; output (n, classes) float32, the logarithms of the
    averages. The softmax turns the logarithms back into the averages.
    """

    def __init__(self, members: Sequence[LeNet]) -> None:
        super().__init__(prefix="committee_")
        self.members = members
        for member in members:
            self.register_child(member)

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803 (Gluon's name)
        """Return the class scores of `x`; see the class."""
        return F.log(
            F.add_n(*(F.softmax(member(x)) for member in self.members)) / len(self.members)
        )


def new_members(network: Network, classes: int, count: int) -> list[LeNet]:
    """Return the networks of a committee, without weights; their names differ."""
    return [LeNet(network, classes, name=f"lenet{number}") for number in range(count)]


def together(members: Sequence[LeNet]) -> mx.gluon.HybridBlock:
    """Return a network as it is, and several as a `Committee`."""
    return members[0] if len(members) == 1 else Committee(members)


def save(members: Sequence[LeNet], folder: Path) -> None:
    """Write trained networks as one, without pickle; each file whole or not at all.

    Args:
        members: the networks; several become a `Committee`.
        folder: for MXNet's symbol JSON and params, `SYMBOL` and `PARAMS`.

    Raises InputError where a file cannot be written.
    """
    network, size = together(members), members[0].image_size
    network.hybridize()
    # Outside of training mode, oneDNN would reorder the weights meanwhile, and fail where they are
    # parts of one array, as after training.
    with mx.autograd.train_mode():
        network(mx.nd.zeros((1, 1, size, size), ctx=members[0].c1.bias.list_ctx()[0]))
    with tempfile.TemporaryDirectory() as temporary:
        advice = "If the disk is full, make room, or name another folder by TMPDIR."
        with untrusted(temporary, "MXNet could not write the network there", advice):
            network.export(f"{temporary}/lenet")
            # MXNet does not notice that the disk is too full for the last bytes.
            mx.sym.load(f"{temporary}/{SYMBOL}")
            mx.nd.load(f"{temporary}/{PARAMS}")
        for name in (SYMBOL, PARAMS):
            with whole_file(folder / name) as file:
                file.write(Path(temporary, name).read_bytes())


def load(folder: Path, network: Network, classes: int, count: int) -> list[LeNet]:
    """Return the first `count` networks that `save` wrote to `folder`.

    Raises InputError where the file is missing or holds no such networks.
    """
    path, members = folder / PARAMS, new_members(network, classes, count)
    advice = "`dvc checkout` or `dvc repro train` brings it back."
    with untrusted(path, "not a model that MXNet can read", advice):
        for member in members:
            member.collect_params().load(str(path), ctx=mx.cpu(), ignore_extra=True)
    return members
