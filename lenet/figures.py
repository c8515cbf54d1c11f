"""Pictures of results, as PNG files whose bytes depend on the data alone."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from lenet.digits import CLASSES
from lenet.files import whole_file

# Whatever style the person's own matplotlibrc asks for, the bytes stay the same.
mpl.rcdefaults()


def _save(figure: Figure, path: Path) -> None:
    with whole_file(path) as file:
        # Without the version of matplotlib, which would change the file with every upgrade.
        figure.savefig(file, format="png", dpi=100, metadata={"Software": None})


def confusion_picture(labels: NDArray[np.int64], predicted: NDArray[np.int64], path: Path) -> None:
    """Draw the confusion matrix of (n,) true and predicted digits as PNG at `path`.

    The cells give counts. Colour marks the confusions alone, as a share of their row: next to
    the diagonal's hundreds no error would be seen.
    """
    counts = confusion_matrix(labels, predicted, labels=range(CLASSES))
    totals = counts.sum(axis=1)
    correct = np.diag(counts)
    shares = counts / np.maximum(totals, 1)[:, None]
    np.fill_diagonal(shares, 0)

    figure = Figure(figsize=(7.8, 6.2), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Reds", vmin=0, vmax=max(1.4 * shares.max(), 0.01))
    for actual, guess in np.ndindex(counts.shape):
        if counts[actual, guess]:
            weight = "bold" if actual == guess else "normal"
            axes.text(guess, actual, counts[actual, guess], ha="center", va="center", weight=weight)
    recall = [f"{c / t:.1%} of {t}" if t else "none" for c, t in zip(correct, totals, strict=True)]
    axes.set_xticks(range(CLASSES), labels=map(str, range(CLASSES)))
    axes.set_yticks(range(CLASSES), labels=map(str, range(CLASSES)))
    right = axes.secondary_yaxis("right")
    right.set_yticks(range(CLASSES), labels=recall)
    right.set_ylabel("recognised")
    right.tick_params(length=0)
    axes.set(xlabel="predicted digit", ylabel="actual digit")
    axes.set_title(
        f"{totals.sum()} images, {totals.sum() - correct.sum()} errors (colour: share of the row)"
    )
    axes.set_xticks(np.arange(0.5, CLASSES - 1), minor=True)
    axes.set_yticks(np.arange(0.5, CLASSES - 1), minor=True)
    axes.grid(which="minor", color="0.9", linewidth=0.8)
    axes.tick_params(which="minor", length=0)
    _save(figure, path)
