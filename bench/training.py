"""The speed of training, beside the lecture notebook's loop and the same training in PyTorch.

Each contender runs in a process of its own, in turn, for several rounds. PyTorch is compared if it
is installed (`.venv/bin/python -m pip install torch`), and left out with a message otherwise.
"""

import argparse
import importlib
import importlib.util
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter
from unittest.mock import patch

import numpy as np
import pandas as pd

from bench.report import compared
from lenet.core.npz import Dataset
from lenet.model.architecture import Network
from lenet.model.preprocess import Preprocess
from lenet.training.augment import Augment
from lenet.training.recipe import Recipe

ROUNDS = 5
EPOCHS = 9
# IMAGES is a multiple of every batch size.
IMAGES = 1920
# The side of the input, and the batch size.
SIZES = ((16, 120), (32, 64), (32, 128))
OURS, OURS_READY = "lenet", "lenet, given its input ready"
AS_SAVED = "lenet, C1 and P2 as they are saved"


def made_up(side: int, images: int) -> Dataset:
    """Return noise images of `side` with random labels."""
    generator = np.random.default_rng(0)
    return Dataset(
        generator.random((images, side, side), dtype=np.float32), generator.integers(0, 10, images)
    )


def settings(batch: int) -> tuple[Recipe, Preprocess, Augment]:
    """Return what params.yaml says of the training, for batches of `batch` and few epochs."""
    changes = {"epochs": EPOCHS, "batch_size": batch, "validation_fraction": 0, "members": 1}
    return Recipe.load().model_copy(update=changes), Preprocess.load(), Augment.load()


def lenet(size: int, batch: int) -> Iterator[object]:
    """Train by params.yaml, on images of 16 x 16 that are centred, augmented and enlarged."""
    from lenet.training import committee

    recipe, preprocess, augment = settings(batch)
    # Each core computes a part of the batch.
    recipe = recipe.model_copy(update={"replicas": len(os.sched_getaffinity(0))})
    network = Network.load().model_copy(update={"image_size": size})
    _, epochs = committee.train(made_up(16, IMAGES), recipe, network, preprocess, augment)
    return epochs


def lenet_unwarped(size: int, batch: int) -> Iterator[object]:
    """Train as `lenet` does, on images that are ready for the network."""
    from lenet.model._mxnet import mx
    from lenet.training import batches

    ready = mx.nd.array(made_up(size, IMAGES).images[:, None])
    with (
        patch.object(batches, "network_input", lambda images, *_, **__: ready[: len(images)]),
        patch.object(Augment, "draw", lambda _, __, images: (None, images)),
    ):
        yield from lenet(size, batch)


def lenet_default_scratch(size: int, batch: int) -> Iterator[object]:
    """Train as `lenet` does, with as much scratch memory as MXNet has by default."""
    # MXNet reads the variable with its first operator, after lenet has set it.
    importlib.import_module("lenet.model._mxnet")
    os.environ["MXNET_CPU_TEMP_COPY"] = "4"
    return lenet(size, batch)


def lenet_as_saved(size: int, batch: int) -> Iterator[object]:
    """Train as `lenet` does, with P2 after C1."""
    from lenet.training import replicas

    with patch.object(replicas, "learning_form", lambda network: network):
        yield from lenet(size, batch)


def notebook(size: int, batch: int) -> Iterator[None]:
    """Train by the notebook's loop: not hybridized, with loss and accuracy read every batch."""
    from lenet.model._mxnet import mx

    nn = mx.gluon.nn
    network = nn.Sequential()
    network.add(
        nn.Conv2D(6, 5, activation="sigmoid"),
        nn.MaxPool2D(2, 2),
        nn.Conv2D(16, 5, activation="sigmoid"),
        nn.MaxPool2D(2, 2),
        nn.Dense(120, activation="sigmoid"),
        nn.Dense(84, activation="sigmoid"),
        nn.Dense(10),
    )
    network.initialize(mx.init.Xavier())
    trainer = mx.gluon.Trainer(network.collect_params(), "sgd", {"learning_rate": 0.9})
    criterion = mx.gluon.loss.SoftmaxCrossEntropyLoss()
    digits = made_up(size, IMAGES)
    data = mx.gluon.data.ArrayDataset(digits.images[:, None], digits.labels.astype(np.float32))
    for _ in range(EPOCHS):
        loss_sum = correct = 0.0
        for images, labels in mx.gluon.data.DataLoader(data, batch, shuffle=True):
            with mx.autograd.record():
                scores = network(images)
                loss = criterion(scores, labels).sum()
            loss.backward()
            trainer.step(batch)
            loss_sum += loss.asscalar()
            correct += (scores.argmax(axis=1) == labels).sum().asscalar()
        yield


def pytorch(size: int, batch: int, layout: str = "contiguous_format") -> Iterator[object]:
    """Train as `lenet` does in PyTorch, with the same network, input and schedule."""
    import torch

    from bench.pytorch import train

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    recipe, preprocess, augment = settings(batch)
    return train(made_up(16, IMAGES), recipe, preprocess, augment, size=size, layout=layout)


CONTENDERS: dict[str, Callable[[int, int], Iterator[object]]] = {
    OURS: lenet,
    OURS_READY: lenet_unwarped,
    AS_SAVED: lenet_as_saved,
    "lenet, scratch memory as MXNet has it": lenet_default_scratch,
    "the notebook's loop": notebook,
    "PyTorch": pytorch,
    "PyTorch, channels last": partial(pytorch, layout="channels_last"),
}


def throughput(name: str, size: int, batch: int, threads: int) -> float:
    """Return the images a second of a contender, in a separate process on `threads` cores."""
    command = [sys.executable, "-m", "bench.training", name, str(size), str(batch)]
    cores = ",".join(map(str, sorted(os.sched_getaffinity(0))[:threads]))
    done = subprocess.run(
        ["taskset", "--cpu-list", cores, *command],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[-1])


def measure() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each table with its title."""
    names = list(CONTENDERS)
    if not importlib.util.find_spec("torch"):
        print("PyTorch is not installed, and left out.")
        names = [name for name in names if "PyTorch" not in name]
    for size, batch in SIZES:
        for threads in (1, 2):
            figures = defaultdict(list)
            for _ in range(ROUNDS):
                for name in names:
                    figures[name].append(throughput(name, size, batch, threads))
            cores = "one core" if threads == 1 else f"{threads} cores"
            title = f"Training at {size} x {size}, batches of {batch}, {cores}, {ROUNDS} rounds"
            yield title, compared(figures, OURS, "images/s")


def main() -> None:
    """Run one contender and print its images a second, the first epoch left out."""
    parser = argparse.ArgumentParser()
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("size", type=int)
    parser.add_argument("batch", type=int)
    arguments = parser.parse_args()
    epochs = CONTENDERS[arguments.contender](arguments.size, arguments.batch)
    next(epochs)
    start = perf_counter()
    for _ in epochs:
        pass
    print((EPOCHS - 1) * IMAGES / (perf_counter() - start))


if __name__ == "__main__":
    main()
