"""Train the network and leave the model and its learning curves."""

import argparse
from pathlib import Path
from time import monotonic

from dvclive import Live

from lenet import digits, network, training
from lenet._mxnet import context
from lenet.errors import run
from lenet.params import NOT_OF_THE_FIT, NetworkParams, TrainingParams


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path, help="training images, npz")
    parser.add_argument("symbol", type=Path, help="the network, MXNet symbol JSON")
    parser.add_argument("weights", type=Path, help="its weights, MXNet params")
    parser.add_argument("curves", type=Path, help="folder for the learning curves")
    arguments = parser.parse_args()

    params = TrainingParams.load(Path("params.yaml"))
    device = context(params.device)
    train, validation = training.split(
        digits.load(arguments.train),
        validation_fraction=params.validation_fraction,
        seed=params.seed,
    )
    members = [
        network.LeNet(
            **params.model_dump(include=set(NetworkParams.model_fields)), name=f"lenet{number}"
        )
        for number in range(params.members)
    ]
    # Side by side, an epoch of each in turn, so that the curves show them all from the start.
    runs = [
        training.fit(
            lenet,
            train,
            validation,
            seed=seed,
            context=device,
            **params.model_dump(exclude=NOT_OF_THE_FIT),
        )
        for seed, lenet in enumerate(members, params.seed)
    ]
    start = monotonic()
    # dvc.yaml is ours, and DVC itself keeps the experiments.
    with Live(str(arguments.curves), dvcyaml=False, save_dvc_exp=False) as live:
        live.step = 1
        for epochs in zip(*runs, strict=True):
            epoch = training.Epoch.mean(epochs)
            print(f"{epoch}, time {monotonic() - start:.1f} sec", flush=True)
            start = monotonic()
            for name, value in epoch.metrics().items():
                live.log_metric(name, value)
            live.next_step()
    network.save(network.committee(members), arguments.symbol, arguments.weights)


if __name__ == "__main__":
    run(main)
