"""The learning curves of a training."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from lenet.core.errors import untrusted
from lenet.figures.canvas import blank


def load_curves(training: Path) -> pd.DataFrame:
    """Read the learning curves from the folder that the stage train wrote to.

    Returns a row an epoch, by its number from 1: the columns loss, train_accuracy and, if there
    are validation images, validation_loss and validation_accuracy.

    Raises InputError where there are none.
    """
    with untrusted(training, "no learning curves", "`dvc repro train` makes them."):
        return pd.read_csv(training / "curves.csv").set_index("epoch")


def draw_curves(curves: pd.DataFrame) -> Figure:
    """Draw loss and error rate of each epoch on logarithmic scales, from `load_curves`."""
    figure = blank(5)
    above, below = figure.subplots(2, 1)
    _draw(above, "loss (nats)", curves.filter(like="loss"), "{x:g}")
    _draw(below, "error rate", 100 * (1 - curves.filter(like="accuracy")), "{x:g} %")
    figure.suptitle("Training images as augmented, validation images as they are")
    return figure


def _draw(axes: Axes, title: str, curves: pd.DataFrame, ticks: str) -> None:
    for name, column in zip(("train", "validation"), curves, strict=False):
        # A logarithmic scale has no 0.
        values = curves[column].where(curves[column] > 0)
        axes.plot(values.index, values, label=name, marker=".")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(ticks)
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.set(xlabel="epoch", title=title)
    axes.grid(color="0.9", which="both")
    axes.legend()
