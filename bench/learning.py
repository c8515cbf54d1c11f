"""The time that the default recipe takes on one core, here and in PyTorch."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.report import compared
from lenet.core import npz
from lenet.core.loss import mean_log_loss
from lenet.core.npz import Dataset
from lenet.model.architecture import Network
from lenet.model.preprocess import Preprocess
from lenet.training.augment import Augment
from lenet.training.recipe import Recipe

SEEDS = range(3)
OURS = "lenet"
# Gives the probabilities of images.
Recognise = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def lenet(train: Dataset, recipe: Recipe) -> Iterator[Recognise]:
    """Train by params.yaml; yield the network after every epoch."""
    from lenet.model._mxnet import mx
    from lenet.model.prediction import probabilities
    from lenet.training import committee

    network, preprocess = Network.load(), Preprocess.load()
    (trained,), epochs = committee.train(train, recipe, network, preprocess, Augment.load())
    for _ in epochs:
        yield lambda images: probabilities(
            trained, images, preprocess, size=network.image_size, test_shift=0, context=mx.cpu()
        )


def pytorch(
    train: Dataset, recipe: Recipe, layout: str = "contiguous_format"
) -> Iterator[Recognise]:
    """Train by params.yaml in PyTorch; yield the network after every epoch."""
    import torch

    from bench import pytorch as torch_recipe

    torch.set_num_threads(1)
    size, preprocess = Network.load().image_size, Preprocess.load()
    networks = torch_recipe.train(
        train, recipe, preprocess, Augment.load(), size=size, layout=layout
    )

    def probabilities(network: Any, images: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.no_grad():
            data = torch_recipe.plain(torch.from_numpy(images), preprocess, size)
            scores: NDArray[np.float32] = torch.softmax(network(data), dim=1).numpy()
        return scores

    for network in networks:
        yield partial(probabilities, network)


CONTENDERS: dict[str, Callable[[Dataset, Recipe], Iterator[Recognise]]] = {
    OURS: lenet,
    "PyTorch": pytorch,
    "PyTorch, channels last": partial(pytorch, layout="channels_last"),
}


def learn(contender: str, seed: int) -> None:
    """Train; after every epoch print the loss on the validation set, and the time that this took.

    The validation set is the one of `dvc repro`: a tenth of the training file.
    """
    from lenet.training.loop import split

    recipe = Recipe.load().model_copy(update={"seed": seed, "members": 1})
    train, validation = split(npz.load(Path("data/npz/train.npz")), recipe)
    assert validation is not None
    # The images are split already, and validation by the loop itself would take time.
    unwatched = recipe.model_copy(update={"validation_fraction": 0})
    for recognise in CONTENDERS[contender](train, unwatched):
        start = perf_counter()
        loss = mean_log_loss(validation.labels, recognise(validation.images))
        print(loss, perf_counter() - start, flush=True)


def curve(contender: str, seed: int) -> pd.DataFrame:
    """Return seconds since the start of the process, and validation loss, of every epoch."""
    start = perf_counter()
    code = f"from bench.learning import learn; learn({contender!r}, {seed})"
    command = [sys.executable, "-c", code]
    core = str(min(os.sched_getaffinity(0)))
    with subprocess.Popen(
        ["taskset", "--cpu-list", core, *command], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        epochs = []
        testing = 0.0
        for line in process.stdout:
            loss, seconds = map(float, line.split())
            testing += seconds
            epochs.append({"seconds": perf_counter() - start - testing, "loss": loss})
    assert process.returncode == 0
    return pd.DataFrame(epochs)


def reached(curves: dict[str, list[pd.DataFrame]], target: float) -> pd.DataFrame:
    """Return a row for each contender: its losses at the end, and the times to `target`."""
    rows = []
    for name, runs in curves.items():
        times = [run.loc[run["loss"] <= target, "seconds"].min() for run in runs]
        ends = [run["loss"].iloc[-1] for run in runs]
        rows.append(
            {
                "contender": name,
                "validation loss at the end": ", ".join(f"{end:.4f}" for end in ends),
                f"seconds to a loss of {target:.4f}": ", ".join(
                    "never" if np.isnan(time) else f"{time:.0f}" for time in times
                ),
            }
        )
    return pd.DataFrame(rows)


def measure() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each table with its title."""
    names = [name for name in CONTENDERS if name == OURS or importlib.util.find_spec("torch")]
    curves: dict[str, list[pd.DataFrame]] = {name: [] for name in names}
    for seed in SEEDS:
        for name in names:
            curves[name].append(curve(name, seed))
    seconds = {name: [run["seconds"].iloc[-1] for run in runs] for name, runs in curves.items()}
    yield (
        "The default recipe on one core, with the start of the process",
        compared(seconds, OURS, "seconds"),
    )
    # The worst of our own ends, which each of our runs reaches.
    target = max(run["loss"].iloc[-1] for run in curves[OURS])
    yield (
        "The time to the validation loss of the recipe's end, seed by seed",
        reached(curves, target),
    )
