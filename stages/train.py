"""Train the network; write the model and its learning curves."""

import argparse
import os
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from time import monotonic

import pandas as pd

from lenet.core import npz
from lenet.core.errors import InputError, run
from lenet.core.files import alone_in, write_csv, write_json
from lenet.core.watch import while_unchanged
from lenet.model._mxnet import memory_reported
from lenet.model.network import save
from lenet.training import workers
from lenet.training.config import Config
from lenet.training.loop import train
from lenet.training.workers import Workers


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path, help="training images, npz")
    parser.add_argument("models", type=Path, help="folder to write the network to")
    parser.add_argument("curves", type=Path, help="folder to write the learning curves to")
    parser.add_argument("--join", action="store_true", help="take part in a training led elsewhere")
    arguments = parser.parse_args()

    config = Config.load()
    if arguments.join and config.workers == 1:
        raise InputError("--join", "workers is 1, so there is no training to take part in")
    if arguments.join or workers.LAUNCHER in os.environ:
        workers.take_part(config.workers, partial(learn, arguments, config))
    elif config.workers > 1:
        workers.launch([sys.executable, "-m", "stages.train", *sys.argv[1:]], config.workers)
    else:
        learn(arguments, config)


def learn(arguments: argparse.Namespace, config: Config, peers: Workers | None = None) -> None:
    """Train, alone or with peers, of which the leader alone writes files."""
    examples = npz.load(arguments.train, config.classes)
    if peers:
        said = config.model_dump_json().encode()
        peers.agree_on(said, examples.images.data, examples.labels.data)
    members, epochs = train(examples, config, peers)
    if arguments.join:
        sum(1 for _ in epochs)
    else:
        record(epochs, arguments.curves, config.epochs)
        save(members, arguments.models)


def record(epochs: Iterable[dict[str, float]], folder: Path, last: int) -> None:
    """Write the learning curves after each epoch; print a line every five seconds at most."""
    start = printed = monotonic()
    rows: list[dict[str, float]] = []
    # A stage that a killed `dvc repro` has left behind may still write there.
    with alone_in(folder):
        for number, epoch in enumerate(epochs, 1):
            if number in (1, last) or monotonic() - printed > 5:
                printed = monotonic()
                figures = ", ".join(f"{name} {value:.4f}" for name, value in epoch.items())
                seconds = f"{printed - start:.1f} s so far"
                print(f"epoch {number}, {figures.replace('_', ' ')}, {seconds}", flush=True)
            rows.append({"epoch": number, **epoch})
            write_csv(pd.DataFrame(rows), folder / "curves.csv")
        write_json({"step": number, **epoch}, folder / "metrics.json")


if __name__ == "__main__":
    run(while_unchanged(memory_reported()(main)))
