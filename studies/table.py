"""A table of trained networks that a study fills: it goes on where it was stopped."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray

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


def answers(
    members: Sequence[LeNet], images: NDArray[np.float32], config: Config
) -> NDArray[np.float32]:
    """Return the probabilities of a committee, or of one network, (n, classes).

    Args:
        members: trained networks.
        images: (n, side, side) in [0, 1], 0 = background.
        config: how the networks see an image, and how many shifted copies are averaged.
    """
    scores = [
        probabilities(
            member,
            images,
            config.preprocess,
            size=config.network.image_size,
            test_shift=config.test_shift,
            context=context(config.device),
        )
        for member in members
    ]
    return np.mean(scores, axis=0)


def judged(name: str, members: Sequence[LeNet], digits: Dataset, config: Config) -> dict:
    """Return images, errors and log loss on `digits`; `name` begins the name of each figure.

    The other arguments are those of `answers`.
    """
    nowhere = np.full(len(digits), -1)
    given = answers(members, digits.images, config)
    figures = headline(Predictions(digits.labels, given, nowhere, nowhere))
    return {
        f"{name}_images": figures["images"],
        f"{name}_errors": figures["errors"],
        f"{name}_log_loss": round(figures["log_loss"], 5),
    }
