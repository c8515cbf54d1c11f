"""Why the lecture notebook's network never learned: its training with one thing changed at a time.

    python -m studies plateau

Reads data/npz/train.npz (`dvc repro convert@train`); writes docs/plateau/.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from matplotlib.figure import Figure

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.files import write_csv
from lenet.core.npz import Dataset
from lenet.model._mxnet import mx
from lenet.model.architecture import Network
from lenet.model.network import LeNet
from lenet.model.prediction import network_input
from lenet.model.preprocess import identity
from lenet.training.batches import Batches
from lenet.training.config import Config
from lenet.training.learner import Learner
from lenet.training.loop import fit

FOLDER = Path("docs/plateau")
SEEDS = range(10)
EPOCHS = 10
LONG = 40
# A class has 7 to 16 % of the images, so a network that recognises half of them has left.
LEFT = 0.5

# The changes of params.yaml that make the notebook's training; `make notebook` has the same.
NOTEBOOK: dict[str, object] = {
    "network.image_size": 16,
    "network.activation": "sigmoid",
    "preprocess.margin": 0,
    "preprocess.centering": 0,
    "preprocess.proportion": 0,
    "preprocess.input_range": (0, 2),
    "augment.rotation": 0,
    "augment.scale": 0,
    "augment.shift": 0,
    "augment.gamma": 0,
    "augment.elastic": 0,
    "test_shift": 0,
    "validation_fraction": 0,
    "momentum": 0,
    "lr": 0.9,
    "lr_schedule": "constant",
    "weight_decay": 0,
    "batch_size": 120,
    "epochs": EPOCHS,
}


@dataclass(frozen=True)
class Variant:
    """One thing changed in the notebook's training.

    change: parameters, by their dotted names.
    initializer: the name of MXNet's initializer of the weights, and its arguments.
    batch_norm: whether batch normalisation stands before every activation.
    """

    change: dict[str, object] = field(default_factory=dict)
    initializer: tuple[str, dict[str, object]] = ("Xavier", {})
    batch_norm: bool = False


def variants(images: Dataset) -> dict[str, Variant]:
    """Return the variants by their names."""
    mean, deviation = float(images.images.mean()), float(images.images.std())
    return {
        "the notebook": Variant(),
        "pixels from 0 to 1": Variant({"preprocess.input_range": (0, 1)}),
        "pixels from -1 to 1": Variant({"preprocess.input_range": (-1, 1)}),
        "pixels of mean 0, deviation 1": Variant(
            {"preprocess.input_range": (-mean / deviation, (1 - mean) / deviation)}
        ),
        "rate 0.1": Variant({"lr": 0.1}),
        "rate 0.3": Variant({"lr": 0.3}),
        "rate 3": Variant({"lr": 3.0}),
        "batch of 30": Variant({"batch_size": 30}),
        "batch of 600": Variant({"batch_size": 600}),
        "momentum 0.9, rate 0.09": Variant({"momentum": 0.9, "lr": 0.09}),
        "weights of deviation 0.01": Variant(initializer=("Normal", {"sigma": 0.01})),
        "weights of LeCun's size": Variant(
            initializer=("Xavier", {"factor_type": "in", "magnitude": 3})
        ),
        "weights 4 times Xavier's": Variant(initializer=("Xavier", {"magnitude": 3 * 4**2})),
        "tanh": Variant({"network.activation": "tanh"}),
        "1.7159 tanh(2x/3)": Variant({"network.activation": "scaled_tanh"}),
        "ReLU": Variant({"network.activation": "relu"}),
        "tanh at rate 0.1": Variant({"network.activation": "tanh", "lr": 0.1}),
        "ReLU at rate 0.1": Variant({"network.activation": "relu", "lr": 0.1}),
        "batch normalisation": Variant(batch_norm=True),
        "input of 32 x 32": Variant({"network.image_size": 32}),
        f"{LONG} epochs": Variant({"epochs": LONG}),
        f"pixels from -1 to 1, {LONG} epochs": Variant(
            {"preprocess.input_range": (-1, 1), "epochs": LONG}
        ),
    }


# The output that has a layer's activation. That of a convolution follows its pooling.
ACTIVATED = {"C1": "P2", "C3": "P4", "C5": "C5", "F6": "F6", "O7": "O7"}
# The variants whose signal and gradient are measured, layer by layer.
MEASURED = ("the notebook", "pixels from -1 to 1", "weights 4 times Xavier's", "tanh", "ReLU")


class NormalisedLeNet(LeNet):
    """A LeNet with batch normalisation before every activation."""

    def __init__(self, network: Network, classes: int) -> None:
        super().__init__(network, classes)
        nn, size = mx.gluon.nn, network.image_size
        with self.name_scope():
            for name in ("p2", "p4", "c5", "f6"):
                whole, normalised = (nn.HybridSequential(prefix="") for _ in range(2))
                layer, activation = getattr(self, name)
                # Training replaces P2 where it is pooling alone, and would add blank maps to it.
                normalised.add(layer, nn.BatchNorm())
                whole.add(normalised, activation)
                setattr(self, name, whole)
        # Batch normalisation learns from an image how many maps there are.
        self.infer_shape(mx.nd.zeros((1, 1, size, size)))


def train_variant(
    variant: Variant, images: Dataset, seed: int
) -> tuple[Config, LeNet, Iterator[dict[str, float]]]:
    """Return a variant's parameters, its network, and its training, which runs as it is iterated.

    Args:
        variant: the change.
        images: the training images.
        seed: of the training.
    """
    config = Config.load().changed({**NOTEBOOK, **variant.change, "seed": seed})
    kind = NormalisedLeNet if variant.batch_norm else LeNet
    lenet = kind(config.network, config.classes)
    where = {"context": mx.cpu()}
    batches = Batches(images, config, **where)
    initializer, arguments = variant.initializer
    learner = Learner(
        lenet,
        config,
        steps=config.epochs * len(batches),
        initializer=getattr(mx.init, initializer)(**arguments),
        **where,
    )
    return config, lenet, fit(learner, batches, None)


def learn(name: str, variant: Variant, images: Dataset, seed: int) -> pd.DataFrame:
    """Train one variant; return a row an epoch, until the training ends or diverges."""
    epochs: list[dict[str, float]] = []
    # A training that diverges has no more rows, and has not left the plateau.
    with suppress(InputError):
        epochs.extend(train_variant(variant, images, seed)[-1])
    rows = [{"epoch": number, **epoch} for number, epoch in enumerate(epochs, 1)]
    return pd.DataFrame(rows).assign(variant=name, seed=seed)


def sizes(name: str, variant: Variant, images: Dataset, seed: int) -> pd.DataFrame:
    """Return the size of signal and gradient in each layer, before and after the training.

    signal: deviation of a unit's output from image to image, root mean square over the units.
    gradient: of the mean loss with respect to the weights, root mean square.
    step: the change of the weights by a step of plain gradient descent, as a share of the weights.
    """
    config, lenet, epochs = train_variant(variant, images, seed)
    some = images[: 10 * config.batch_size]
    side = config.network.image_size
    still = identity(len(some))
    data = network_input(some.images, still, config.preprocess, size=side, context=mx.cpu())
    labels = mx.nd.array(some.labels)
    rows = []
    for moment in ("at the start", "after training"):
        if moment == "after training":
            for _ in epochs:
                pass
        with mx.autograd.record():
            outputs = lenet.outputs(data)
            loss = -mx.nd.pick(mx.nd.log_softmax(outputs["O7"]), labels).mean()
        loss.backward()
        for layer, activated in ACTIVATED.items():
            weight = lenet.collect_params()[f"lenet_{layer.lower()}_weight"]
            gradient = _root_mean_square(weight.grad())
            measures = {
                "signal": np.sqrt(outputs[activated].asnumpy().var(axis=0).mean()),
                "gradient": gradient,
                "step": config.lr * gradient / _root_mean_square(weight.data()),
            }
            rows.append(
                {"variant": name, "moment": moment, "layer": layer, "seed": seed} | measures
            )
    return pd.DataFrame(rows)


def _root_mean_square(values: mx.nd.NDArray) -> float:
    return float(np.sqrt((values.asnumpy() ** 2).mean()))


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each variant: how many seeds left the plateau, and in which epochs."""
    left = runs[runs["train_accuracy"] >= LEFT].groupby(["variant", "seed"])["epoch"].min()
    last = runs[runs["epoch"] == runs.groupby("variant")["epoch"].transform("max")]
    return (
        pd.DataFrame(
            {
                "epochs": runs.groupby("variant", sort=False)["epoch"].max(),
                "seeds": len(SEEDS),
                "left": left.groupby("variant").size(),
                "first_epoch": left.groupby("variant").min(),
                "last_epoch": left.groupby("variant").max(),
                "loss": last.groupby("variant")["loss"].median(),
                "train_accuracy": last.groupby("variant")["train_accuracy"].median(),
            }
        )
        .fillna({"left": 0})
        .astype({"left": int, "first_epoch": "Int64", "last_epoch": "Int64"})
        .loc[runs["variant"].unique()]
        .reset_index()
    )


def draw_shares(table: pd.DataFrame) -> Figure:
    """Draw the share of seeds that left the plateau, a bar a variant."""
    figure, axes = plt.subplots(figsize=(7, 6), layout="constrained")
    counts = [f"{row.left} of {row.seeds}" for row in table.itertuples()]
    bars = axes.barh(table["variant"], table["left"] / table["seeds"], color="tab:blue")
    axes.bar_label(bars, counts, padding=3)
    axes.invert_yaxis()
    axes.set(
        xlim=(0, 1.15), xlabel=f"share of seeds that recognise {LEFT:.0%} of the images in time"
    )
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def draw_sizes(table: pd.DataFrame) -> Figure:
    """Draw signal and gradient by layer, at the start and after training."""
    figure, panels = plt.subplots(
        2, 2, figsize=(9, 7), sharex=True, sharey="row", layout="constrained"
    )
    for row, measure in zip(panels, ("signal", "gradient"), strict=True):
        for axes, moment in zip(row, ("at the start", "after training"), strict=True):
            some = table[table["moment"] == moment]
            means = some.pivot_table(measure, "layer", "variant", sort=False)
            means[list(MEASURED)].plot(ax=axes, marker="o", legend=False)
            axes.set(yscale="log", title=f"{measure}, {moment}", xlabel="")
            axes.grid(alpha=0.3)
    panels[0, 0].legend(fontsize=8)
    return figure


def main() -> None:
    """Train all variants; write the tables and the pictures."""
    mpl.use("agg")
    images = npz.load(Path("data/npz/train.npz"))
    changes = variants(images)
    parallel = Parallel(n_jobs=-1, verbose=5)
    runs = pd.concat(
        parallel(
            delayed(learn)(name, change, images, seed)
            for name, change in changes.items()
            for seed in SEEDS
        )
    )
    layers = pd.concat(
        parallel(
            delayed(sizes)(name, changes[name], images, seed)
            for name in MEASURED
            for seed in SEEDS[:3]
        )
    )
    table = summary(runs)
    for name, rows in (("runs", runs), ("sizes", layers), ("summary", table)):
        write_csv(rows, FOLDER / f"{name}.csv")
    for name, figure in (("shares", draw_shares(table)), ("sizes", draw_sizes(layers))):
        figure.savefig(FOLDER / f"{name}.png", dpi=80, metadata={"Software": None})
    print(table.to_string(index=False))
