"""The speed of training, beside the same training in PyTorch.

Each contender runs in a process of its own, in turn, for several rounds. PyTorch is compared if it
is installed (`.venv/bin/python -m pip install torch`), and left out otherwise.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

from bench.report import compared, run
from lenet.core.npz import Dataset
from lenet.training.config import Config

ROUNDS = 5
EPOCHS = 9
# IMAGES is a multiple of every batch size.
IMAGES = 1920
# The side of the input, and the batch size.
SIZES = ((16, 120), (32, 64), (32, 128))
OURS = "lenet"


def made_up() -> Dataset:
    """Return noise images of 16 x 16 with random labels."""
    generator = np.random.default_rng(0)
    return Dataset(
        generator.random((IMAGES, 16, 16), dtype=np.float32), generator.integers(0, 10, IMAGES)
    )


def settings(size: int, batch: int) -> Config:
    """Return params.yaml for inputs of `size`, batches of `batch` and few epochs."""
    changes = {"epochs": EPOCHS, "batch_size": batch, "validation_fraction": 0, "members": 1}
    return Config.load().changed({**changes, "network.image_size": size})


def lenet(size: int, batch: int) -> Iterator[object]:
    """Train by params.yaml, on images of 16 x 16 that are centred, augmented and enlarged."""
    from lenet.training.loop import train

    return train(made_up(), settings(size, batch))[1]


def pytorch(size: int, batch: int, layout: str = "contiguous_format") -> Iterator[object]:
    """Train as `lenet` does in PyTorch, with the same network, input and schedule."""
    import torch

    from bench.pytorch import train

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    return train(made_up(), settings(size, batch), layout=layout)


CONTENDERS: dict[str, Callable[[int, int], Iterator[object]]] = {
    OURS: lenet,
    "PyTorch": pytorch,
    "PyTorch, channels last": partial(pytorch, layout="channels_last"),
}


def speed(name: str, size: int, batch: int) -> float:
    """Train by a contender; return its images a second, the first epoch left out."""
    epochs = CONTENDERS[name](size, batch)
    next(epochs)
    start = perf_counter()
    for _ in epochs:
        pass
    return (EPOCHS - 1) * IMAGES / (perf_counter() - start)


def throughput(name: str, size: int, batch: int, threads: int) -> float:
    """Return the images a second of a contender, in a separate process on `threads` cores."""
    cores = ",".join(map(str, sorted(os.sched_getaffinity(0))[:threads]))
    command = [sys.executable, "-m", "bench.training", name, str(size), str(batch)]
    return float(run(["taskset", "--cpu-list", cores, *command], Path.cwd()).split()[-1])


def measure() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each table with its title."""
    names = [name for name in CONTENDERS if name == OURS or find_spec("torch")]
    for size, batch in SIZES:
        for threads in (1, 2):
            figures = defaultdict(list)
            for _ in range(ROUNDS):
                for name in names:
                    figures[name].append(throughput(name, size, batch, threads))
            cores = "one core" if threads == 1 else f"{threads} cores"
            title = f"Training at {size} x {size}, batches of {batch}, {cores}, {ROUNDS} rounds"
            yield title, compared(figures, OURS, "images/s")


if __name__ == "__main__":
    name, size, batch = sys.argv[1:]
    print(speed(name, int(size), int(batch)))
