"""LeNet-5 in Gluon (LeCun, Bottou, Bengio, Haffner 1998, section II.B), and its file form."""

import math
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, untrusted
from lenet.core.files import whole_file
from lenet.model._mxnet import mx
from lenet.model.architecture import (
    ACTIVATIONS,
    C1_MAPS,
    C3_LINKS,
    C3_MAPS,
    C5_UNITS,
    F6_UNITS,
    KERNEL,
    Network,
    feature_map_sides,
)

# MXNet's oneDNN keeps feature maps in blocks of this size, the values in a register of AVX2.
MAPS_IN_A_BLOCK = 8
# The files of a network, under the names that MXNet's `export` gives.
SYMBOL, PARAMS = "lenet-symbol.json", "lenet-0000.params"


class _Conv2D(mx.gluon.nn.Conv2D):
    """A convolution with blank output maps, up to a multiple of `MAPS_IN_A_BLOCK`.

    MXNet's oneDNN has fast convolutions where feature maps fill whole blocks. LeNet's 6 do not.

    Blank maps follow the feature maps in input and output; a single input map has none. The
    kernels of blank maps are zeros and no parameters, so blank maps add nothing and learn nothing.
    """

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any) -> Any:  # noqa: N803
        """Return the feature maps that Conv2D gives for `x`, and blank maps."""
        maps, maps_in = self.weight.shape[:2]
        blank, blank_in = -maps % MAPS_IN_A_BLOCK, -maps_in % MAPS_IN_A_BLOCK if maps_in > 1 else 0
        if blank_in:
            weight = F.concat(weight, F.zeros((maps, blank_in, KERNEL, KERNEL)), dim=1)
        if blank:
            shape = (blank, maps_in + blank_in, KERNEL, KERNEL)
            weight = F.concat(weight, F.zeros(shape), dim=0)
            bias = F.concat(bias, F.zeros(blank), dim=0)
        return F.Convolution(x, weight, bias, kernel=(KERNEL, KERNEL), num_filter=maps + blank)


class _PartialC3(mx.gluon.HybridBlock):
    """C3 of 1998: a kernel for each link of Table I.

    Parameters: weight (60, 5, 5), the kernels of map 0, then the kernels of map 1, and so on; and
    bias (16,). The input is an output of `_Conv2D`.
    """

    def __init__(self, *, prefix: str) -> None:
        super().__init__(prefix=prefix)
        links = sum(map(len, C3_LINKS))
        # Xavier's bound for the mean number of links. Gluon's Xavier would misread the shape.
        fan_in, fan_out = links / C3_MAPS * KERNEL**2, links / C1_MAPS * KERNEL**2
        # The number of the kernel from each P2 map to each C3 map, from 1; 0 is a kernel of zeros.
        table = np.zeros((C3_MAPS, C1_MAPS), np.float32)
        rows, columns = zip(*((i, j) for i, row in enumerate(C3_LINKS) for j in row), strict=True)
        table[rows, columns] = np.arange(links) + 1
        with self.name_scope():
            self.weight = self.params.get(
                "weight",
                shape=(links, KERNEL, KERNEL),
                init=mx.init.Uniform(math.sqrt(6 / (fan_in + fan_out))),
            )
            self.bias = self.params.get("bias", shape=C3_MAPS, init=mx.init.Zero())
            # Gluon's own constants share a registry, and warn if an address comes again.
            self.kernel = self.params.get(
                "kernel", shape=table.shape, init=mx.init.Constant(table), grad_req="null"
            )

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any, kernel: Any) -> Any:  # noqa: N803
        """Return `x` convolved."""
        kernels = F.concat(F.zeros((1, KERNEL**2)), F.reshape(weight, (0, -1)), dim=0)
        size = {"input_dim": self.weight.shape[0] + 1, "output_dim": KERNEL**2}
        kernel = F.concat(kernel, F.zeros((C3_MAPS, -C1_MAPS % MAPS_IN_A_BLOCK)), dim=1)
        weight = F.reshape(F.Embedding(kernel, kernels, **size), (0, 0, KERNEL, KERNEL))
        return F.Convolution(x, weight, bias, kernel=(KERNEL, KERNEL), num_filter=C3_MAPS)


class _Activation(mx.gluon.HybridBlock):
    """A function of `ACTIVATIONS`."""

    def __init__(self, name: str) -> None:
        self._name_in_table = name
        super().__init__()

    def _alias(self) -> str:
        # Gluon names the block by it, "relu0".
        return self._name_in_table

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803 (Gluon's name)
        """Return the values of the function at `x`, of any shape."""
        return ACTIVATIONS[self._name_in_table].mxnet(F, x)


class _Subsampling(mx.gluon.HybridBlock):
    """Trainable pooling: the sum of each 2 x 2, times a coefficient of the map, plus a bias.

    Args:
        maps: the number of feature maps, without the blank maps of `_Conv2D`.
    """

    def __init__(self, maps: int, *, prefix: str) -> None:
        super().__init__(prefix=prefix)
        self._blank = -maps % MAPS_IN_A_BLOCK
        with self.name_scope():
            # The initial coefficient makes the sum a mean.
            self.coefficient = self.params.get(
                "coefficient", shape=maps, init=mx.init.Constant(0.25)
            )
            self.bias = self.params.get("bias", shape=maps, init=mx.init.Zero())

    def hybrid_forward(self, F: Any, x: Any, coefficient: Any, bias: Any) -> Any:  # noqa: N803
        """Return `x` (n, maps and blank maps, height, width) at half its height and width."""
        if self._blank:
            coefficient = F.concat(coefficient, F.zeros(self._blank), dim=0)
            bias = F.concat(bias, F.zeros(self._blank), dim=0)
        # MXNet exports no pooling by sums.
        sums = 4 * F.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="avg")
        scaled = F.broadcast_mul(sums, F.reshape(coefficient, (1, -1, 1, 1)))
        return F.broadcast_add(scaled, F.reshape(bias, (1, -1, 1, 1)))


def _chain(*blocks: mx.gluon.HybridBlock) -> mx.gluon.nn.HybridSequential:
    """Return blocks as one, which adds nothing to their names."""
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
        p4_side = feature_map_sides(network.image_size)[-1]
        nn, partial = mx.gluon.nn, network.c3 == "partial"

        def squash() -> _Activation:
            return _Activation(network.activation)

        def pooling(maps: int, prefix: str) -> mx.gluon.HybridBlock:
            if network.pooling == "max":
                return _chain(nn.MaxPool2D(2, prefix=prefix), squash())
            return _chain(squash(), _Subsampling(maps, prefix=prefix), squash())

        with self.name_scope():
            self.c1 = _Conv2D(C1_MAPS, KERNEL, in_channels=1, prefix="c1_")
            self.p2 = pooling(C1_MAPS, "p2_")
            self.c3 = (
                _PartialC3(prefix="c3_")
                if partial
                else _Conv2D(C3_MAPS, KERNEL, in_channels=C1_MAPS, prefix="c3_")
            )
            self.p4 = pooling(C3_MAPS, "p4_")
            # A convolution over the whole of its input is a dense layer.
            self.c5 = _chain(
                nn.Dense(C5_UNITS, in_units=C3_MAPS * p4_side**2, prefix="c5_"), squash()
            )
            self.f6 = _chain(nn.Dense(F6_UNITS, in_units=C5_UNITS, prefix="f6_"), squash())
            self.o7 = nn.Dense(classes, in_units=F6_UNITS, prefix="o7_")
        for layer in self._layers:
            learned = getattr(self, layer.name.lower()).collect_params().values()
            sizes = [math.prod(one.shape) for one in learned if one.grad_req != "null"]
            assert sum(sizes) == layer.parameters

    def forward_from(self, c1: Any, p2: Any) -> tuple[Any, ...]:
        """Return the outputs of all layers, given those of C1 and P2: arrays, or symbols."""
        #                      side 32: 6 x 28 x 28 from C1, 6 x 14 x 14 from P2
        c3 = self.c3(p2)  #             16 x 10 x 10
        p4 = self.p4(c3)  #             16 x 5 x 5
        c5 = self.c5(p4)  #             120
        f6 = self.f6(c5)  #             84
        o7 = self.o7(f6)  #             10
        return c1, p2, c3, p4, c5, f6, o7

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002, N803 (Gluon's signature)
        """Return the class scores of `x`; see the class."""
        c1 = self.c1(x)
        return self.forward_from(c1, self.p2(c1))[-1]

    def outputs(self, data: mx.nd.NDArray) -> dict[str, mx.nd.NDArray]:
        """Return the output of every layer, from C1 to O7, for `data`, by the layer's name.

        Args:
            data: (n, 1, image_size, image_size) float32; see `sampling.network_input`.

        Returns (n, feature maps, height, width) or (n, units), after the activation. C1 and C3
        are given before the activation, which follows in P2 and P4.
        """
        with mx.autograd.train_mode():
            c1 = self.c1(data)
            values = self.forward_from(c1, self.p2(c1))
        outputs = {}
        for layer, value in zip(self._layers, values, strict=True):
            # Without the blank maps. MXNet 1.9.1 crashes where `value[:, :6]` cuts the maps of
            # several images, which lie in blocks.
            own = mx.nd.slice_axis(value, axis=1, begin=0, end=layer.output[0])
            assert own.shape[1:] == layer.output
            outputs[layer.name] = own
        return outputs

    def kernels(self) -> NDArray[np.float32]:
        """Return the kernels of C1, (6, 5, 5)."""
        weight: NDArray[np.float32] = self.c1.weight.data().asnumpy()
        return weight[:, 0]


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


def member_name(number: int) -> str:
    """Return the name of a committee's member, from 0."""
    return f"lenet{number}"


def _together(members: Sequence[LeNet]) -> mx.gluon.HybridBlock:
    """Return trained networks as one, ready to be exported."""
    network = members[0] if len(members) == 1 else Committee(members)
    network.hybridize()
    parameter = next(iter(members[0].collect_params().values()))
    size = members[0].image_size
    network(mx.nd.zeros((1, 1, size, size), ctx=parameter.list_ctx()[0]))
    return network


def save(members: Sequence[LeNet], folder: Path) -> None:
    """Write trained networks as one, without pickle; each file whole or not at all.

    Args:
        members: the networks; several become a `Committee`.
        folder: for MXNet's symbol JSON and params, `SYMBOL` and `PARAMS`.

    Raises InputError where a file cannot be written.
    """
    network = _together(members)
    with tempfile.TemporaryDirectory() as temporary:
        with untrusted(
            f"{temporary}: MXNet could not write the network there",
            "If the disk is full, make room, or name another folder by TMPDIR.",
        ):
            network.export(f"{temporary}/lenet")
            # MXNet does not notice that the disk is too full for the last bytes.
            _read(Path(temporary), context=mx.cpu())
        for name in (SYMBOL, PARAMS):
            with whole_file(folder / name) as file:
                file.write(Path(temporary, name).read_bytes())


def load(folder: Path, *, context: mx.Context) -> mx.gluon.SymbolBlock:
    """Read the network that `save` wrote to `folder`; its outputs have the same bits.

    Raises InputError where a file is missing or is no such model.
    """
    with readable(folder / SYMBOL, folder / PARAMS):
        return _read(folder, context=context)


def load_first_member(folder: Path, network: Network, classes: int) -> LeNet:
    """Read the network that `save` wrote to `folder`, or a committee's first member, by layers.

    Raises InputError where the file is missing or holds no such network.
    """
    lenet = LeNet(network, classes, name=member_name(0))
    with readable(folder / PARAMS):
        lenet.collect_params().load(str(folder / PARAMS), ctx=mx.cpu(), ignore_extra=True)
    return lenet


@contextmanager
def readable(*paths: Path) -> Iterator[None]:
    """Raise InputError where a model's file is missing, or MXNet cannot read a network from it."""
    for path in paths:
        if not path.is_file():
            raise InputError(f"{path}: no such model file; `dvc repro train` makes it.")
    with untrusted(
        f"{', '.join(map(str, paths))}: not a model that MXNet can read",
        "`dvc checkout` or `dvc repro train` brings it back.",
    ):
        yield


def _read(folder: Path, *, context: mx.Context) -> mx.gluon.SymbolBlock:
    # If `imports` reads the parameters too, it warns that it does not know the input's type.
    network = mx.gluon.SymbolBlock.imports(str(folder / SYMBOL), ["data"])
    network.collect_params().load(str(folder / PARAMS), ctx=context)
    return network
