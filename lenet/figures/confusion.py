"""The confusion matrix of a test set."""

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from lenet.evaluation.predictions import Predictions
from lenet.figures.canvas import blank


def draw_confusion(predictions: Predictions) -> Figure:
    """Draw the confusion matrix, a row for each actual digit, with the recall of each digit.

    The cells give counts. The colour of a cell is its share of its row, and the diagonal has no
    colour: beside its hundreds, no error would be visible.
    """
    digits = range(predictions.classes)
    counts = confusion_matrix(predictions.labels, predictions.predicted, labels=digits)
    totals = counts.sum(axis=1)
    correct = np.diag(counts)
    shares = counts / np.maximum(totals, 1)[:, None]
    np.fill_diagonal(shares, 0)

    figure = blank(6.2, width=7.8)
    axes = figure.subplots()
    axes.imshow(shares, cmap="Reds", vmin=0, vmax=max(1.4 * shares.max(), 0.01))
    for actual, predicted in np.ndindex(counts.shape):
        if counts[actual, predicted]:
            axes.text(
                *(predicted, actual, counts[actual, predicted]),
                ha="center",
                va="center",
                weight="bold" if actual == predicted else "normal",
            )
    recall = [f"{c / t:.1%} of {t}" if t else "none" for c, t in zip(correct, totals, strict=True)]
    axes.set_xticks(digits, labels=map(str, digits))
    axes.set_yticks(digits, labels=map(str, digits))
    right = axes.secondary_yaxis("right")
    right.set_yticks(digits, labels=recall)
    right.set_ylabel("recognised")
    right.tick_params(length=0)
    axes.set(xlabel="predicted digit", ylabel="actual digit")
    axes.set_title(
        f"{totals.sum()} images, {totals.sum() - correct.sum()} errors (colour: share of the row)"
    )
    # Thin lines between the cells.
    between = np.arange(0.5, len(digits) - 1)
    axes.set_xticks(between, minor=True)
    axes.set_yticks(between, minor=True)
    axes.grid(which="minor", color="0.9", linewidth=0.8)
    axes.tick_params(which="minor", length=0)
    return figure
