"""The network layer by layer: what each one gives, and what it costs; by arithmetic, no MXNet."""

from dataclasses import dataclass
from math import prod

import pandas as pd

from lenet.core.npz import CLASSES
from lenet.model.architecture import (
    C1_MAPS,
    C3_LINKS,
    C3_MAPS,
    C5_UNITS,
    F6_UNITS,
    KERNEL,
    map_sides,
)


@dataclass(frozen=True)
class Layer:
    """One layer.

    name: as in LeCun et al. 1998; P2 and P4 are pooling.
    output: maps, height, width; or units.
    kernel: side of the square that a unit sees of a map before it; None in a dense layer.
    parameters: how many numbers it learns.
    arithmetic: how they come about, such as "6 x 5 x 5 + 6".
    connections: how many inputs, its bias among them, all of its units together read.
    """

    name: str
    output: tuple[int, ...]
    kernel: int | None
    parameters: int
    arithmetic: str
    connections: int

    @property
    def neurons(self) -> int:
        """How many units it has."""
        return prod(self.output)


def layers(*, image_size: int, c3: str, pooling: str) -> list[Layer]:
    """Return the layers of `network.LeNet` of these settings, from C1 to O7."""
    *sides, last = map_sides(image_size)
    links = sum(map(len, C3_LINKS)) if c3 == "partial" else C1_MAPS * C3_MAPS
    shares = str(links) if c3 == "partial" else f"{C3_MAPS} x {C1_MAPS}"
    return [
        _convolution("C1", C1_MAPS, sides[0], C1_MAPS, str(C1_MAPS)),
        _pooling("P2", C1_MAPS, sides[1], pooling),
        _convolution("C3", C3_MAPS, sides[2], links, shares),
        _pooling("P4", C3_MAPS, last, pooling),
        _dense("C5", C5_UNITS, C3_MAPS * last**2),
        _dense("F6", F6_UNITS, C5_UNITS),
        _dense("O7", CLASSES, F6_UNITS),
    ]


def _convolution(name: str, maps: int, side: int, links: int, shares: str) -> Layer:
    parameters = links * KERNEL**2 + maps
    arithmetic = f"{shares} x {KERNEL} x {KERNEL} + {maps}"
    # Every unit of a map uses all of the map's parameters once.
    return Layer(name, (maps, side, side), KERNEL, parameters, arithmetic, side**2 * parameters)


def _pooling(name: str, maps: int, side: int, kind: str) -> Layer:
    # The trainable kind: a coefficient and a bias for each map.
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


def table(*, image_size: int, c3: str, pooling: str) -> pd.DataFrame:
    """Return a row a layer and one of totals, all cells as people read them.

    Columns: layer, output, kernel, parameters, connections, neurons.
    """
    rows = layers(image_size=image_size, c3=c3, pooling=pooling)
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
    table.loc[len(table)] = [
        "total",
        "",
        "",
        f"{sum(row.parameters for row in rows):,}",
        f"{sum(row.connections for row in rows):,}",
        f"{sum(row.neurons for row in rows):,}",
    ]
    return table
