"""Draw images, their augmentations, and what the network has learnt."""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core import npz
from lenet.core.errors import run
from lenet.core.npz import Dataset
from lenet.core.watch import while_unchanged
from lenet.figures.canvas import save
from lenet.figures.curves import draw_curves, load_curves
from lenet.figures.examples import draw_augmented, draw_gallery
from lenet.figures.network import draw_kernels, draw_outputs
from lenet.model._mxnet import context, memory_reported
from lenet.model.network import load
from lenet.model.prediction import network_input
from lenet.model.preprocess import identity
from lenet.training.config import Config

# Augmented copies of an image, and the most classes of which one is drawn.
_COPIES, _MOST_CLASSES = 12, 10


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path, help="training images, npz")
    parser.add_argument("models", type=Path, help="folder of the trained network")
    parser.add_argument("training", type=Path, help="folder of the learning curves")
    parser.add_argument("pictures", type=Path, help="folder to write pictures to")
    arguments = parser.parse_args()

    config = Config.load()
    preprocess, classes = config.preprocess, config.classes
    train = npz.load(arguments.train, classes)
    save(draw_gallery(train), arguments.pictures / "digits.png")
    save(draw_curves(load_curves(arguments.training)), arguments.pictures / "curves.png")

    size, device = config.network.image_size, context("cpu")
    examples = first_of_each_class(train)
    data = network_input(examples, identity(len(examples)), preprocess, size=size, context=device)
    originals = data.asnumpy()[:, 0]
    deformations, copies = config.augment.draw(
        np.random.default_rng(config.seed), np.repeat(examples, _COPIES, axis=0)
    )
    augmented = network_input(copies, deformations, preprocess, size=size, context=device).asnumpy()
    augmented = augmented.reshape(len(examples), _COPIES, size, size)
    save(draw_augmented(originals, augmented), arguments.pictures / "augmented.png")

    (lenet,) = load(arguments.models, config.network, classes, 1)
    kernels = lenet.c1.weight.data().asnumpy()[:, 0]
    save(draw_kernels(kernels), arguments.pictures / "filters.png")
    outputs = {name: output.asnumpy()[0] for name, output in lenet.outputs(data[:1]).items()}
    save(draw_outputs(originals[0], outputs), arguments.pictures / "responses.png")


def first_of_each_class(data: Dataset) -> NDArray[np.float32]:
    """Return the first image of each of the first classes that occur, (up to 10, side, side)."""
    first = np.unique(data.labels, return_index=True)[1]
    return data[first[:_MOST_CLASSES]].images


if __name__ == "__main__":
    run(while_unchanged(memory_reported()(main)))
