"""The training images whose label may be wrong."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lenet.figures.canvas import blank, draw_captioned

_COLUMNS = 12
_MOST = 120


def draw_label_issues(images: NDArray[np.float32], issues: pd.DataFrame) -> Figure:
    """Draw suspicious images, the most suspicious first.

    Args:
        images: (n, side, side) in [0, 1], all training images.
        issues: see `issues.find_label_issues`.
    """
    shown = issues[:_MOST]
    rows = max(1, -(-len(shown) // _COLUMNS))
    figure = blank(1.05 * rows + 0.7)
    captions = [
        f"{label}: {suggested}?\n{index + 1}"
        for label, suggested, index in shown[["label", "suggested", "index"]].itertuples(
            index=False
        )
    ]
    axes = figure.subplots()
    chosen = images[shown["index"].to_numpy(np.int64)]
    room = images.shape[1] // 2
    draw_captioned(axes, chosen, captions, rows=rows, columns=_COLUMNS, text=room)
    title = f"{len(issues)} suspicious labels: label, suggestion, record"
    axes.set_title(title + (f"; the first {_MOST}" if len(issues) > _MOST else ""), loc="left")
    return figure
