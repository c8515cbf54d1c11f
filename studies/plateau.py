"""Why the lecture notebook's network never learned: its training with one thing changed at a time.

    python -m studies plateau

Reads data/npz/train.npz (`dvc repro convert@train`); writes docs/plateau/.
"""

from collections.abc import Iterator
from contextlib import suppress
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
from lenet.core.npz import Digits
from lenet.model._mxnet import mx
from lenet.model.network import LeNet
from lenet.model.view import identity_affine, network_input
from lenet.training import loop

FOLDER = Path("docs/plateau")
SEEDS = range(10)
EPOCHS = 10
LONG = 40
# The classes' shares are 7 to 16 %: a network that gets half of the images right has left.
LEFT = 0.5

NOTEBOOK = {
    "image_size": 16,
    "activation": "sigmoid",
    "initializer": ("Xavier", {}),
    "batch_norm": False,
    "input_range": (0.0, 2.0),
    "epochs": EPOCHS,
    "batch_size": 120,
    "replicas": 1,
    "optimizer": "sgd",
    "lr": 0.9,
    "lr_schedule": "constant",
    "warmup_epochs": 0,
    "momentum": 0.0,
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "rotation": 0.0,
    "shear": 0.0,
    "scale": 0.0,
    "aspect": 0.0,
    "shift": 0.0,
    "gamma": 0.0,
    "margin": 0.0,
    "centering": 0.0,
    "proportion": 0.0,
}


def variants(train: Digits) -> dict[str, dict]:
    """Return what each variant changes in the notebook's training, by its name."""
    mean, deviation = float(train.images.mean()), float(train.images.std())
    return {
        "the notebook": {},
        "pixels from 0 to 1": {"input_range": (0.0, 1.0)},
        "pixels from -1 to 1": {"input_range": (-1.0, 1.0)},
        "pixels of mean 0, deviation 1": {
            "input_range": (-mean / deviation, (1 - mean) / deviation)
        },
        "rate 0.1": {"lr": 0.1},
        "rate 0.3": {"lr": 0.3},
        "rate 3": {"lr": 3.0},
        "batch of 30": {"batch_size": 30},
        "batch of 600": {"batch_size": 600},
        "momentum 0.9, rate 0.09": {"momentum": 0.9, "lr": 0.09},
        "weights of deviation 0.01": {"initializer": ("Normal", {"sigma": 0.01})},
        "weights of LeCun's size": {
            "initializer": ("Xavier", {"factor_type": "in", "magnitude": 3})
        },
        "weights 4 times Xavier's": {"initializer": ("Xavier", {"magnitude": 3 * 4**2})},
        "tanh": {"activation": "tanh"},
        "1.7159 tanh(2x/3)": {"activation": "scaled_tanh"},
        "ReLU": {"activation": "relu"},
        "tanh at rate 0.1": {"activation": "tanh", "lr": 0.1},
        "ReLU at rate 0.1": {"activation": "relu", "lr": 0.1},
        "batch normalisation": {"batch_norm": True},
        "input of 32 x 32": {"image_size": 32},
        f"{LONG} epochs": {"epochs": LONG},
        f"pixels from -1 to 1, {LONG} epochs": {"input_range": (-1.0, 1.0), "epochs": LONG},
    }


# Those whose sizes are measured, layer by layer.
MEASURED = ("the notebook", "pixels from -1 to 1", "weights 4 times Xavier's", "tanh", "ReLU")


class NormalisedLeNet(LeNet):
    """A LeNet with batch normalisation before every activation."""

    def __init__(self, *, image_size: int, activation: str) -> None:
        super().__init__(image_size=image_size, activation=activation)
        plain = list(self.layers)
        with self.name_scope():
            self.layers = mx.gluon.nn.HybridSequential(prefix="")
            for layer in plain:
                if isinstance(layer, mx.gluon.nn.Activation):
                    self.layers.add(mx.gluon.nn.BatchNorm())
                self.layers.add(layer)


def epochs_of(settings: dict, train: Digits, seed: int) -> tuple[LeNet, Iterator[loop.Epoch]]:
    """Return the network of `settings`, and its training, which begins as that is read."""
    settings = {**settings, "context": mx.cpu(), "seed": seed}
    initializer, arguments = settings["initializer"]
    settings["initializer"] = getattr(mx.init, initializer)(**arguments)
    kind = NormalisedLeNet if settings.pop("batch_norm") else LeNet
    lenet = kind(image_size=settings.pop("image_size"), activation=settings.pop("activation"))
    return lenet, loop.fit(lenet, train, None, **settings)


def learn(name: str, change: dict, train: Digits, seed: int) -> pd.DataFrame:
    """Train one variant; return a row an epoch, as far as the training came."""
    epochs: list[loop.Epoch] = []
    # One that diverges has no more rows, and has not left the plateau.
    with suppress(InputError):
        epochs.extend(epochs_of(NOTEBOOK | change, train, seed)[1])
    rows = [{"epoch": epoch.number, **epoch.metrics()} for epoch in epochs]
    return pd.DataFrame(rows).assign(variant=name, seed=seed)


def sizes(name: str, change: dict, train: Digits, seed: int) -> pd.DataFrame:
    """Return the size of signal and gradient in each layer, before and after the training.

    signal: deviation of a unit's output from image to image, root mean square over the units.
    gradient: of the mean loss with respect to the weights, root mean square.
    step: what a step of plain gradient descent changes of the weights, as a share of these.
    """
    settings = NOTEBOOK | change
    batch = train[: 10 * 120]
    rows = []
    # At a rate of next to nothing the network stays as it was initialised.
    for moment, pace in (("at the start", {"lr": 1e-12, "epochs": 1}), ("after training", {})):
        lenet, epochs = epochs_of(settings | pace, train, seed)
        for _ in epochs:
            pass
        data = network_input(
            batch.images,
            identity_affine(len(batch)),
            image_size=lenet.image_size,
            margin=0,
            centering=0,
            proportion=0,
            input_range=settings["input_range"],
            context=mx.cpu(),
        )
        outputs = []
        with mx.autograd.record():
            for layer in lenet.layers:
                data = layer(data)
                outputs.append(data)
            loss = -mx.nd.pick(mx.nd.log_softmax(data), mx.nd.array(batch.labels)).mean()
        loss.backward()
        activated = outputs[2], outputs[5], outputs[7], outputs[9], outputs[10]
        for layer, output in zip(("c1", "c3", "c5", "f6", "o7"), activated, strict=True):
            weight = lenet.collect_params()[f"lenet_{layer}_weight"]
            values = output.asnumpy()[:, : len(weight.data())]
            gradient, size = (
                np.sqrt((a.asnumpy() ** 2).mean()) for a in (weight.grad(), weight.data())
            )
            rows.append(
                {
                    "variant": name,
                    "moment": moment,
                    "layer": layer.upper(),
                    "seed": seed,
                    "signal": np.sqrt(values.var(axis=0).mean()),
                    "gradient": gradient,
                    "step": settings["lr"] * gradient / size,
                }
            )
    return pd.DataFrame(rows)


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row a variant: how many seeds left the plateau within its epochs, and when."""
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


def draw_curves(runs: pd.DataFrame) -> Figure:
    """Draw the loss of every seed, a panel a variant."""
    names = runs["variant"].unique()
    figure, panels = plt.subplots(
        -(-len(names) // 4), 4, figsize=(10, 12), sharey=True, layout="constrained"
    )
    for axes, name in zip(panels.flat, names, strict=False):
        for _, curve in runs[runs["variant"] == name].groupby("seed"):
            axes.plot(curve["epoch"], curve["loss"], color="tab:blue", alpha=0.5, linewidth=1)
        axes.axhline(np.log(10), color="grey", linewidth=0.5, linestyle="--")
        axes.set_title(name, fontsize=9)
        axes.set(ylim=(0.02, 200), yscale="log")
        axes.xaxis.get_major_locator().set_params(integer=True)
    for axes in panels.flat[len(names) :]:
        axes.set_axis_off()
    figure.supxlabel("epoch")
    figure.supylabel("training loss; dashed: ln 10, that of even guesses")
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
    """Run all of it."""
    mpl.use("agg")
    train = npz.load(Path("data/npz/train.npz"))
    changes = variants(train)
    FOLDER.mkdir(parents=True, exist_ok=True)
    parallel = Parallel(n_jobs=-1, verbose=5)
    runs = pd.concat(
        parallel(
            delayed(learn)(name, change, train, seed)
            for name, change in changes.items()
            for seed in SEEDS
        )
    )
    write_csv(runs, FOLDER / "runs.csv")
    layers = pd.concat(
        parallel(
            delayed(sizes)(name, changes[name], train, seed)
            for name in MEASURED
            for seed in SEEDS[:3]
        )
    )
    table = summary(runs)
    write_csv(layers, FOLDER / "sizes.csv")
    write_csv(table, FOLDER / "summary.csv")
    pictures = {
        "shares": draw_shares(table),
        "curves": draw_curves(runs),
        "sizes": draw_sizes(layers),
    }
    for name, figure in pictures.items():
        figure.savefig(FOLDER / f"{name}.png", dpi=80, metadata={"Software": None})
    print(table.to_string(index=False))
    print(layers.groupby(["variant", "moment", "layer"], sort=False).mean().drop(columns="seed"))
