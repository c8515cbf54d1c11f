"""Sheets of images with captions: mistakes, label issues, and the changes of raw files."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lenet.evaluation.predictions import Predictions
from lenet.evaluation.summary import counted
from lenet.figures.canvas import SMALL, blank, hide_axes, mosaic, shortened

_COLUMNS = 5
# The pictures may go into git, so they stay small.
_IMAGES_A_PANEL = 200

# Images, (n, side, side) in [0, 1], and n captions of two lines.
Panel = tuple[NDArray[np.float32], list[str]]


def draw_sheet(panels: Mapping[str, Panel], title: str = "") -> Figure:
    """Draw panels one below the other, five images a row; each panel shows at most 200 images.

    Args:
        panels: by the title of each.
        title: of the sheet.
    """
    rows = [
        max(1, -(-min(len(captions), _IMAGES_A_PANEL) // _COLUMNS))
        for _, captions in panels.values()
    ]
    figure = blank(1.08 * sum(rows) + 0.25 * len(rows) + 0.3 * bool(title))
    figure.suptitle(title)
    all_axes = figure.subplots(len(rows), 1, height_ratios=rows, squeeze=False)[:, 0]
    for axes, height, name in zip(all_axes, rows, panels, strict=True):
        images, captions = panels[name]
        shown = captions[:_IMAGES_A_PANEL]
        axes.set_title(name + f"; the first {len(shown)}" * (len(shown) < len(captions)))
        side = images.shape[1]
        # Room for two lines of text below each image.
        cell = side + 3 * side // 8
        cells = np.full((height * _COLUMNS, cell, side), np.nan)
        cells[: len(shown), :side] = images[: len(shown)]
        grid = mosaic(cells.reshape(height, _COLUMNS, cell, side))
        axes.imshow(grid, cmap="gray_r", vmin=0, vmax=1)
        hide_axes(axes)
        for place, caption in enumerate(shown):
            row, column = divmod(place, _COLUMNS)
            x, y = column * (side + 2) + side / 2 + 0.5, row * (cell + 2) + side + 1.2
            axes.text(x, y, caption, ha="center", va="top", fontsize=SMALL)
    return figure


def draw_mistakes(images: NDArray[np.float32], predictions: Predictions) -> Figure:
    """Draw the misclassified images, the most confident mistakes first.

    Args:
        images: (n, side, side) in [0, 1], all images of the test set.
        predictions: the predictions for these images.
    """
    rows = predictions.table().iloc[predictions.mistakes]
    title = f"{counted(len(rows), 'mistake')}: class, prediction, confidence, index"
    taken_for = ": " if predictions.class_names else " taken for "
    caption = f"{{actual}}{taken_for}{{predicted}}\n{{confidence:.0%}}, no. {{index}}"
    return draw_sheet({title: _panel(images, rows, caption)})


def draw_label_issues(images: NDArray[np.float32], issues: pd.DataFrame) -> Figure:
    """Draw images whose label may be wrong, the most suspicious first.

    Args:
        images: (n, side, side) in [0, 1], all training images.
        issues: see `evaluation.label_issues.find_label_issues`.
    """
    title = f"{len(issues)} suspicious labels: label, suggestion, record"
    rows = issues.assign(record=issues["index"] + 1)
    return draw_sheet({title: _panel(images, rows, "{label}: {suggested}?\n{record}")})


def _panel(images: NDArray[np.float32], rows: pd.DataFrame, caption: str) -> Panel:
    """Return the images that the column `index` names; the captions have the values of the rows."""
    records = [
        {str(key): shortened(v, most=6) if isinstance(v, str) else v for key, v in row.items()}
        for row in rows.to_dict("records")
    ]
    captions = [caption.format(**record) for record in records]
    return images[rows["index"].to_numpy(np.int64)], captions
