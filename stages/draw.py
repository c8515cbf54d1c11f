"""Draw digits, their warps, and what the network has learnt."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from lenet.core import npz
from lenet.core.errors import InputError, run
from lenet.core.npz import CLASSES
from lenet.figures import figures
from lenet.model import network
from lenet.model._mxnet import context, memory_reported
from lenet.model.architecture import Network
from lenet.model.sampling import identity_affine, network_input
from lenet.model.view import View
from lenet.training.recipe import Recipe
from lenet.training.warps import Warp

# Warped copies of a digit.
_COPIES = 12


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path, help="training images, npz")
    parser.add_argument("models", type=Path, help="folder of the trained network")
    parser.add_argument("training", type=Path, help="folder of the learning curves")
    parser.add_argument("pictures", type=Path, help="folder to write the pictures to")
    arguments = parser.parse_args()
    pictures = arguments.pictures

    train, settings, view = npz.load(arguments.train), Network.load(), View.load()
    size, device = settings.image_size, context("cpu")
    figures.gallery(train.images, train.labels, pictures / "digits.png")

    # The first digit of each class there is.
    firsts = [np.flatnonzero(train.labels == digit)[:1] for digit in range(CLASSES)]
    originals = train.images[np.concatenate(firsts)]
    plain = network_input(
        originals, identity_affine(len(originals)), view, size=size, context=device
    )
    generator = np.random.default_rng(Recipe.load().seed)
    affine, copies = Warp.load().draw(generator, np.repeat(originals, _COPIES, axis=0))
    warped = network_input(copies, affine, view, size=size, context=device).asnumpy()
    figures.warps_picture(
        plain.asnumpy()[:, 0],
        warped.reshape(len(originals), _COPIES, size, size),
        pictures / "warps.png",
    )

    lenet = network.load_first_member(arguments.models, settings)
    figures.filters_picture(lenet.kernels(), pictures / "filters.png")
    outputs = {name: output.asnumpy()[0] for name, output in lenet.outputs(plain[:1]).items()}
    figures.responses_picture(plain.asnumpy()[0, 0], outputs, pictures / "responses.png")
    figures.curves_picture(accuracies(arguments.training), pictures / "curves.png")


def accuracies(training: Path) -> pd.DataFrame:
    """Return the learning curves, a row an epoch; without validation images there is one less."""
    files = sorted(training.glob("plots/metrics/*_accuracy.tsv"))
    if not files:
        raise InputError(f"{training}: no learning curves; `dvc repro train` makes them.")
    return pd.concat([pd.read_csv(file, sep="\t", index_col="step") for file in files], axis=1)


if __name__ == "__main__":
    run(memory_reported()(main))
