"""Images beside their augmented copies."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lenet.figures.canvas import blank, hide_axes, mosaic


def draw_augmented(originals: NDArray[np.float32], augmented: NDArray[np.float32]) -> Figure:
    """Draw images as evaluation shows them to the network, beside how training shows them.

    Args:
        originals: (n, size, size), the network's input in evaluation.
        augmented: (n, copies, size, size), the network's input in training.
    """
    low, high = float(originals.min()), float(originals.max())
    figure = blank(0.62 * len(originals) + 0.7)
    left, right = figure.subplots(1, 2, width_ratios=[1, augmented.shape[1]])
    for axes, images in ((left, originals[:, None]), (right, augmented)):
        axes.imshow(mosaic(images), cmap="gray_r", vmin=low, vmax=high)
        hide_axes(axes)
    left.set_title("original")
    right.set_title("as augmented in training")
    return figure
