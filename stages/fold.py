"""Train on four fifths of the training images; write the predictions for the fifth left out."""

import argparse
from functools import partial
from pathlib import Path

import pandas as pd

from lenet.core import npz
from lenet.core.errors import run
from lenet.core.files import write_csv
from lenet.core.watch import while_unchanged
from lenet.model._mxnet import memory_reported
from lenet.model.architecture import Network
from lenet.model.view import Averaging, View
from lenet.training.folds import ask
from lenet.training.recipe import Recipe
from lenet.training.warps import Warp


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path, help="training images, npz")
    parser.add_argument("target", type=Path, help="predictions to write: 0.csv to 4.csv")
    arguments = parser.parse_args()

    network = Network.load()
    index, probabilities = ask(
        npz.load(arguments.train, network.classes),
        int(arguments.target.stem),
        Recipe.load(),
        network,
        View.load(),
        Warp.load(),
        Averaging.load(),
        told=partial(print, flush=True),
    )
    columns = {f"p{label}": probabilities[:, label].round(6) for label in range(network.classes)}
    write_csv(pd.DataFrame({"index": index, **columns}), arguments.target)


if __name__ == "__main__":
    run(while_unchanged(memory_reported()(main)))
