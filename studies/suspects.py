"""How many planted label errors `lenet label-issues` finds.

    python -m studies suspects

Reads params.yaml and data/npz/train.npz (`dvc repro convert`). In 2 % of the training images, drawn
at random, the label becomes another class. Writes docs/suspects.csv, a row for each drawing. It has
the number of planted labels, and how many of them are among the suspects. It also has how many are
found by a user who looks at half as many again as were planted.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from lenet.core import npz
from lenet.core.npz import Dataset
from lenet.evaluation.suspects import find_suspects
from lenet.training.folds import out_of_fold
from studies.settings import Settings
from studies.table import fill

TABLE = Path("docs/suspects.csv")
DRAWINGS = range(2)
SHARE = 0.02


def planted(data: Dataset, classes: int, seed: int) -> tuple[Dataset, np.ndarray]:
    """Return the data with wrong labels, and the indices of those."""
    generator = np.random.default_rng(seed)
    wrong = generator.choice(len(data), round(SHARE * len(data)), replace=False)
    labels = data.labels.copy()
    labels[wrong] = (labels[wrong] + generator.integers(1, classes, len(wrong))) % classes
    return Dataset(data.images, labels), wrong


def score(drawing: int) -> dict:
    """Plant wrong labels, train five networks, and count what is found; return a row."""
    settings = Settings.load()
    classes = settings.network.classes
    data, wrong = planted(npz.load(Path("data/npz/train.npz")), classes, drawing)
    answers = out_of_fold(
        *(data, settings.recipe, settings.network, settings.view, settings.warp),
        settings.averaging,
        kept=Path(".dvc/tmp/label-issues"),
        told=print,
    )
    suspects = find_suspects(data.labels, answers)
    looked_at = suspects["index"][: round(1.5 * len(wrong))]
    return {
        "drawing": drawing,
        "planted": len(wrong),
        "found": int(np.isin(wrong, looked_at).sum()),
        "looked_at": len(looked_at),
        "suspects": len(suspects),
        "planted_among_suspects": int(np.isin(wrong, suspects["index"]).sum()),
    }


def main() -> None:
    """Compute the rows that the table lacks, and print the table."""
    table: pd.DataFrame = fill(TABLE, ["drawing"], [{"drawing": i} for i in DRAWINGS], score)
    print(table.to_markdown(index=False))
