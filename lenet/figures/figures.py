"""Pictures of results, as PNG files whose bytes depend on the data alone."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from lenet.core.files import whole_file
from lenet.core.npz import CLASSES
from lenet.evaluation.predictions import Predictions

# Whatever style the person's own matplotlibrc asks for, the bytes stay the same.
mpl.rcdefaults()

# Images of a class in a gallery.
_COLUMNS = 20
# Mistakes in a row; and in all, where there are more, so that the picture stays fit for git.
_MISTAKES_A_ROW, _MOST_MISTAKES = 10, 200


def _save(figure: Figure, path: Path) -> None:
    with whole_file(path) as file:
        # Without the version of matplotlib, which would change the file with every upgrade.
        figure.savefig(file, format="png", dpi=100, metadata={"Software": None})


def confusion_picture(predictions: Predictions, path: Path) -> None:
    """Draw the confusion matrix of a test set as PNG at `path`.

    The cells give counts. Colour marks the confusions alone, as a share of their row: next to
    the diagonal's hundreds no error would be seen.
    """
    counts = confusion_matrix(predictions.labels, predictions.predicted, labels=range(CLASSES))
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


def _mosaic(images: NDArray) -> NDArray:
    """Lay (rows, columns, height, width) out in one image, with a frame of nothing around each."""
    rows, columns, height, width = images.shape
    framed = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=np.nan)
    return framed.transpose(0, 2, 1, 3).reshape(rows * (height + 2), columns * (width + 2))


def _bare(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def gallery(images: NDArray[np.float32], labels: NDArray[np.int64], path: Path) -> None:
    """Draw the first digits of a data set as PNG at `path`, a row a class.

    Args:
        images: (n, side, side) in [0, 1], 0 = background, which is white here.
        labels: (n,).
        path: of the picture.
    """
    side = images.shape[1]
    cells = np.full((CLASSES, _COLUMNS, side, side), np.nan)
    for digit in range(CLASSES):
        first = images[labels == digit][:_COLUMNS]
        cells[digit, : len(first)] = first
    counts = np.bincount(labels, minlength=CLASSES)

    figure = Figure(figsize=(8.4, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.imshow(_mosaic(cells), cmap="gray_r", vmin=0, vmax=1)
    _bare(axes)
    centres = (np.arange(CLASSES) + 0.5) * (side + 2) - 0.5
    names = [f"{digit}  ({count})" for digit, count in enumerate(counts)]
    axes.set_yticks(centres, labels=names)
    axes.tick_params(length=0)
    axes.set_title(f"{len(images)} images; the first of each digit (and how many there are)")
    _save(figure, path)


def warps_picture(originals: NDArray[np.float32], warped: NDArray[np.float32], path: Path) -> None:
    """Draw digits as training sees them beside how evaluation does, as PNG at `path`.

    Args:
        originals: (n, size, size), as the network is shown them when it is asked.
        warped: (n, copies, size, size), in training.
        path: of the picture.
    """
    low, high = float(originals.min()), float(originals.max())
    height = 0.62 * len(originals) + 0.7
    figure = Figure(figsize=(8.4, height), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1, warped.shape[1]])
    for axes, images in ((left, originals[:, None]), (right, warped)):
        axes.imshow(_mosaic(images), cmap="gray_r", vmin=low, vmax=high)
        _bare(axes)
    left.set_title("original")
    right.set_title("as warped in training")
    _save(figure, path)


def filters_picture(filters: NDArray[np.float32], path: Path) -> None:
    """Draw the kernels of C1, (maps, side, side), as PNG at `path`, in one scale of colours."""
    limit = float(np.abs(filters).max()) or 1.0
    figure = Figure(figsize=(8.4, 2), layout="constrained")
    panels = figure.subplots(1, len(filters))
    for number, (axes, kernel) in enumerate(zip(panels, filters, strict=True), 1):
        shown = axes.imshow(kernel, cmap="RdBu_r", vmin=-limit, vmax=limit)
        _bare(axes)
        axes.set_title(f"map {number}", fontsize="medium")
    figure.colorbar(shown, ax=panels, shrink=0.8)
    figure.suptitle("The filters of C1: red answers to ink, blue to its absence")
    _save(figure, path)


def responses_picture(
    image: NDArray[np.float32], responses: dict[str, NDArray[np.float32]], path: Path
) -> None:
    """Draw what each layer gives for one image, as PNG at `path`.

    Args:
        image: (size, size), as the network is shown it.
        responses: by layer, in order: (maps, height, width), or (units,); the last are the scores
            of the digits.
        path: of the picture. Each layer has a scale of its own, with white for 0.
    """
    *hidden, (name, scores) = responses.items()
    figure = Figure(figsize=(8.4, 9), layout="constrained")
    heights = [1.6, *(1.6 if r.shape[0] <= 8 else 1.1 if r.ndim == 3 else 0.35 for _, r in hidden)]
    first, *panels, last = figure.subplots(len(responses) + 1, 1, height_ratios=[*heights, 1.2])
    first.imshow(image, cmap="gray_r")
    first.set_ylabel("input", rotation=0, ha="right", va="center")
    for axes, (layer, values) in zip(panels, hidden, strict=True):
        row = values[None] if values.ndim == 3 else values.reshape(1, 1, 1, -1)
        limit = float(np.abs(row).max()) or 1.0
        aspect = "equal" if values.ndim == 3 else "auto"
        axes.imshow(_mosaic(row), cmap="RdBu_r", vmin=-limit, vmax=limit, aspect=aspect)
        size = " x ".join(map(str, values.shape))
        axes.set_ylabel(f"{layer}\n{size}", rotation=0, ha="right", va="center")
    for axes in (first, *panels):
        _bare(axes)
    odds = np.exp(scores - scores.max())
    last.bar(range(CLASSES), odds / odds.sum(), color="0.4")
    last.set_xticks(range(CLASSES))
    last.set_ylim(0, 1)
    last.set_ylabel(f"{name}\nprobability", rotation=0, ha="right", va="center")
    last.spines[["top", "right"]].set_visible(False)
    figure.suptitle("What each layer gives: red above 0, blue below")
    _save(figure, path)


def curves_picture(accuracies: pd.DataFrame, path: Path) -> None:
    """Draw error rates while training as PNG at `path`.

    Args:
        accuracies: a row an epoch, a column a curve, such as train_accuracy.
        path: of the picture.
    """
    figure = Figure(figsize=(8.4, 4), layout="constrained")
    axes = figure.subplots()
    for name, accuracy in accuracies.items():
        # On a scale of logarithms there is no 0.
        error = (100 * (1 - accuracy)).where(accuracy < 1)
        axes.plot(accuracies.index, error, label=str(name).removesuffix("_accuracy"), marker=".")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g} %")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.set(xlabel="epoch", ylabel="error rate")
    axes.set_title("Error rates while training (of the training images as warped)")
    axes.grid(color="0.9", which="both")
    axes.legend()
    _save(figure, path)


def mistakes_picture(images: NDArray[np.float32], predictions: Predictions, path: Path) -> None:
    """Draw the misclassified images as PNG at `path`, the most confident mistakes first.

    Args:
        images: (n, side, side) in [0, 1], all that were evaluated.
        predictions: of all of them.
        path: of the picture.
    """
    labels, predicted = predictions.labels, predictions.predicted
    confidence, wrong = predictions.confidence, predictions.mistakes
    shown = wrong[:_MOST_MISTAKES]
    rows = max(1, -(-len(shown) // _MISTAKES_A_ROW))
    side = images.shape[1]
    # Room for two lines of text under each.
    text = 3 * side // 8
    cells = np.full((rows * _MISTAKES_A_ROW, side + text, side), np.nan)
    cells[: len(shown), :side] = images[shown]

    figure = Figure(figsize=(8.4, 1.2 * rows + 0.6), layout="constrained")
    axes = figure.subplots()
    axes.imshow(
        _mosaic(cells.reshape(rows, _MISTAKES_A_ROW, side + text, side)),
        cmap="gray_r",
        vmin=0,
        vmax=1,
    )
    _bare(axes)
    for place, index in enumerate(shown):
        row, column = divmod(place, _MISTAKES_A_ROW)
        axes.text(
            column * (side + 2) + side / 2 + 0.5,
            row * (side + text + 2) + side + 1.2,
            f"{labels[index]} taken for {predicted[index]}\n{confidence[index]:.0%}, no. {index}",
            ha="center",
            va="top",
            fontsize=7,
        )
    among = f"{len(wrong)} mistakes in {len(labels)} images"
    if len(shown) < len(wrong):
        among += f", here the {len(shown)} most confident"
    axes.set_title(f"{among}: digit, prediction, confidence, index")
    _save(figure, path)
