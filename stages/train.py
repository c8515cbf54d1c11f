"""Train the network; write the model and its learning curves."""

import argparse
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from time import monotonic

from dvclive import Live

from lenet.core import npz
from lenet.core.errors import InputError, run
from lenet.core.files import alone_in
from lenet.core.watch import while_unchanged
from lenet.model._mxnet import memory_reported
from lenet.model.architecture import Network
from lenet.model.network import save
from lenet.model.preprocess import Preprocess
from lenet.training import committee
from lenet.training.augment import Augment
from lenet.training.distributed import launcher, workers
from lenet.training.distributed.shared import ShardedBatches, SynchronousLearner
from lenet.training.loop import Epoch
from lenet.training.recipe import Recipe


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path, help="training images, npz")
    parser.add_argument("models", type=Path, help="folder to write the network to")
    parser.add_argument("curves", type=Path, help="folder to write the learning curves to")
    parser.add_argument("--join", action="store_true", help="take part in a training led elsewhere")
    arguments = parser.parse_args()

    recipe = Recipe.load()
    if recipe.workers > 1:
        train_together(arguments, recipe)
    elif arguments.join:
        raise InputError("--join: workers is 1, so there is no training to take part in.")
    else:
        members, epochs = committee.train(*inputs(arguments.train, recipe))
        record(epochs, recipe, arguments.curves)
        save(members, arguments.models)


def inputs(train: Path, recipe: Recipe) -> tuple:
    """Return the arguments of `committee.train`: the images, and the settings of params.yaml."""
    network = Network.load()
    return npz.load(train, network.classes), recipe, network, Preprocess.load(), Augment.load()


def train_together(arguments: argparse.Namespace, recipe: Recipe) -> None:
    """Start a training with several workers, or take part in the training as a process."""
    if not launcher.takes_part(join=arguments.join):
        launcher.launch([sys.executable, "-m", "stages.train", *sys.argv[1:]], recipe.workers)
    elif launcher.configure(recipe.workers) != "worker":
        workers.serve()
    else:
        examples, *models = inputs(arguments.train, recipe)
        with workers.joined() as peers:
            said = [model.model_dump_json().encode() for model in models]
            peers.agree_on(*said, examples.images.data, examples.labels.data)
            members, epochs = committee.train(
                *(examples, *models),
                learner=partial(SynchronousLearner, peers),
                batches=partial(ShardedBatches, peers),
            )
            if arguments.join:
                # A joining worker trains for the leader alone.
                sum(1 for _ in epochs)
            else:
                record(epochs, recipe, arguments.curves)
                save(members, arguments.models)


def record(epochs: Iterable[Epoch], recipe: Recipe, curves: Path) -> None:
    """Add each epoch to the learning curves, and print one in ten, or all of ten."""
    start = monotonic()
    # Live must not rewrite dvc.yaml, and DVC itself keeps the experiments. Live writes its files in
    # place, so no other process may write there.
    rows: list[dict[str, float]] = []
    with alone_in(curves), Live(str(curves), dvcyaml=False, save_dvc_exp=False) as live:
        live.step = 1
        for epoch in epochs:
            if recipe.epochs <= 10 or epoch.number % 10 == 0 or epoch.number in (1, recipe.epochs):
                print(f"{epoch}, {monotonic() - start:.1f} s so far", flush=True)
            values = epoch.metrics()
            rows.append({"epoch": epoch.number, **values})
            for name, value in values.items():
                live.log_metric(name, value, plot=False)
            live.log_plot("curves", rows, x="epoch", y=[*values])
            live.next_step()


if __name__ == "__main__":
    run(while_unchanged(memory_reported()(main)))
