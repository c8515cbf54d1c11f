"""The learning curves of a training."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from lenet.core.errors import InputError
from lenet.figures.canvas import blank


def load_curves(training: Path) -> pd.DataFrame:
    """Read the accuracies of all epochs from the folder that the stage train wrote to.

    Returns a row an epoch, by its number from 1; the column train_accuracy and, if there are
    validation images, validation_accuracy; from 0 to 1.

    Raises InputError where there are none.
    """
    files = sorted(training.glob("plots/metrics/*_accuracy.tsv"))
    if not files:
        raise InputError(f"{training}: no learning curves; `dvc repro train` makes them.")
    return pd.concat([pd.read_csv(file, sep="\t", index_col="step") for file in files], axis=1)


def draw_curves(accuracies: pd.DataFrame) -> Figure:
    """Draw the error rate of each epoch, on a logarithmic scale, from `load_curves`' accuracies."""
    figure = blank(4)
    axes = figure.subplots()
    for name, accuracy in accuracies.items():
        # A logarithmic scale has no 0.
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
    return figure
