"""LeNet-5 in numbers (LeCun, Bottou, Bengio, Haffner 1998, section II.B): its layers and sizes.

Arithmetic alone, without MXNet.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from lenet.core.params import ClassCount, Params, Whole

if TYPE_CHECKING:
    import pandas as pd

KERNEL = 5
C1_MAPS = 6
C3_MAPS = 16
C5_UNITS = 120
F6_UNITS = 84

# The P2 maps that each C3 map is joined to, where C3 is partial: Table I of the paper.
C3_LINKS = (
    (0, 1, 2),
    (1, 2, 3),
    (2, 3, 4),
    (3, 4, 5),
    (0, 4, 5),
    (0, 1, 5),
    (0, 1, 2, 3),
    (1, 2, 3, 4),
    (2, 3, 4, 5),
    (0, 3, 4, 5),
    (0, 1, 4, 5),
    (0, 1, 2, 5),
    (0, 1, 3, 4),
    (1, 2, 4, 5),
    (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)


@dataclass(frozen=True)
class Activation:
    """A function after every layer but the last; it must be monotone, see `network.LeNet`.

    mxnet: a function of MXNet's namespace, for arrays or symbols, and of x, of any shape.
    onnx: the operator in which an exported network has it.
    javascript: the same operator for the page to draw on, an expression of the number `x`.
    """

    mxnet: Callable[[Any, Any], Any]
    onnx: str
    javascript: str


def _operator(name: str) -> Callable[[Any, Any], Any]:
    return lambda space, x: space.Activation(x, act_type=name, name="fwd")


ACTIVATIONS = {
    "relu": Activation(_operator("relu"), "Relu", "Math.max(x, 0)"),
    "tanh": Activation(_operator("tanh"), "Tanh", "Math.tanh(x)"),
    "sigmoid": Activation(_operator("sigmoid"), "Sigmoid", "1 / (1 + Math.exp(-x))"),
    # Slope near 1 at the origin, and f(1) = 1: LeCun 1998, appendix A.
    "scaled_tanh": Activation(
        lambda space, x: 1.7159 * space.tanh(x * (2 / 3)), "Tanh", "Math.tanh(x)"
    ),
}


def _known(activation: str) -> str:
    if activation not in ACTIVATIONS:
        raise ValueError
    return activation


class Classes(Params, frozen=True, extra="allow"):
    """The number of classes: a key of the group `raw`; `raw.layout.Layout` checks the others.

    classes: the network has as many outputs.
    """

    classes: ClassCount


def feature_map_sides(image_size: int) -> tuple[int, int, int, int]:
    """Return the sides of the feature maps of C1, P2, C3 and P4 for an input of `image_size`.

    28, 14, 10 and 5 for 32; 12, 6, 2 and 1 for 16.
    """
    c1 = image_size - KERNEL + 1
    c3 = c1 // 2 - KERNEL + 1
    return c1, c1 // 2, c3, c3 // 2


class Network(Params, frozen=True):
    """The kind and size of LeNet: the group `network` of params.yaml.

    image_size: side of the input in pixels.
    activation: function after every layer but the last; "scaled_tanh" is 1.7159 tanh(2x/3).
    c3: "full", every C3 map connected to every P2 map; or "partial", as in Table I of the paper.
    pooling: "max"; or "subsample", the trainable pooling of 1998.
    """

    image_size: Whole = Field(
        ge=16, le=512, multiple_of=4, description="a multiple of 4 from 16 to 512"
    )
    activation: Annotated[str, AfterValidator(_known)] = Field(
        description=f"one of {', '.join(ACTIVATIONS)}"
    )
    c3: Literal["full", "partial"] = Field(description="full or partial")
    pooling: Literal["max", "subsample"] = Field(description="max or subsample")

    def layers(self, classes: int) -> list["Layer"]:
        """Return the layers from C1 to O7, which has a unit for each class."""
        *sides, last = feature_map_sides(self.image_size)
        links = sum(map(len, C3_LINKS)) if self.c3 == "partial" else C1_MAPS * C3_MAPS
        shares = str(links) if self.c3 == "partial" else f"{C3_MAPS} x {C1_MAPS}"
        return [
            _convolution("C1", C1_MAPS, sides[0], C1_MAPS, str(C1_MAPS)),
            _pooling("P2", C1_MAPS, sides[1], self.pooling),
            _convolution("C3", C3_MAPS, sides[2], links, shares),
            _pooling("P4", C3_MAPS, last, self.pooling),
            _dense("C5", C5_UNITS, C3_MAPS * last**2),
            _dense("F6", F6_UNITS, C5_UNITS),
            _dense("O7", classes, F6_UNITS),
        ]

    def table(self, classes: int) -> "pd.DataFrame":
        """Return a row for each layer and a row of totals, with all cells as text.

        Columns: layer, output, kernel, parameters, connections, neurons.
        """
        import pandas as pd

        rows = self.layers(classes)
        table = pd.DataFrame(
            {
                "layer": row.name,
                "output": " x ".join(map(str, row.output)),
                "kernel": f"{row.kernel} x {row.kernel}" if row.kernel else "",
                "parameters": f"{row.arithmetic} = {row.parameters:,}" if row.arithmetic else "0",
                "connections": f"{row.connections:,}",
                "neurons": f"{row.neurons:,}",
            }
            for row in rows
        )
        sums = [
            f"{sum(numbers):,}"
            for numbers in (
                [row.parameters for row in rows],
                [row.connections for row in rows],
                [row.neurons for row in rows],
            )
        ]
        table.loc[len(table)] = ["total", "", "", *sums]
        return table


@dataclass(frozen=True)
class Layer:
    """One layer of the network.

    name: its name in LeCun et al. 1998; but the pooling layers are P2 and P4.
    output: feature maps, height, width; or units.
    kernel: side of the square of a feature map that a unit reads; None in a dense layer.
    parameters: number of learnt parameters.
    arithmetic: the parameters as a sum of products, such as "6 x 5 x 5 + 6".
    connections: number of inputs that all units together read, biases included.
    """

    name: str
    output: tuple[int, ...]
    kernel: int | None
    parameters: int
    arithmetic: str
    connections: int

    @property
    def neurons(self) -> int:
        """The number of units."""
        return prod(self.output)


def _convolution(name: str, maps: int, side: int, links: int, shares: str) -> Layer:
    parameters = links * KERNEL**2 + maps
    arithmetic = f"{shares} x {KERNEL} x {KERNEL} + {maps}"
    # Every unit of a feature map uses all parameters of the map once.
    return Layer(name, (maps, side, side), KERNEL, parameters, arithmetic, side**2 * parameters)


def _pooling(name: str, maps: int, side: int, kind: str) -> Layer:
    # Trainable pooling has a coefficient and a bias for each feature map.
    trainable = kind == "subsample"
    return Layer(
        name,
        (maps, side, side),
        2,
        2 * maps if trainable else 0,
        f"{maps} + {maps}" if trainable else "",
        maps * side**2 * (4 + trainable),
    )


def _dense(name: str, units: int, inputs: int) -> Layer:
    parameters = units * inputs + units
    return Layer(name, (units,), None, parameters, f"{units} x {inputs} + {units}", parameters)
