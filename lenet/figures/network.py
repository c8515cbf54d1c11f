"""Pictures of a trained network: its kernels, and the output of each layer."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lenet.figures.canvas import SMALL, blank, hide_axes, mosaic


def draw_kernels(kernels: NDArray[np.float32]) -> Figure:
    """Draw the kernels of C1, (maps, side, side), with the same scale of colours for all."""
    limit = float(np.abs(kernels).max()) or 1.0
    figure = blank(1.1)
    panels = figure.subplots(1, len(kernels))
    for number, (axes, kernel) in enumerate(zip(panels, kernels, strict=True), 1):
        shown = axes.imshow(kernel, cmap="RdBu_r", vmin=-limit, vmax=limit)
        hide_axes(axes)
        axes.set_title(f"map {number}", fontsize=SMALL)
    figure.colorbar(shown, ax=panels, shrink=0.8)
    figure.suptitle("The filters of C1: red answers to ink, blue to its absence")
    return figure


def draw_outputs(image: NDArray[np.float32], outputs: dict[str, NDArray[np.float32]]) -> Figure:
    """Draw the output of each layer for a single image; each layer has its own scale of colours.

    Args:
        image: (size, size), the network's input.
        outputs: by the layer's name, from first to last, (maps, height, width) or (units,). The
            last layer gives the scores of the classes.
    """
    *hidden, (name, scores) = outputs.items()
    heights = [1.6, *(_height(values) for _, values in hidden), 1.2]
    figure = blank(5.2)
    first, *panels, last = figure.subplots(len(outputs) + 1, 1, height_ratios=heights)
    first.imshow(image, cmap="gray_r")
    _label(first, "input")
    hide_axes(first)
    for axes, (layer, values) in zip(panels, hidden, strict=True):
        row = values[None] if values.ndim == 3 else values.reshape(1, 1, 1, -1)
        limit = float(np.abs(row).max()) or 1.0
        aspect = "equal" if values.ndim == 3 else "auto"
        axes.imshow(mosaic(row), cmap="RdBu_r", vmin=-limit, vmax=limit, aspect=aspect)
        _label(axes, f"{layer}\n{' x '.join(map(str, values.shape))}")
        hide_axes(axes)
    odds = np.exp(scores - scores.max())
    last.bar(range(len(odds)), odds / odds.sum(), color="0.4")
    last.set_xticks(range(0, len(odds), 1 + len(odds) // 40))
    last.set_ylim(0, 1)
    _label(last, f"{name}\nprobability")
    last.spines[["top", "right"]].set_visible(False)
    figure.suptitle("What each layer gives: red above 0, blue below")
    return figure


def _height(values: NDArray[np.float32]) -> float:
    """Return the share of the figure's height for a layer's output: few maps are drawn larger."""
    if values.ndim == 1:
        return 0.6
    return 1.6 if len(values) <= 8 else 1.1


def _label(axes: Axes, text: str) -> None:
    axes.set_ylabel(text, rotation=0, ha="right", va="center")
