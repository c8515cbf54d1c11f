"""The confusion matrix of a test set."""

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from lenet.core.npz import named
from lenet.evaluation.predictions import Predictions
from lenet.evaluation.summary import counted
from lenet.figures.canvas import blank, shortened

# The picture is in git, so it stays small, and more cells could not be read.
_MOST_CLASSES = 100


def draw_confusion(predictions: Predictions) -> Figure:
    """Draw the confusion matrix, a row for each actual class, with the recall of each class.

    The cells give counts. The colour of a cell is its share of its row, and the diagonal has no
    colour: beside its hundreds, no error would be visible. The classes are those that occur as
    labels or predictions; if these are more than 100, those with the most errors are shown.
    """
    labels, predicted = predictions.labels, predictions.predicted
    counts = confusion_matrix(labels, predicted)
    totals, correct = counts.sum(axis=1), np.diag(counts)
    errors_of_class = totals + counts.sum(axis=0) - 2 * correct
    shown = np.sort(np.argsort(errors_of_class, kind="stable")[-_MOST_CLASSES:])
    shares = counts / np.maximum(totals, 1)[:, None]
    np.fill_diagonal(shares, 0)
    shares, cells = shares[np.ix_(shown, shown)], counts[np.ix_(shown, shown)]

    # Inches of a cell, and the size of its number.
    inches, size = (0.55, 10.0) if len(shown) <= 12 else (0.2, 6.0)
    occurring = np.unique([labels, predicted])[shown]
    names = [shortened(name) for name in named(occurring, predictions.class_names).tolist()]
    # Names longer than a number stand upright below their column, and need room at the left.
    longest = max(map(len, names))
    room = 0.008 * size * longest if longest > 3 else 0
    # The title needs the width of ten classes or so.
    width = max(6.4, inches * len(shown) + 2.3) + room
    figure = blank(max(2.4, inches * len(shown) + 0.7) + room, width=width)
    axes = figure.subplots()
    axes.imshow(shares, cmap="Reds", vmin=0, vmax=max(1.4 * shares.max(), 0.01))
    for row, column in np.argwhere(cells):
        weight = "bold" if row == column else "normal"
        count = axes.text(column, row, cells[row, column], fontsize=size, weight=weight)
        count.set(ha="center", va="center")
    ticks = range(len(shown))
    axes.set_xticks(ticks, labels=names, fontsize=size, rotation=90 if room else 0)
    axes.set_yticks(ticks, labels=names, fontsize=size)
    right = axes.secondary_yaxis("right")
    recall = [f"{correct[i] / max(totals[i], 1):.1%} of {totals[i]}" for i in shown]
    right.set_yticks(ticks, labels=recall, fontsize=size)
    right.set_ylabel("recognised")
    right.tick_params(length=0)
    axes.set(xlabel="predicted class", ylabel="actual class")
    title = f"{counted(len(labels), 'image')}, {counted(len(predictions.mistakes), 'error')}"
    if len(shown) < len(counts):
        title += f", the {len(shown)} classes with the most"
    axes.set_title(f"{title} (colour: share of the row)")
    # Thin lines between the cells.
    axes.set_xticks(np.arange(0.5, len(shown) - 1), minor=True)
    axes.set_yticks(np.arange(0.5, len(shown) - 1), minor=True)
    axes.grid(which="minor", color="0.9", linewidth=0.8)
    axes.tick_params(which="minor", length=0)
    return figure
