"""A table of trained networks that a study fills: it goes on where it was stopped."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from lenet.core.files import write_csv
from lenet.core.npz import Dataset
from lenet.evaluation.measures import headline
from lenet.evaluation.predictions import Predictions
from lenet.model._mxnet import context
from lenet.model.network import LeNet
from lenet.model.prediction import probabilities
from lenet.training.config import Config


def fill(path: Path, key: Sequence[str], todo: Sequence[dict], work: Callable) -> pd.DataFrame:
    """Compute the rows that the table at `path` lacks, one on each core; return the table.

    Rows that stand in the table stay as they are, whether or not `todo` has them.

    Args:
        path: CSV.
        key: the columns that tell rows apart.
        todo: arguments of `work`, by their names; those of the names in `key` identify the row.
        work: returns a row as a dictionary.
    """
    rows = pd.read_csv(path).to_dict("records") if path.exists() else []
    there = {tuple(row[name] for name in key) for row in rows}
    todo = [one for one in todo if tuple(one[name] for name in key) not in there]
    done = Parallel(n_jobs=-1, return_as="generator")(delayed(work)(**one) for one in todo)
    for number, row in enumerate(done, 1):
        rows.append(row)
        write_csv(pd.DataFrame(rows), path)
        print(f"{number} of {len(todo)} rows", flush=True)
    return pd.DataFrame(rows)


def judged(name: str, members: Sequence[LeNet], digits: Dataset, config: Config) -> dict:
    """Return images, errors and log loss of a committee, or of one network, on `digits`.

    Args:
        name: of the images, which begins the name of each figure.
        members: trained networks.
        digits: images and labels.
        config: how the networks see an image, and how many shifted copies are averaged.
    """
    scores = [
        probabilities(
            member,
            digits.images,
            config.preprocess,
            size=config.network.image_size,
            test_shift=config.test_shift,
            context=context(config.device),
        )
        for member in members
    ]
    nowhere = np.full(len(digits), -1)
    figures = headline(Predictions(digits.labels, np.mean(scores, axis=0), nowhere, nowhere))
    return {
        f"{name}_images": figures["images"],
        f"{name}_errors": figures["errors"],
        f"{name}_log_loss": round(figures["log_loss"], 5),
    }
