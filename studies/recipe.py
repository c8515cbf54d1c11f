"""The value of every ingredient of the default recipe: recipes with one thing changed at a time.

    python -m studies recipe

Reads params.yaml and data/npz/ (`dvc repro convert`); writes docs/recipe.csv, a row a network.
The study goes on where it was stopped: a recorded row is not computed again. Rows of recipes that
can no longer be run stay as they were recorded.

A recipe is judged by its validation error on the `far` images of the training file, which are
least like any other of their class. The official test images are less like the training images
than the training images are like each other. An ordinary validation set has five errors, and
tells no recipe from another. The test error is reported beside it, and decides nothing.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.metrics import log_loss
from sklearn.neighbors import NearestNeighbors

from lenet.core import npz
from lenet.core.files import write_csv
from lenet.core.npz import CLASSES, Digits
from lenet.model._mxnet import mx
from lenet.model.prediction import probabilities
from lenet.training import committee
from studies.settings import Settings

TABLE = Path("docs/recipe.csv")
SEEDS = range(5)
FAR = 0.3

# The changes of params.yaml, by the names that `dvc exp run -S` takes.
RECIPES: dict[str, dict[str, object]] = {
    "the default recipe": {},
    "one view in evaluation": {"test_shift": 0},
    "without margin": {"view.margin": 0},
    "without centering": {"view.centering": 0},
    "without proportion": {"view.proportion": 0},
    "without gamma": {"warp.gamma": 0},
    "without displacement": {"warp.displacement": 0},
    "without rotation": {"warp.rotation": 0},
    "without scale": {"warp.scale": 0},
    "without shift": {"warp.shift": 0},
    "without weight decay": {"weight_decay": 0},
    "constant rate": {"lr_schedule": "constant"},
    "pixels from 0 to 1": {"view.input_range": (0, 1)},
    # `make plain` makes the same changes.
    "plain LeNet-5": {
        "network.activation": "tanh",
        "view.centering": 0,
        "view.proportion": 0,
        "test_shift": 0,
        "warp.rotation": 0,
        "warp.scale": 0,
        "warp.shift": 0,
        "warp.gamma": 0,
        "warp.displacement": 0,
        "weight_decay": 0,
    },
}


def far_images(train: Digits) -> NDArray[np.int64]:
    """Return the share `FAR` of each class with the most distant neighbours, by index."""
    far = []
    flat = train.images.reshape(len(train), -1)
    for digit in range(CLASSES):
        own = np.flatnonzero(train.labels == digit)
        distance = NearestNeighbors(n_neighbors=2).fit(flat[own]).kneighbors()[0][:, 0]
        far.append(own[np.argsort(-distance, kind="stable")[: int(FAR * len(own))]])
    return np.sort(np.concatenate(far))


def score(recipe: str, seed: int, change: dict[str, object], core: int) -> dict:
    """Train one network by `change` of params.yaml; return a row of the table."""
    os.sched_setaffinity(0, {core})
    train = npz.load(Path("data/npz/train.npz"))
    far = far_images(train)
    near = np.setdiff1d(np.arange(len(train)), far)
    sets = {"validation": train[far], "test": npz.load(Path("data/npz/test.npz"))}
    one = {"seed": seed, "validation_fraction": 0, "members": 1}
    settings = Settings.load().changed({**change, **one})
    (lenet,), epochs = committee.train(
        train[near], settings.recipe, settings.network, settings.view, settings.warp
    )
    for _ in epochs:
        pass
    row: dict = {"recipe": recipe, "seed": seed}
    for name, some in sets.items():
        scores = probabilities(
            lenet,
            some.images,
            settings.view,
            size=settings.network.image_size,
            test_shift=settings.averaging.test_shift,
            context=mx.cpu(),
        ).astype(np.float64)
        row[f"{name}_images"] = len(some)
        row[f"{name}_errors"] = int((scores.argmax(axis=1) != some.labels).sum())
        scores /= scores.sum(axis=1, keepdims=True)
        row[f"{name}_log_loss"] = round(float(log_loss(some.labels, scores)), 5)
    return row


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each recipe, best first: mean error in percent (least to most), log loss."""
    columns: dict[str, list] = {
        "networks": table.groupby("recipe", sort=False).size().to_list(),
    }
    for name in ("validation", "test"):
        percent = 100 * table[f"{name}_errors"] / table[f"{name}_images"]
        groups = percent.groupby(table["recipe"], sort=False)
        columns[f"{name} error %"] = [
            f"{group.mean():.2f} ({group.min():.2f} to {group.max():.2f})" for _, group in groups
        ]
        log_losses = table.groupby("recipe", sort=False)[f"{name}_log_loss"].mean()
        columns[f"{name} log loss"] = [f"{value:.3f}" for value in log_losses]
    result = pd.DataFrame(columns, index=table["recipe"].unique())
    order = table.groupby("recipe")["validation_errors"].mean().sort_values(kind="stable").index
    return result.loc[order].rename_axis("recipe").reset_index()


def main() -> None:
    """Train the networks that the table lacks, and print the summary."""
    rows = pd.read_csv(TABLE).to_dict("records") if TABLE.exists() else []
    there = {(row["recipe"], row["seed"]) for row in rows}
    cores = sorted(os.sched_getaffinity(0))
    todo = [
        (recipe, seed, RECIPES[recipe])
        for seed in SEEDS
        for recipe in RECIPES
        if (recipe, seed) not in there
    ]
    with Parallel(n_jobs=len(cores)) as parallel:
        for start in range(0, len(todo), len(cores)):
            some = zip(todo[start : start + len(cores)], cores, strict=False)
            rows += parallel(delayed(score)(*one, core) for one, core in some)
            write_csv(pd.DataFrame(rows), TABLE)
            print(f"{min(start + len(cores), len(todo))} of {len(todo)} networks", flush=True)
    print(summary(pd.DataFrame(rows)).to_markdown(index=False))
