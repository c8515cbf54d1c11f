"""Parts of a training set, so that networks can be asked about images that they never saw."""

from contextlib import redirect_stderr
from io import StringIO

import numpy as np
from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from lenet.core.errors import InputError
from lenet.core.npz import Dataset, fingerprint
from lenet.model._mxnet import context, memory_reported
from lenet.model.prediction import probabilities
from lenet.training.config import Config
from lenet.training.loop import train

FOLDS = 5


def parts(examples: Dataset, seed: int) -> list[NDArray[np.int64]]:
    """Divide the images into five parts; return the indices of each.

    Parts are stratified by label. Equal images are in the same part, because a network that saw one
    of them would repeat its label for the other.

    Args:
        examples: at least five images.
        seed: of the division.

    Raises InputError where there are too few images.
    """
    _, groups = np.unique([fingerprint(image) for image in examples.images], return_inverse=True)
    if groups.max() + 1 < FOLDS or np.bincount(examples.labels).max() < FOLDS:
        expected = f"at least {FOLDS} of a class, and {FOLDS} different ones"
        raise InputError("train_file", f"found {len(examples)} images", expected)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    return [part for _, part in folds.split(examples.images, examples.labels, groups)]


def out_of_fold(examples: Dataset, config: Config) -> NDArray[np.float64]:
    """Return the probabilities of each image, by a network that did not see it in training.

    Five networks train on four parts each, side by side on the free cores.

    Args:
        examples: see `parts`.
        config: how each network is trained, without validation images and in one process.

    Returns (n, classes) float64. Raises InputError as `parts` does, and where a process was killed.
    """
    alone = config.changed({"validation_fraction": 0, "members": 1, "workers": 1})
    divided = parts(examples, config.seed)
    answers = np.empty((len(examples), config.classes))
    try:
        asked = Parallel(n_jobs=-1)(delayed(_ask)(examples, part, alone) for part in divided)
    except TerminatedWorkerError as error:
        found = "a process that trained was killed, perhaps because memory ran out"
        raise InputError("", found) from error
    answers[np.concatenate(divided)] = np.concatenate(asked)
    return answers


def _ask(examples: Dataset, left_out: NDArray[np.int64], config: Config) -> NDArray[np.float32]:
    """Train a network on all but a part of the images; return its probabilities for the part."""
    rest = np.setdiff1d(np.arange(len(examples)), left_out)
    # Bars of several processes would overwrite each other.
    with memory_reported(), redirect_stderr(StringIO()):
        (lenet,), epochs = train(examples[rest], config)
        for _ in epochs:
            pass
        return probabilities(
            lenet,
            examples.images[left_out],
            config.preprocess,
            size=config.network.image_size,
            test_shift=config.test_shift,
            context=context(config.device),
        )
