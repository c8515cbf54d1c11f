"""The test images on which two runs differ."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lenet.evaluation.comparison import Comparison
from lenet.figures.canvas import blank, hide_axes, mosaic

_COLUMNS = 12
# The picture shows so many of each kind.
_MOST = 60


def draw_comparison(images: NDArray[np.float32], comparison: Comparison) -> Figure:
    """Draw the images that were fixed, that were broken, and that are wrong in both runs.

    Args:
        images: (n, side, side) in [0, 1], all images of the test set.
        comparison: of two runs on these images.
    """
    kinds = {
        "fixed": comparison.fixed,
        "broken": comparison.broken,
        "wrong in both": comparison.both_wrong,
    }
    rows = {name: max(1, -(-min(len(found), _MOST) // _COLUMNS)) for name, found in kinds.items()}
    figure = blank(1.05 * sum(rows.values()) + 1.2)
    panels = figure.subplots(3, 1, height_ratios=list(rows.values()))
    for axes, (name, found) in zip(panels, kinds.items(), strict=True):
        _draw(axes, images, found[:_MOST], rows[name])
        hide_axes(axes)
        axes.set_title(f"{name}: {len(found)}" + ", the first" * (len(found) > _MOST), loc="left")
    figure.suptitle(
        f"{comparison.old} (before) and {comparison.new} (now): class, prediction before, now"
    )
    return figure


def _draw(axes: Axes, images: NDArray[np.float32], found: pd.DataFrame, rows: int) -> None:
    side = images.shape[1]
    # Room for a line of text below each image.
    text = side // 3
    cells = np.full((rows * _COLUMNS, side + text, side), np.nan)
    cells[: len(found), :side] = images[found["index"]]
    grid = cells.reshape(rows, _COLUMNS, side + text, side)
    axes.imshow(mosaic(grid), cmap="gray_r", vmin=0, vmax=1)
    for place, (_, row) in enumerate(found.iterrows()):
        y, x = divmod(place, _COLUMNS)
        axes.text(
            x * (side + 2) + side / 2 + 0.5,
            y * (side + text + 2) + side + 1.2,
            f"{row['actual']:.0f}: {row['old']:.0f}, {row['new']:.0f}",
            ha="center",
            va="top",
            fontsize=7,
        )
