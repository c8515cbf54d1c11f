"""The confusion matrix of a test set."""

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from lenet.core.npz import named
from lenet.evaluation.predictions import Predictions
from lenet.evaluation.summary import counted
from lenet.figures.canvas import SMALL, blank, shortened

# The picture is in git, so it stays small, and more cells could not be read.
_MOST_CLASSES = 100


def draw_confusion(predictions: Predictions) -> Figure:
    """Draw the confusion matrix, a row for each actual class.

    The cells give counts. The colour of a cell is its share of its row, and the diagonal has no
    colour: beside its hundreds, no error would be visible. The classes are those that occur as
    labels or predictions; if these are more than 100, those with the most errors are shown.
    """
    labels, predicted = predictions.labels, predictions.predicted
    counts = confusion_matrix(labels, predicted)
    totals = counts.sum(axis=1)
    errors_of_class = totals + counts.sum(axis=0) - 2 * np.diag(counts)
    shown = np.sort(np.argsort(errors_of_class, kind="stable")[-_MOST_CLASSES:])
    shares = counts / np.maximum(totals, 1)[:, None]
    np.fill_diagonal(shares, 0)
    shares, cells = shares[np.ix_(shown, shown)], counts[np.ix_(shown, shown)]

    # Inches of a cell, and the size of its number.
    inches, size = (0.34, SMALL) if len(shown) <= 12 else (0.12, 4)
    occurring = np.unique([labels, predicted])[shown]
    names = [shortened(name) for name in named(occurring, predictions.class_names).tolist()]
    # Names longer than a number stand upright below their column, and need room at the left.
    longest = max(map(len, names))
    room = 0.008 * size * longest if longest > 3 else 0
    # The title needs the width of ten classes or so.
    width = max(4.2, inches * len(shown) + 0.6 + room)
    figure = blank(max(1.6, inches * len(shown) + 0.6) + room, width)
    axes = figure.subplots()
    axes.imshow(shares, cmap="Reds", vmin=0, vmax=max(1.4 * shares.max(), 0.01))
    for row, column in np.argwhere(cells):
        weight = "bold" if row == column else "normal"
        count = axes.text(column, row, cells[row, column], fontsize=size, weight=weight)
        count.set(ha="center", va="center")
    ticks = range(len(shown))
    axes.set_xticks(ticks, labels=names, fontsize=size, rotation=90 if room else 0)
    axes.set_yticks(ticks, labels=names, fontsize=size)
    axes.set(xlabel="predicted class", ylabel="actual class")
    title = f"{counted(len(predictions.mistakes), 'error')} in {counted(len(labels), 'image')}"
    if len(shown) < len(counts):
        title += f", the {len(shown)} classes with the most"
    axes.set_title(f"{title} (colour: share of the row)")
    # Thin lines between the cells.
    axes.set_xticks(np.arange(0.5, len(shown) - 1), minor=True)
    axes.set_yticks(np.arange(0.5, len(shown) - 1), minor=True)
    axes.grid(which="minor", color="0.9", linewidth=0.5)
    axes.tick_params(which="minor", length=0)
    return figure
