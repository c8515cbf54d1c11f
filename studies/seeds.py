"""The default recipe from ten seeds, and committees of five, on both renderings of USPS.

    python -m studies seeds

Reads params.yaml and the raw files of the sources `usps` and `usps-zip`. Writes docs/seeds.csv, a
row for each seed of a rendering. The networks are those of `dvc exp run -S seed=N`, and of
`-S members=5`: they train on nine tenths of the training file.
"""

from pathlib import Path

import pandas as pd

from lenet.core.npz import Dataset
from lenet.raw import formats
from lenet.raw.layout import Layout
from lenet.training.config import Config
from lenet.training.loop import train
from studies.table import fill, judged

TABLE = Path("docs/seeds.csv")
SEEDS = range(10)
MEMBERS = 5

# Training file, test file and values of background and full ink of each rendering.
RENDERINGS = {
    "usps": ("train.jf", "test.jf", (0, 2)),
    "usps-zip": ("zip.train.gz", "zip.test.gz", (-1, 1)),
}


def load(rendering: str) -> tuple[Dataset, Dataset]:
    """Return the training and the test images of a rendering."""
    train, test, pixel_range = RENDERINGS[rendering]
    layout = Layout.of(side=16, pixel_range=pixel_range, first_label=0, first_index=1, classes=10)
    folder = Path("data/sources", rendering)
    return formats.read(folder / train, layout).data, formats.read(folder / test, layout).data


def score(rendering: str, members: int, seed: int) -> dict:
    """Train a committee, or one network, from `seed`; return a row of the table."""
    examples, test = load(rendering)
    config = Config.load().changed({"seed": seed, "members": members})
    networks, epochs = train(examples, config)
    sum(1 for _ in epochs)
    row = {"rendering": rendering, "members": members, "seed": seed}
    return row | judged("test", networks, test, config)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each rendering and size of committee: seeds, and error in percent."""
    percent = 100 * table["test_errors"] / table["test_images"]
    groups = percent.groupby([table["rendering"], table["members"]])
    result = groups.agg(["size", "mean", "min", "max"])
    return result.rename(columns={"size": "seeds"}).round(2).reset_index()


def main() -> None:
    """Train the networks that the table lacks, and print the summary."""
    todo = [
        {"rendering": rendering, "members": members, "seed": seed}
        for members, seeds in ((1, SEEDS), (MEMBERS, [0]))
        for seed in seeds
        for rendering in RENDERINGS
    ]
    table = fill(TABLE, ["rendering", "members", "seed"], todo, score)
    print(summary(table).to_markdown(index=False))
