"""Draw images, their augmentations, and what the network has learnt."""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core import npz
from lenet.core.errors import run
from lenet.core.files import write_json
from lenet.core.npz import Dataset
from lenet.core.watch import while_unchanged
from lenet.figures.canvas import save
from lenet.figures.curves import draw_curves, load_curves
from lenet.figures.examples import draw_augmented, draw_gallery
from lenet.figures.network import draw_kernels, draw_outputs
from lenet.model import network
from lenet.model._mxnet import context, memory_reported
from lenet.model.deformation import Deformation
from lenet.model.sampling import network_input
from lenet.model.units import dead_units
from lenet.training.config import Config

# Images on which units are watched.
_MOST_IMAGES = 1000
# Augmented copies of an image, and the most classes of which one is drawn.
_COPIES, _MOST_CLASSES = 12, 10


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path, help="training images, npz")
    parser.add_argument("models", type=Path, help="folder of the trained network")
    parser.add_argument("training", type=Path, help="folder of the learning curves")
    parser.add_argument("results", type=Path, help="folder to write network.json and pictures to")
    arguments = parser.parse_args()
    pictures = arguments.results / "pictures"

    config = Config.load()
    preprocess, classes = config.preprocess, config.classes
    train = npz.load(arguments.train, classes)
    save(draw_gallery(train), pictures / "digits.png")
    save(draw_curves(load_curves(arguments.training)), pictures / "curves.png")

    size, device = config.network.image_size, context("cpu")
    examples = first_of_each_class(train)
    plain = Deformation.identity(len(examples))
    data = network_input(examples, plain, preprocess, size=size, context=device)
    originals = data.asnumpy()[:, 0]
    deformation, copies = config.augment.draw(
        np.random.default_rng(config.seed), np.repeat(examples, _COPIES, axis=0)
    )
    augmented = network_input(copies, deformation, preprocess, size=size, context=device).asnumpy()
    augmented = augmented.reshape(len(examples), _COPIES, size, size)
    save(draw_augmented(originals, augmented), pictures / "augmented.png")

    (lenet,) = network.new_members(config.network, classes, 1)
    network.load(arguments.models, [lenet])
    save(draw_kernels(lenet.c1.weight.data().asnumpy()[:, 0]), pictures / "filters.png")
    shown = train.images[:: max(1, len(train) // _MOST_IMAGES)]
    whole = Deformation.identity(len(shown))
    inputs = network_input(shown, whole, preprocess, size=size, context=device)
    write_json({"dead_units": dead_units(lenet, inputs)}, arguments.results / "network.json")
    outputs = {name: output.asnumpy()[0] for name, output in lenet.outputs(data[:1]).items()}
    save(draw_outputs(originals[0], outputs), pictures / "responses.png")


def first_of_each_class(data: Dataset) -> NDArray[np.float32]:
    """Return the first image of each of the first classes that occur, (up to 10, side, side)."""
    first = np.unique(data.labels, return_index=True)[1]
    return data[first[:_MOST_CLASSES]].images


if __name__ == "__main__":
    run(while_unchanged(memory_reported()(main)))
