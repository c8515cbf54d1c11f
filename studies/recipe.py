"""The value of every ingredient of the default recipe: recipes with one thing changed at a time.

    python -m studies recipe

Reads params.yaml and data/npz/ (`dvc repro convert`); writes docs/recipe.csv, a row a network.
The study goes on where it was stopped: a recorded row is not computed again.

A recipe is judged by its validation error on the `far` images of the training file, which are
least like any other of their class. The official test images are less like the training images
than the training images are like each other. An ordinary validation set has five errors, and
tells no recipe from another. The test error is reported beside it, and decides nothing.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from lenet.core import npz
from lenet.core.npz import Dataset
from lenet.training.config import Config
from lenet.training.loop import train
from studies.table import fill, judged

TABLE = Path("docs/recipe.csv")
SEEDS = range(5)
FAR = 0.3

# The changes of params.yaml, by the names that `dvc exp run -S` takes.
RECIPES: dict[str, dict[str, object]] = {
    "the default recipe": {},
    "one copy in evaluation": {"test_shift": 0},
    "without margin": {"preprocess.margin": 0},
    "without centering": {"preprocess.centering": 0},
    "without proportion": {"preprocess.proportion": 0},
    "without gamma": {"augment.gamma": 0},
    "without rotation": {"augment.rotation": 0},
    "without scale": {"augment.scale": 0},
    "without shift": {"augment.shift": 0},
    "without elastic": {"augment.elastic": 0},
    "without weight decay": {"weight_decay": 0},
    "constant rate": {"lr_schedule": "constant"},
    "pixels from 0 to 1": {"preprocess.input_range": (0, 1)},
    # `make plain` makes the same changes.
    "plain LeNet-5": {
        "network.activation": "tanh",
        "preprocess.centering": 0,
        "preprocess.proportion": 0,
        "test_shift": 0,
        "augment.rotation": 0,
        "augment.scale": 0,
        "augment.shift": 0,
        "augment.gamma": 0,
        "augment.elastic": 0,
        "weight_decay": 0,
    },
}


def far_images(digits: Dataset) -> NDArray[np.int64]:
    """Return the share `FAR` of each class with the most distant neighbours, by index."""
    far = []
    flat = digits.images.reshape(len(digits), -1)
    for label in np.unique(digits.labels):
        own = np.flatnonzero(digits.labels == label)
        distance = NearestNeighbors(n_neighbors=2).fit(flat[own]).kneighbors()[0][:, 0]
        far.append(own[np.argsort(-distance, kind="stable")[: int(FAR * len(own))]])
    return np.sort(np.concatenate(far))


def score(recipe: str, seed: int) -> dict:
    """Train one network by the recipe of that name; return a row of the table."""
    digits, test = (npz.load(Path(f"data/npz/{name}.npz")) for name in ("train", "test"))
    far = far_images(digits)
    near = np.setdiff1d(np.arange(len(digits)), far)
    one = {"seed": seed, "validation_fraction": 0, "members": 1}
    config = Config.load().changed({**RECIPES[recipe], **one})
    networks, epochs = train(digits[near], config)
    sum(1 for _ in epochs)
    row = {"recipe": recipe, "seed": seed} | judged("validation", networks, digits[far], config)
    return row | judged("test", networks, test, config)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each recipe, best first: mean error in percent (least to most), log loss."""
    recipes = table.groupby("recipe", sort=False)
    columns: dict[str, object] = {"networks": recipes.size()}
    for name in ("validation", "test"):
        percent = 100 * table[f"{name}_errors"] / table[f"{name}_images"]
        columns[f"{name} error %"] = percent.groupby(table["recipe"]).agg(
            lambda some: f"{some.mean():.2f} ({some.min():.2f} to {some.max():.2f})"
        )
        columns[f"{name} log loss"] = recipes[f"{name}_log_loss"].mean().map("{:.3f}".format)
    best_first = recipes["validation_errors"].mean().sort_values(kind="stable").index
    return pd.DataFrame(columns).loc[best_first].rename_axis("recipe").reset_index()


def main() -> None:
    """Train the networks that the table lacks, and print the summary."""
    todo = [{"recipe": recipe, "seed": seed} for seed in SEEDS for recipe in RECIPES]
    table = fill(TABLE, ["recipe", "seed"], todo, score)
    print(summary(table).to_markdown(index=False))
