"""Train the network and leave the model and its learning curves."""

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from lenet.core.errors import InputError, run
from lenet.core.files import alone_in
from lenet.core.params import NOT_OF_THE_FIT, NetworkParams, TrainingParams
from lenet.training.distributed import launcher

if TYPE_CHECKING:
    from lenet.training.loop import Epoch


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path, help="training images, npz")
    parser.add_argument("symbol", type=Path, help="the network, MXNet symbol JSON")
    parser.add_argument("weights", type=Path, help="its weights, MXNet params")
    parser.add_argument("curves", type=Path, help="folder for the learning curves")
    parser.add_argument(
        "--join",
        action="store_true",
        help="take part in the training that this command leads without it, and write nothing",
    )
    arguments = parser.parse_args()

    params = TrainingParams.load(Path("params.yaml"))
    if params.kvstore == "local":
        if arguments.join:
            raise InputError("--join: kvstore is local, so there is no training to take part in.")
        train(arguments, params)
    elif arguments.join or launcher.LAUNCHER in os.environ:
        if launcher.configure(params.workers) == "worker":
            train(arguments, params)
        else:
            from lenet.training.distributed import workers

            workers.serve()
    else:
        command = [sys.executable, "-m", "stages.train", *sys.argv[1:]]
        launcher.launch(command, workers=params.workers)


def train(arguments: argparse.Namespace, params: TrainingParams) -> None:
    """Train, alone or as a worker; of the workers the one that leads writes what came of it."""
    # Here, because a process that only starts and watches others has no need of MXNet.
    from lenet.core import npz
    from lenet.model import network
    from lenet.model._mxnet import context
    from lenet.training import loop
    from lenet.training.distributed import workers

    device = context(params.device)
    images = npz.load(arguments.train)
    train, validation = loop.split(
        images, validation_fraction=params.validation_fraction, seed=params.seed
    )
    members = [
        network.LeNet(
            **params.model_dump(include=set(NetworkParams.model_fields)), name=f"lenet{number}"
        )
        for number in range(params.members)
    ]
    with workers.together(params.kvstore) as peers:
        peers.agree_on(params.model_dump_json().encode(), images.images.data, images.labels.data)
        # Side by side, an epoch of each in turn, so that the curves show them all from the start.
        runs = [
            loop.fit(
                lenet,
                train,
                None if arguments.join else validation,
                seed=seed,
                context=device,
                workers=peers,
                **params.model_dump(exclude=NOT_OF_THE_FIT),
            )
            for seed, lenet in enumerate(members, params.seed)
        ]
        epochs = (loop.Epoch.mean(each) for each in zip(*runs, strict=True))
        if arguments.join:
            # Trained as they are counted, and for nothing but the others.
            sum(1 for _ in epochs)
            return
        # Curves are written line by line.
        with alone_in(arguments.curves):
            record(epochs, arguments.curves)
        network.save(network.committee(members), arguments.symbol, arguments.weights)


def record(epochs: Iterable["Epoch"], curves: Path) -> None:
    """Print each epoch when it has been trained, and add it to the learning curves."""
    from dvclive import Live

    start = monotonic()
    # dvc.yaml is ours, and DVC itself keeps the experiments.
    with Live(str(curves), dvcyaml=False, save_dvc_exp=False) as live:
        live.step = 1
        for epoch in epochs:
            print(f"{epoch}, time {monotonic() - start:.1f} sec", flush=True)
            start = monotonic()
            for name, value in epoch.metrics().items():
                live.log_metric(name, value)
            live.next_step()


if __name__ == "__main__":
    run(main)
