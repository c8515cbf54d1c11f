"""Train on four fifths of the training images; write the predictions for the fifth left out."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from lenet.core import npz
from lenet.core.errors import run
from lenet.core.files import write_csv
from lenet.model._mxnet import context, memory_reported
from lenet.model.architecture import Network
from lenet.model.prediction import probabilities
from lenet.model.view import Averaging, View
from lenet.training import committee
from lenet.training.folds import fold
from lenet.training.recipe import Recipe
from lenet.training.warps import Warp


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path, help="training images, npz")
    parser.add_argument("target", type=Path, help="predictions to write: 0.csv to 4.csv")
    arguments = parser.parse_args()

    # One network, in one process, from all images of the other folds.
    recipe = Recipe.load().model_copy(update={"validation_fraction": 0, "members": 1, "workers": 1})
    network, view = Network.load(), View.load()
    examples = npz.load(arguments.train, network.classes)
    left_out = fold(examples, int(arguments.target.stem), recipe.seed)
    rest = np.setdiff1d(np.arange(len(examples)), left_out)
    (lenet,), epochs = committee.train(examples[rest], recipe, network, view, Warp.load())
    for epoch in epochs:
        print(epoch, flush=True)
    found = probabilities(
        lenet,
        examples.images[left_out],
        view,
        size=network.image_size,
        test_shift=Averaging.load().test_shift,
        context=context(recipe.device),
    )
    columns = {f"p{label}": found[:, label].round(6) for label in range(network.classes)}
    write_csv(pd.DataFrame({"index": left_out, **columns}), arguments.target)


if __name__ == "__main__":
    run(memory_reported()(main))
