"""The images that changed between two versions of the raw files."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lenet.figures.canvas import blank, draw_captioned
from lenet.raw.difference import KINDS, Difference

_COLUMNS = 12
# The picture shows so many of each kind.
_MOST = 60


def draw_differences(differences: Sequence[Difference]) -> Figure:
    """Draw the images that were relabelled, added and removed, each with its class and record.

    Args:
        differences: at least one; each has a panel for each of its kinds of change.
    """
    panels = [
        (found, kind, np.flatnonzero(found.table["change"] == kind))
        for found in differences
        for kind in KINDS
        if found.count(kind)
    ]
    rows = [-(-min(len(changes), _MOST) // _COLUMNS) for _, _, changes in panels]
    figure = blank(1.05 * sum(rows) + 0.4 * len(rows) + 0.3 * len(differences) + 0.2)
    figure.suptitle("\n".join(found.heading for found in differences), size="medium")
    if not panels:
        figure.text(0.5, 0.1, "no image has changed", ha="center")
        return figure
    axes = figure.subplots(len(panels), 1, height_ratios=rows, squeeze=False)[:, 0]
    for panel, height, (found, kind, changes) in zip(axes, rows, panels, strict=True):
        shown = changes[:_MOST]
        left = len(changes) - len(shown)
        title = f"{found.title} {kind}: {len(changes):,}".lstrip()
        panel.set_title(title + f", of which {left:,} are not shown" * (left > 0), loc="left")
        images = found.images[shown]
        captions = [_caption(row) for _, row in found.table.iloc[shown].iterrows()]
        # Room for two lines of text below each image.
        room = images.shape[1] // 2
        draw_captioned(panel, images, captions, rows=height, columns=_COLUMNS, text=room)
    return figure


def _caption(row: pd.Series) -> str:
    """Return class and record of a change, each on a line."""
    when = "old" if row["change"] == "removed" else "new"
    before = f"{row['old_class']} → " if row["change"] == "relabelled" else ""
    return f"{before}{row[f'{when}_class']}\nrecord {row[f'{when}_record']}"
