"""The time that the default recipe takes, from the start of the process, to an accuracy."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pandas as pd

ACCURACY = 0.975
SEEDS = range(3)


def learn(seed: int) -> None:
    """Train by params.yaml; after every epoch print test accuracy and the seconds of the test."""
    from lenet.core import npz
    from lenet.model._mxnet import context
    from lenet.model.architecture import Network
    from lenet.model.prediction import probabilities
    from lenet.model.view import Averaging, View
    from lenet.training import committee, loop
    from lenet.training.recipe import Recipe
    from lenet.training.warps import Warp

    recipe = Recipe.load().model_copy(update={"seed": seed, "members": 1})
    network, view, test_shift = Network.load(), View.load(), Averaging.load().test_shift
    train, _ = loop.split(npz.load(Path("data/npz/train.npz")), recipe)
    test = npz.load(Path("data/npz/test.npz"))
    # The images are split already, and validation would take time.
    unwatched = recipe.model_copy(update={"validation_fraction": 0})
    (lenet,), epochs = committee.train(train, unwatched, network, view, Warp.load())
    for _ in epochs:
        start = perf_counter()
        scores = probabilities(
            *(lenet, test.images, view),
            size=network.image_size,
            test_shift=test_shift,
            context=context(recipe.device),
        )
        accuracy = (scores.argmax(axis=1) == test.labels).mean()
        print(accuracy, perf_counter() - start, flush=True)


def measure() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the table with its title."""
    rows = []
    for seed in SEEDS:
        start = perf_counter()
        command = [sys.executable, "-c", f"from bench.learning import learn; learn({seed})"]
        core = str(min(os.sched_getaffinity(0)))
        with subprocess.Popen(
            ["taskset", "--cpu-list", core, *command], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            epochs = []
            testing = 0.0
            for line in process.stdout:
                accuracy, seconds = map(float, line.split())
                testing += seconds
                epochs.append((perf_counter() - start - testing, accuracy))
        reached = [n for n, (_, accuracy) in enumerate(epochs, 1) if accuracy >= ACCURACY]
        rows.append(
            {
                "seed": seed,
                "epoch": reached[0] if reached else "never",
                f"seconds to {ACCURACY:.1%}": f"{epochs[reached[0] - 1][0]:.1f}" if reached else "",
                "epochs in all": len(epochs),
                "seconds in all": f"{epochs[-1][0]:.1f}",
                "accuracy at the end": f"{epochs[-1][1]:.2%}",
            }
        )
    yield (
        "Learning on one core, from the start of the process, without the time of testing",
        pd.DataFrame(rows),
    )
