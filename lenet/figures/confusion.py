"""The confusion matrix of a test set."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from lenet.evaluation.predictions import Predictions
from lenet.evaluation.summary import counted
from lenet.figures.canvas import blank

# The picture is in git, so it stays small, and more cells could not be read.
_MOST_CLASSES = 100
# Inches of a cell and size of its number, for up to so many classes.
_CELLS = ((12, 0.55, 10.0), (30, 0.34, 8.0), (_MOST_CLASSES, 0.2, 6.0))


def draw_confusion(predictions: Predictions) -> Figure:
    """Draw the confusion matrix, a row for each actual class, with the recall of each class.

    The cells give counts. The colour of a cell is its share of its row, and the diagonal has no
    colour: beside its hundreds, no error would be visible. Rows are classes with test images,
    columns are these and all that were predicted. If there are more than 100 classes, those with
    the most errors are shown.
    """
    counts = confusion_matrix(
        predictions.labels, predictions.predicted, labels=range(predictions.classes)
    )
    totals, correct = counts.sum(axis=1), np.diag(counts)
    rows, columns = _shown(counts)
    shares = counts / np.maximum(totals, 1)[:, None]
    np.fill_diagonal(shares, 0)
    shares, cells = shares[np.ix_(rows, columns)], counts[np.ix_(rows, columns)]

    inches, size = next(rest for most, *rest in _CELLS if len(columns) <= most)
    # The title needs the width of ten classes or so.
    width = max(6.4, inches * len(columns) + 2.3)
    figure = blank(max(2.4, inches * len(rows) + 0.7), width=width)
    axes = figure.subplots()
    axes.imshow(shares, cmap="Reds", vmin=0, vmax=max(1.4 * shares.max(), 0.01))
    for row, column in np.argwhere(cells):
        axes.text(
            *(column, row, cells[row, column]),
            ha="center",
            va="center",
            fontsize=size,
            weight="bold" if rows[row] == columns[column] else "normal",
        )
    axes.set_xticks(range(len(columns)), labels=map(str, columns), fontsize=size)
    axes.set_yticks(range(len(rows)), labels=map(str, rows), fontsize=size)
    right = axes.secondary_yaxis("right")
    recall = [f"{correct[row] / totals[row]:.1%} of {totals[row]}" for row in rows]
    right.set_yticks(range(len(rows)), labels=recall, fontsize=size)
    right.set_ylabel("recognised")
    right.tick_params(length=0)
    axes.set(xlabel="predicted class", ylabel="actual class")
    errors = counted(totals.sum() - correct.sum(), "error")
    title = f"{counted(totals.sum(), 'image')}, {errors}"
    if len(rows) < (totals > 0).sum():
        title += f", the {len(rows)} classes with the most"
    axes.set_title(f"{title} (colour: share of the row)")
    # Thin lines between the cells.
    axes.set_xticks(np.arange(0.5, len(columns) - 1), minor=True)
    axes.set_yticks(np.arange(0.5, len(rows) - 1), minor=True)
    axes.grid(which="minor", color="0.9", linewidth=0.8)
    axes.tick_params(which="minor", length=0)
    return figure


def _shown(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the classes of the rows, which have images, and of the columns, which occur."""
    occurring = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    if len(occurring) > _MOST_CLASSES:
        errors = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)
        most = np.argsort(-errors[occurring], kind="stable")[:_MOST_CLASSES]
        occurring = np.sort(occurring[most])
    return occurring[counts.sum(axis=1)[occurring] > 0], occurring
