"""The images of a data set, as they are and as training shows them."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lenet.core.npz import Dataset, named
from lenet.figures.canvas import blank, hide_axes, mosaic, shortened

_COLUMNS = 12


def draw_gallery(data: Dataset) -> Figure:
    """Draw the first 12 images of each class that has any, a row a class, with their number."""
    side = data.images.shape[1]
    labels, counts = np.unique(data.labels, return_counts=True)
    cells = np.full((len(labels), _COLUMNS, side, side), np.nan)
    for row, label in enumerate(labels):
        first = data.images[data.labels == label][:_COLUMNS]
        cells[row, : len(first)] = first

    figure = blank(0.3 * len(labels) + 0.3)
    axes = figure.subplots()
    axes.imshow(mosaic(cells), cmap="gray_r", vmin=0, vmax=1)
    hide_axes(axes)
    centres = (np.arange(len(labels)) + 0.5) * (side + 2) - 0.5
    names = [
        f"{shortened(label)}  ({count})"
        for label, count in zip(named(labels, data.class_names), counts, strict=True)
    ]
    axes.set_yticks(centres, labels=names)
    axes.tick_params(length=0)
    figure.suptitle(f"{len(data)} images: the first of each class, and how many there are")
    return figure


def draw_augmented(originals: NDArray[np.float32], augmented: NDArray[np.float32]) -> Figure:
    """Draw images as evaluation shows them to the network, beside how training shows them.

    Args:
        originals: (n, size, size), the network's input in evaluation.
        augmented: (n, copies, size, size), the network's input in training.
    """
    low, high = float(originals.min()), float(originals.max())
    figure = blank(0.31 * len(originals) + 0.35)
    left, right = figure.subplots(1, 2, width_ratios=[1, augmented.shape[1]])
    for axes, images in ((left, originals[:, None]), (right, augmented)):
        axes.imshow(mosaic(images), cmap="gray_r", vmin=low, vmax=high)
        hide_axes(axes)
    figure.suptitle("Left: an image of each class. Right: as augmented in training")
    return figure
