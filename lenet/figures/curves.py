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
    figure = blank(4)
    left, right = figure.subplots(1, 2)
    losses = {"train": curves["loss"], "validation": curves.get("validation_loss")}
    _draw(left, "loss (nats)", losses)
    left.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    errors = {
        name: 100 * (1 - curves[f"{name}_accuracy"]) if f"{name}_accuracy" in curves else None
        for name in losses
    }
    _draw(right, "error rate", errors)
    right.yaxis.set_major_formatter(lambda value, _: f"{value:g} %")
    figure.suptitle("While training: training images as augmented, validation images as they are")
    return figure


def _draw(axes: Axes, title: str, curves: dict[str, pd.Series | None]) -> None:
    for name, values in curves.items():
        if values is not None:
            # A logarithmic scale has no 0.
            axes.plot(values.index, values.where(values > 0), label=name, marker=".")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.set(xlabel="epoch", title=title)
    axes.grid(color="0.9", which="both")
    axes.legend()
