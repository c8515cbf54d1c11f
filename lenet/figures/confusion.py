"""The confusion matrix of a test set."""

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from lenet.evaluation.predictions import Predictions
from lenet.evaluation.summary import counted
from lenet.figures.canvas import blank

# The picture is in git, so it stays small, and more cells could not be read.
_MOST_CLASSES = 100


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
    occurring = counts.sum(axis=0) + totals
    most_errors = np.argsort(occurring - 2 * correct, kind="stable")[-_MOST_CLASSES:]
    columns = np.sort(most_errors[occurring[most_errors] > 0])
    rows = columns[totals[columns] > 0]
    shares = counts / np.maximum(totals, 1)[:, None]
    np.fill_diagonal(shares, 0)
    shares, cells = shares[np.ix_(rows, columns)], counts[np.ix_(rows, columns)]

    # Inches of a cell, and the size of its number.
    inches, size = (0.55, 10.0) if len(columns) <= 12 else (0.2, 6.0)
    # The title needs the width of ten classes or so.
    width = max(6.4, inches * len(columns) + 2.3)
    figure = blank(max(2.4, inches * len(rows) + 0.7), width=width)
    axes = figure.subplots()
    axes.imshow(shares, cmap="Reds", vmin=0, vmax=max(1.4 * shares.max(), 0.01))
    for row, column in np.argwhere(cells):
        weight = "bold" if rows[row] == columns[column] else "normal"
        count = axes.text(column, row, cells[row, column], fontsize=size, weight=weight)
        count.set(ha="center", va="center")
    axes.set_xticks(range(len(columns)), labels=columns, fontsize=size)
    axes.set_yticks(range(len(rows)), labels=rows, fontsize=size)
    right = axes.secondary_yaxis("right")
    recall = [f"{correct[row] / totals[row]:.1%} of {totals[row]}" for row in rows]
    right.set_yticks(range(len(rows)), labels=recall, fontsize=size)
    right.set_ylabel("recognised")
    right.tick_params(length=0)
    axes.set(xlabel="predicted class", ylabel="actual class")
    errors = totals.sum() - correct.sum()
    title = f"{counted(totals.sum(), 'image')}, {counted(errors, 'error')}"
    if len(rows) < (totals > 0).sum():
        title += f", the {len(rows)} classes with the most"
    axes.set_title(f"{title} (colour: share of the row)")
    # Thin lines between the cells.
    axes.set_xticks(np.arange(0.5, len(columns) - 1), minor=True)
    axes.set_yticks(np.arange(0.5, len(rows) - 1), minor=True)
    axes.grid(which="minor", color="0.9", linewidth=0.8)
    axes.tick_params(which="minor", length=0)
    return figure
