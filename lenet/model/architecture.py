"""LeNet-5 in numbers (LeCun, Bottou, Bengio, Haffner 1998, section II.B): its layers and sizes.

Arithmetic alone, without MXNet.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from lenet.core.params import Params, Whole

KERNEL = 5
C1_MAPS = 6
C3_MAPS = 16
C5_UNITS = 120
F6_UNITS = 84

# The P2 maps that a partial C3 reads, Table I of the paper: a row for each map of P2, a column for
# each map of C3.
TABLE_I = (
    "X...XXX..XXXX.XX",
    "XX...XXX..XXXX.X",
    "XXX...XXX..X.XXX",
    ".XXX..XXXX..X.XX",
    "..XXX..XXXX.XX.X",
    "...XXX..XXXX.XXX",
)


@dataclass(frozen=True)
class Operator:
    """The operator that an activation becomes in an exported network; its scaling is apart.

    onnx: its name in ONNX.
    javascript: the same for the page to draw on, an expression of the number `x`.
    """

    onnx: str
    javascript: str


# The functions after every layer but the last, by MXNet's names. They must be monotone, because max
# pooling precedes them.
ACTIVATIONS = {
    "relu": Operator("Relu", "Math.max(x, 0)"),
    "tanh": Operator("Tanh", "Math.tanh(x)"),
    "sigmoid": Operator("Sigmoid", "1 / (1 + Math.exp(-x))"),
    "scaled_tanh": Operator("Tanh", "Math.tanh(x)"),
}


@dataclass(frozen=True)
class Layer:
    """One layer of the network.

    name: its name in LeCun et al. 1998; but the pooling layers are P2 and P4.
    output: feature maps, height, width; or units.
    kernel: side of the square of a feature map that a unit reads; None in a dense layer.
    parameters: number of learnt parameters.
    """

    name: str
    output: tuple[int, ...]
    kernel: int | None
    parameters: int


class Network(Params, frozen=True):
    """The kind and size of LeNet: the group `network` of params.yaml.

    image_size: side of the input in pixels.
    activation: function after every layer but the last; "scaled_tanh" is 1.7159 tanh(2x/3).
    c3: "full", every C3 map connected to every P2 map; or "partial", as in Table I of the paper.
    pooling: "max"; or "subsample", the trainable pooling of 1998.
    """

    image_size: Whole = Field(
        examples=[32], ge=16, le=512, multiple_of=4, description="a multiple of 4 from 16 to 512"
    )
    activation: str = Field(
        examples=["relu"],
        pattern=f"^({'|'.join(ACTIVATIONS)})$",
        description=f"one of {', '.join(ACTIVATIONS)}",
    )
    c3: Literal["full", "partial"] = Field(examples=["full"], description="full or partial")
    pooling: Literal["max", "subsample"] = Field(examples=["max"], description="max or subsample")

    def layers(self, classes: int) -> list[Layer]:
        """Return the layers from C1 to O7, which has a unit for each class."""
        c1 = self.image_size - KERNEL + 1  # 28 where the input has 32 x 32 pixels
        p2 = c1 // 2  #                      14
        c3 = p2 - KERNEL + 1  #              10
        p4 = c3 // 2  #                      5
        links = "".join(TABLE_I).count("X") if self.c3 == "partial" else C1_MAPS * C3_MAPS
        # Trainable pooling has a coefficient and a bias for each feature map.
        pooling = 2 if self.pooling == "subsample" else 0
        return [
            Layer("C1", (C1_MAPS, c1, c1), KERNEL, C1_MAPS * (KERNEL**2 + 1)),
            Layer("P2", (C1_MAPS, p2, p2), 2, C1_MAPS * pooling),
            Layer("C3", (C3_MAPS, c3, c3), KERNEL, links * KERNEL**2 + C3_MAPS),
            Layer("P4", (C3_MAPS, p4, p4), 2, C3_MAPS * pooling),
            Layer("C5", (C5_UNITS,), None, C5_UNITS * (C3_MAPS * p4**2 + 1)),
            Layer("F6", (F6_UNITS,), None, F6_UNITS * (C5_UNITS + 1)),
            Layer("O7", (classes,), None, classes * (F6_UNITS + 1)),
        ]

    def table(self, classes: int) -> list[dict[str, str]]:
        """Return layer, output, kernel and parameters of each layer and of the total, as text."""
        layers = self.layers(classes)
        rows = [
            {
                "layer": layer.name,
                "output": " x ".join(map(str, layer.output)),
                "kernel": f"{layer.kernel} x {layer.kernel}" if layer.kernel else "",
                "parameters": f"{layer.parameters:,}",
            }
            for layer in layers
        ]
        total = f"{sum(layer.parameters for layer in layers):,}"
        return [*rows, {"layer": "total", "output": "", "kernel": "", "parameters": total}]
