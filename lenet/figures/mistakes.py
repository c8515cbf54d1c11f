"""The test images that the network gets wrong."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lenet.evaluation.predictions import Predictions
from lenet.evaluation.summary import counted
from lenet.figures.canvas import blank, draw_captioned

_COLUMNS = 10
# The picture is in git, so it stays small.
_MOST = 200


def draw_mistakes(images: NDArray[np.float32], predictions: Predictions) -> Figure:
    """Draw the misclassified images, the most confident mistakes first, at most 200.

    Args:
        images: (n, side, side) in [0, 1], all images of the test set.
        predictions: the predictions for these images.
    """
    labels, predicted, confidence = (
        predictions.labels,
        predictions.predicted,
        predictions.confidence,
    )
    mistakes = predictions.mistakes
    shown = mistakes[:_MOST]
    rows = max(1, -(-len(shown) // _COLUMNS))
    captions = [
        f"{labels[index]} taken for {predicted[index]}\n{confidence[index]:.0%}, no. {index}"
        for index in shown
    ]

    figure = blank(1.2 * rows + 0.6)
    axes = figure.subplots()
    # Room for two lines of text below each image.
    room = 3 * images.shape[1] // 8
    draw_captioned(axes, images[shown], captions, rows=rows, columns=_COLUMNS, text=room)
    counts = f"{counted(len(mistakes), 'mistake')} in {counted(len(labels), 'image')}"
    if len(shown) < len(mistakes):
        counts += f", here the {len(shown)} most confident"
    axes.set_title(f"{counts}: class, prediction, confidence, index")
    return figure
