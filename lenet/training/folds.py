"""Parts of a training set, so that networks can be asked about images that they never saw."""

import hashlib
from collections.abc import Callable
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from threading import RLock
from warnings import filterwarnings

import numpy as np
from joblib import Memory, Parallel, delayed, effective_n_jobs
from joblib.externals.loky.process_executor import TerminatedWorkerError
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold
from tqdm import tqdm

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
    largest = int(np.bincount(examples.labels).max())
    if groups.max() + 1 < FOLDS or largest < FOLDS:
        raise InputError(
            "train_file",
            f"found {groups.max() + 1} different images, at most {largest} of a class",
            f"at least {FOLDS}, to divide them into {FOLDS} parts",
        )
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    return [part for _, part in folds.split(examples.images, examples.labels, groups)]


def out_of_fold(
    examples: Dataset, config: Config, *, kept: Path, callback: Callable[[str], object]
) -> NDArray[np.float64]:
    """Return the probabilities of each image, by a network that did not see it in training.

    Five networks train on four parts each, side by side on the free cores.

    Args:
        examples: see `parts`.
        config: how each network is trained, without validation images and in one process.
        kept: folder for the answers; a later call with the same arguments, code and versions of
            packages goes on with the parts that are missing.
        callback: is called with a line about each part.

    Returns (n, classes) float64. Raises InputError as `parts` does, and where a process was killed.
    """
    alone = config.changed({"validation_fraction": 0, "members": 1, "workers": 1})
    divided, code = parts(examples, config.seed), _code()
    ask = Memory(kept, verbose=0).cache(_ask)
    calls = [(examples, part, alone, code) for part in divided]
    done = [ask.check_call_in_cache(*call) for call in calls]
    callback(f"{sum(done)} of {FOLDS} folds are done; {effective_n_jobs()} train at a time")
    # A user who types Ctrl-C knows that tasks are cancelled.
    filterwarnings("ignore", "[0-9]+ tasks which were still being processed")
    pool = Parallel(n_jobs=-1, return_as="generator")
    answers = np.empty((len(examples), config.classes))
    try:
        for number, given in enumerate(pool(delayed(ask)(*call) for call in calls)):
            answers[divided[number]] = given
            if not done[number]:
                callback(f"fold {number + 1} of {FOLDS} is done")
    except TerminatedWorkerError as error:
        raise InputError(
            "",
            "a process that trained was killed, perhaps because memory ran out",
            advice="The same command goes on with the folds that are missing.",
        ) from error
    return answers


def _code() -> str:
    """Return a hash of the code that trains, and of the versions of the packages."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for name in ("core", "model", "training"):
        for path in sorted((root / name).glob("*.py")):
            digest.update(path.read_bytes())
    versions = root.parent / "requirements.txt"
    if versions.exists():
        digest.update(versions.read_bytes())
    return digest.hexdigest()


def _ask(
    examples: Dataset,
    left_out: NDArray[np.int64],
    config: Config,
    code: str,  # noqa: ARG001  (other code gives other answers)
) -> NDArray[np.float32]:
    """Train a network on all but a part of the images; return its probabilities for the part."""
    # Bars of several processes would overwrite each other, and a killed one would leave their lock.
    tqdm.set_lock(RLock())
    rest = np.setdiff1d(np.arange(len(examples)), left_out)
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
