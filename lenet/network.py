"""LeNet-5 in Gluon (LeCun, Bottou, Bengio, Haffner 1998, section II.B), and its file form."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lenet._mxnet import mx
from lenet.digits import CLASSES
from lenet.errors import InputError
from lenet.files import replace

_KERNEL = 5
# float32 in a vector register. MXNet's oneDNN convolves by fast kernels where the maps fill whole
# ones, and by slower general ones otherwise: for LeNet's 6 maps a training step takes 1.3 times
# as long.
_LANES = 16


class ScaledTanh(mx.gluon.HybridBlock):
    """1.7159 tanh(2x/3): slope near 1 at the origin, f(1) = 1 (LeCun 1998, appendix A)."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803 (Gluon's name)
        """Return the values of `x`, of any shape, squashed."""
        return 1.7159 * F.tanh(x * (2 / 3))


class _Conv2D(mx.gluon.nn.Conv2D):
    """A convolution that computes blank maps beside its own, up to a multiple of `_LANES`.

    Input and output have those blank maps behind the others; only a single map comes as it is.
    Their weights are zeros that are no parameters, so that they say nothing and learn nothing.
    """

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any) -> Any:  # noqa: N803
        """Return `x` convolved: its own maps as Conv2D gives them, and blank ones."""
        maps, maps_in = self._channels, self._in_channels
        blank, blank_in = -maps % _LANES, -maps_in % _LANES if maps_in > 1 else 0
        if blank_in:
            weight = F.concat(weight, F.zeros((maps, blank_in, _KERNEL, _KERNEL)), dim=1)
        if blank:
            shape = (blank, maps_in + blank_in, _KERNEL, _KERNEL)
            weight = F.concat(weight, F.zeros(shape), dim=0)
            bias = F.concat(bias, F.zeros(blank), dim=0)
        return F.Convolution(x, weight, bias, kernel=(_KERNEL, _KERNEL), num_filter=maps + blank)


def _activation(name: str) -> mx.gluon.HybridBlock:
    return ScaledTanh() if name == "scaled_tanh" else mx.gluon.nn.Activation(name)


def feature_size(image_size: int) -> int:
    """Return the side of P4's maps for square images of `image_size`: 5 for 32, 1 for 16."""
    return ((image_size - _KERNEL + 1) // 2 - _KERNEL + 1) // 2


class LeNet(mx.gluon.HybridBlock):
    """LeNet-5 for square grey images, every C3 map joined to every P2 map.

    Pooling stands before the activation: every activation here is monotone, so the maximum
    commutes with it, and it then runs on a quarter of the values.

    Args:
        image_size: side of the input in pixels, a multiple of 4 from 16 on.
        activation: "relu", "tanh", "sigmoid" or "scaled_tanh", after every layer but the last.
        name: what the names of its parameters begin with.

    Input (n, 1, image_size, image_size) float32; output (n, 10) float32, the class scores
    before the softmax.
    """

    def __init__(self, *, image_size: int, activation: str, name: str = "lenet") -> None:
        # A fixed prefix: Gluon's own counts the blocks made so far in the process.
        super().__init__(prefix=f"{name}_")
        self.image_size = image_size
        side = feature_size(image_size)
        nn = mx.gluon.nn
        with self.name_scope():
            self.layers = nn.HybridSequential(prefix="")
            #                                                                 32x32: output
            self.layers.add(
                _Conv2D(6, _KERNEL, in_channels=1, prefix="c1_"),  #          6 x 28 x 28
                nn.MaxPool2D(2, prefix="p2_"),  #                             6 x 14 x 14
                _activation(activation),
                _Conv2D(16, _KERNEL, in_channels=6, prefix="c3_"),  #         16 x 10 x 10
                nn.MaxPool2D(2, prefix="p4_"),  #                             16 x 5 x 5
                _activation(activation),
                # A convolution over the whole of its input is a dense layer.
                nn.Dense(120, in_units=16 * side * side, prefix="c5_"),  #    120
                _activation(activation),
                nn.Dense(84, in_units=120, prefix="f6_"),  #                  84
                _activation(activation),
                nn.Dense(CLASSES, in_units=84, prefix="o7_"),  #              10
            )

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002, N803 (Gluon's signature)
        """Return the class scores of `x`; see the class."""
        return self.layers(x)


class Committee(mx.gluon.HybridBlock):
    """Networks that decide together: their probabilities are averaged.

    Args:
        members: networks whose parameters have names of their own.

    Input as a member's; output (n, 10) float32, the logarithms of the averages, which the softmax
    turns into these again.
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


def committee(members: Sequence[LeNet]) -> LeNet | Committee:
    """Return trained networks as one that can be saved; a single one as it is."""
    if len(members) == 1:
        return members[0]
    together = Committee(members)
    together.hybridize()
    parameter = next(iter(members[0].collect_params().values()))
    size = members[0].image_size
    together(mx.nd.zeros((1, 1, size, size), ctx=parameter.list_ctx()[0]))
    return together


def save(network: LeNet | Committee, symbol_path: Path, params_path: Path) -> None:
    """Write `network` as MXNet's symbol JSON and params, without pickle; each file whole or not.

    The network must have been hybridized and called once.
    """
    with tempfile.TemporaryDirectory(dir=symbol_path.parent, prefix=".export-") as folder:
        network.export(f"{folder}/lenet")
        replace(Path(folder, "lenet-0000.params"), params_path)
        replace(Path(folder, "lenet-symbol.json"), symbol_path)


def load(symbol_path: Path, params_path: Path, *, context: mx.Context) -> mx.gluon.SymbolBlock:
    """Read a network that `save` wrote; it gives the same bits.

    Raises InputError where a file is missing or no such model.
    """
    for path in (symbol_path, params_path):
        if not path.is_file():
            raise InputError(f"{path}: no such model file; `dvc repro train` makes it.")
    try:
        # Given the params too, `imports` warns that it does not know the input's type.
        network = mx.gluon.SymbolBlock.imports(str(symbol_path), ["data"])
        network.collect_params().load(str(params_path), ctx=context)
    except (mx.MXNetError, ValueError, AssertionError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise InputError(
            f"{symbol_path}, {params_path}: not a model that MXNet can read ({reason}); "
            "`dvc checkout` or `dvc repro train` brings it back."
        ) from error
    return network
