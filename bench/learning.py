"""How long the default recipe takes, from the start of the process, to a given accuracy."""

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
    """Train by params.yaml; after every epoch print test accuracy and the seconds to ask for it."""
    from lenet.core import npz
    from lenet.core.params import NOT_OF_THE_FIT, EvaluationParams, NetworkParams, TrainingParams
    from lenet.model._mxnet import context
    from lenet.model.network import LeNet
    from lenet.model.prediction import probabilities
    from lenet.training import loop

    params = TrainingParams.load(Path("params.yaml"))
    asked = EvaluationParams.load(Path("params.yaml")).model_dump(exclude={"device"})
    device = context(params.device)
    train, _ = loop.split(
        npz.load(Path("data/npz/train.npz")),
        validation_fraction=params.validation_fraction,
        seed=seed,
    )
    test = npz.load(Path("data/npz/test.npz"))
    lenet = LeNet(**params.model_dump(include=set(NetworkParams.model_fields)))
    for _ in loop.fit(
        lenet, train, None, seed=seed, context=device, **params.model_dump(exclude=NOT_OF_THE_FIT)
    ):
        start = perf_counter()
        scores = probabilities(lenet, test.images, context=device, **asked)
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
            asking = 0.0
            for line in process.stdout:
                accuracy, seconds = map(float, line.split())
                asking += seconds
                epochs.append((perf_counter() - start - asking, accuracy))
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
        "Learning on one core, from the start of the process, without the time of asking",
        pd.DataFrame(rows),
    )
