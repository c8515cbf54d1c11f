"""How far the confidence of predictions can be relied on."""

from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import binomtest

from lenet.evaluation.predictions import Predictions
from lenet.figures.canvas import SMALL, blank

# Most predictions are confident, so bins of equal width would hold them all in the last.
_EDGES = np.array([0, 0.5, 0.7, 0.9, 0.99, 0.999, 1])
# The largest share of images that is drawn as left to a person.
_MOST_LEFT = 0.2


def draw_confidence(predictions: Predictions) -> Figure:
    """Draw the accuracy at each confidence, and the error rate if unsure images are left out."""
    figure = blank(5)
    above, below = figure.subplots(2, 1)
    _draw_calibration(above, predictions)
    _draw_rejection(below, predictions)
    return figure


def _draw_calibration(axes: Axes, predictions: Predictions) -> None:
    right = predictions.predicted == predictions.labels
    confidence = predictions.confidence
    bins = np.digitize(confidence, _EDGES[1:-1])
    for place in np.unique(bins):
        inside = bins == place
        count, correct = int(inside.sum()), int(right[inside].sum())
        accuracy = correct / count
        interval = binomtest(correct, count).proportion_ci(0.95, method="wilson")
        # At the ends of the scale rounding may put the interval a little beside the accuracy.
        reach = np.maximum([[accuracy - interval.low], [interval.high - accuracy]], 0)
        axes.errorbar(place, accuracy, yerr=reach, color="C0", marker="o", capsize=3)
        axes.plot(place, confidence[inside].mean(), color="C1", marker="_", markersize=14)
        axes.annotate(f"{count}", (place, 0.02), ha="center", fontsize=SMALL, color="0.4")
    axes.plot([], [], color="C0", marker="o", label="accuracy, 95 % interval")
    axes.plot([], [], color="C1", marker="_", linestyle="", label="mean confidence")
    names = [f"{100 * low:g} to\n{100 * high:g} %" for low, high in pairwise(_EDGES)]
    axes.set_xticks(range(len(names)), labels=names, fontsize=SMALL)
    axes.set(ylim=(0, 1.04), xlabel="confidence (and number of images)")
    axes.set_title("Accuracy at each confidence")
    axes.legend(loc="center right")
    axes.grid(axis="y", color="0.9")


def _draw_rejection(axes: Axes, predictions: Predictions) -> None:
    wrong = predictions.predicted != predictions.labels
    surest = np.argsort(-predictions.confidence, kind="stable")
    kept = np.arange(1, len(wrong) + 1)
    errors = np.cumsum(wrong[surest]) / kept
    left_out = 1 - kept / len(wrong)
    shown = left_out <= _MOST_LEFT
    axes.plot(100 * left_out[shown], 100 * errors[shown], color="C0")
    axes.set(xlim=(0, 100 * _MOST_LEFT), ylim=(0, None))
    axes.set(xlabel="least confident images left to a person, %", ylabel="errors in the rest, %")
    axes.set_title("Leaving unsure images out")
    axes.grid(color="0.9")
