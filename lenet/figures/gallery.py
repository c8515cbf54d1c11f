"""The first digits of a data set."""

import numpy as np
from matplotlib.figure import Figure

from lenet.core.npz import CLASSES, Digits
from lenet.figures.canvas import blank, hide_axes, mosaic

_COLUMNS = 20


def draw_gallery(digits: Digits) -> Figure:
    """Draw the first 20 images of each digit, a row a digit, with the number of its images."""
    side = digits.images.shape[1]
    cells = np.full((CLASSES, _COLUMNS, side, side), np.nan)
    for digit in range(CLASSES):
        first = digits.images[digits.labels == digit][:_COLUMNS]
        cells[digit, : len(first)] = first
    counts = np.bincount(digits.labels, minlength=CLASSES)

    figure = blank(4.2)
    axes = figure.subplots()
    axes.imshow(mosaic(cells), cmap="gray_r", vmin=0, vmax=1)
    hide_axes(axes)
    centres = (np.arange(CLASSES) + 0.5) * (side + 2) - 0.5
    names = [f"{digit}  ({count})" for digit, count in enumerate(counts)]
    axes.set_yticks(centres, labels=names)
    axes.tick_params(length=0)
    axes.set_title(f"{len(digits)} images; the first of each digit (and how many there are)")
    return figure
