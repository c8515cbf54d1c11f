"""The test images on which two runs differ."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lenet.evaluation.comparison import Comparison
from lenet.figures.canvas import blank, draw_captioned

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
        shown = found[:_MOST]
        captions = [
            f"{actual}: {old}, {new}"
            for actual, old, new in shown[["actual", "old", "new"]].itertuples(index=False)
        ]
        # Room for a line of text below each image.
        room = images.shape[1] // 3
        chosen = images[shown["index"]]
        draw_captioned(axes, chosen, captions, rows=rows[name], columns=_COLUMNS, text=room)
        axes.set_title(f"{name}: {len(found)}" + ", the first" * (len(found) > _MOST), loc="left")
    figure.suptitle(
        f"{comparison.old} (before) and {comparison.new} (now): class, prediction before, now"
    )
    return figure
