"""Sheets of images with captions: mistakes, label issues, and two runs beside each other."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lenet.evaluation.comparison import Comparison
from lenet.evaluation.predictions import Predictions
from lenet.evaluation.summary import counted
from lenet.figures.canvas import blank, hide_axes, mosaic

_COLUMNS = 10
# The pictures may go into git, so they stay small.
_IMAGES_A_PANEL = 200

# Images, (n, side, side) in [0, 1], and n captions of two lines.
Panel = tuple[NDArray[np.float32], list[str]]


def draw_sheet(panels: Mapping[str, Panel], title: str = "") -> Figure:
    """Draw panels one below the other, ten images a row; each panel shows at most 200 images.

    Args:
        panels: by the title of each.
        title: of the sheet.
    """
    rows = [
        max(1, -(-min(len(captions), _IMAGES_A_PANEL) // _COLUMNS))
        for _, captions in panels.values()
    ]
    figure = blank(1.2 * sum(rows) + 0.6 * len(rows) + 0.5 * bool(title))
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
            axes.text(x, y, caption, ha="center", va="top", fontsize=7)
    return figure


def draw_mistakes(images: NDArray[np.float32], predictions: Predictions) -> Figure:
    """Draw the misclassified images, the most confident mistakes first.

    Args:
        images: (n, side, side) in [0, 1], all images of the test set.
        predictions: the predictions for these images.
    """
    labels, predicted = predictions.labels, predictions.predicted
    confidence, mistakes = predictions.confidence, predictions.mistakes
    captions = [
        f"{labels[index]} taken for {predicted[index]}\n{confidence[index]:.0%}, no. {index}"
        for index in mistakes
    ]
    counts = f"{counted(len(mistakes), 'mistake')} in {counted(len(labels), 'image')}"
    title = f"{counts}: class, prediction, confidence, index"
    return draw_sheet({title: (images[mistakes], captions)})


def draw_label_issues(images: NDArray[np.float32], issues: pd.DataFrame) -> Figure:
    """Draw images whose label may be wrong, the most suspicious first.

    Args:
        images: (n, side, side) in [0, 1], all training images.
        issues: see `evaluation.label_issues.find_label_issues`.
    """
    columns = issues[["label", "suggested", "index"]].itertuples(index=False)
    captions = [f"{label}: {better}?\n{index + 1}" for label, better, index in columns]
    title = f"{len(issues)} suspicious labels: label, suggestion, record"
    return draw_sheet({title: (images[issues["index"].to_numpy(np.int64)], captions)})


def draw_comparison(images: NDArray[np.float32], comparison: Comparison) -> Figure:
    """Draw the images that were fixed, that were broken, and that are wrong in both runs.

    Args:
        images: (n, side, side) in [0, 1], all images of the test set.
        comparison: of two runs on these images.
    """
    panels: dict[str, Panel] = {}
    for name, rows in comparison.kinds.items():
        columns = rows[["actual", "old", "new", "index"]].itertuples(index=False)
        captions = [f"{actual}: {old}, {new}\nno. {index}" for actual, old, new, index in columns]
        panels[f"{name}: {len(rows)}"] = images[rows["index"]], captions
    runs = f"{comparison.old} (before) and {comparison.new} (now)"
    return draw_sheet(panels, f"{runs}: class, prediction before, now")
