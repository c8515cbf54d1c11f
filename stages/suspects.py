"""Rank the training images by how probable their label is, and draw the most suspicious ones."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from lenet.core import npz
from lenet.core.errors import run
from lenet.core.files import write_csv
from lenet.core.watch import while_unchanged
from lenet.evaluation.suspects import find_suspects
from lenet.figures.canvas import save
from lenet.figures.suspects import draw_suspects
from lenet.raw import formats
from lenet.raw.layout import Layout


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raw", type=Path, help="raw file of the training images")
    parser.add_argument("train", type=Path, help="training images, npz")
    parser.add_argument("folds", type=Path, help="folder of the predictions, CSV")
    parser.add_argument("results", type=Path, help="folder to write the results to")
    arguments = parser.parse_args()

    layout = Layout.load()
    examples = npz.load(arguments.train, layout.classes)
    folds = pd.concat([pd.read_csv(path) for path in sorted(arguments.folds.glob("*.csv"))])
    probabilities = folds.sort_values("index").drop(columns="index").to_numpy(np.float64)
    suspects = find_suspects(examples.labels, probabilities)
    places = pd.Series(formats.places(arguments.raw, layout), dtype=str)
    table = suspects.assign(place=places[suspects["index"]].to_numpy())
    columns = ["index", "place", "label", "suggested", "probability", "quality"]
    target = arguments.results / "suspects.csv"
    write_csv(table[columns], target)
    save(draw_suspects(examples.images, suspects), arguments.results / "suspects.png")
    print(table[columns].head(20).to_string(index=False))
    print(f"{len(table)} of {len(examples)} labels are suspicious: {target}")


if __name__ == "__main__":
    run(while_unchanged(main))
