"""How long the default recipe takes, from the start of the process, to a given accuracy."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pandas as pd

ACCURACY = 0.975
SEEDS = range(5)


def learn(seed: int) -> None:
    """Train by params.yaml and print the test accuracy after every epoch."""
    from lenet import digits, training
    from lenet._mxnet import context
    from lenet.network import LeNet
    from lenet.params import NOT_OF_THE_FIT, EvaluationParams, TrainingParams
    from lenet.prediction import probabilities

    params = TrainingParams.load(Path("params.yaml"))
    asked = EvaluationParams.load(Path("params.yaml")).model_dump(exclude={"device"})
    device = context(params.device)
    train, _ = training.split(
        digits.load(Path("data/npz/train.npz")),
        validation_fraction=params.validation_fraction,
        seed=seed,
    )
    test = digits.load(Path("data/npz/test.npz"))
    lenet = LeNet(image_size=params.image_size, activation=params.activation)
    for _ in training.fit(
        lenet, train, None, seed=seed, context=device, **params.model_dump(exclude=NOT_OF_THE_FIT)
    ):
        scores = probabilities(lenet, test.images, context=device, **asked)
        print((scores.argmax(axis=1) == test.labels).mean(), flush=True)


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
            reached = [(perf_counter() - start, float(line)) for line in process.stdout]
        first = next((row for row in enumerate(reached, 1) if row[1][1] >= ACCURACY), None)
        rows.append(
            {
                "seed": seed,
                "epoch": first[0] if first else "never",
                f"seconds to {ACCURACY:.1%}": f"{first[1][0]:.1f}" if first else "never",
                "seconds in all": f"{reached[-1][0]:.1f}",
                "accuracy at the end": f"{reached[-1][1]:.2%}",
            }
        )
    yield "Learning on one core, test accuracy asked for after every epoch", pd.DataFrame(rows)
