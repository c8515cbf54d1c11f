"""Parts of a training set, so that networks can be asked about images that they never saw."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from threading import RLock
from warnings import filterwarnings

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from joblib.externals.loky.process_executor import TerminatedWorkerError
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold
from tqdm import tqdm

from lenet.core.errors import InputError
from lenet.core.files import whole_file
from lenet.core.npz import Dataset, fingerprint
from lenet.core.params import Params
from lenet.model._mxnet import context, memory_reported
from lenet.model.architecture import Network
from lenet.model.prediction import probabilities
from lenet.model.preprocess import Averaging, Preprocess
from lenet.training import committee
from lenet.training.augment import Augment
from lenet.training.recipe import Recipe

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
            f"found {groups.max() + 1} different images, at most {largest} of a class; expected at "
            f"least {FOLDS}, to divide them into {FOLDS} parts."
        )
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    return [part for _, part in folds.split(examples.images, examples.labels, groups)]


def out_of_fold(
    examples: Dataset,
    recipe: Recipe,
    network: Network,
    preprocess: Preprocess,
    augment: Augment,
    averaging: Averaging,
    *,
    kept: Path,
    told: Callable[[str], object],
) -> NDArray[np.float64]:
    """Return the probabilities of each image, by a network that did not see it in training.

    Five networks train on four parts each, side by side on the free cores.

    Args:
        examples: see `parts`.
        recipe: how each network is trained, without validation images and in one process.
        network, preprocess, augment: see `committee.train`.
        averaging: the views of an image that are averaged.
        kept: folder for the answers, part by part; a later call with the same arguments and code
            goes on with the parts that are missing.
        told: is called with a line about each part.

    Returns (n, classes) float64. Raises InputError as `parts` does, and where a process was killed.
    """
    alone = recipe.model_copy(update={"validation_fraction": 0, "members": 1, "workers": 1})
    settings = (alone, network, preprocess, augment, averaging)
    folder = kept / _fingerprint(examples, settings)
    divided = parts(examples, recipe.seed)
    files = [folder / f"{number}.npy" for number in range(FOLDS)]
    missing = [number for number in range(FOLDS) if not files[number].exists()]
    told(f"{FOLDS - len(missing)} of {FOLDS} folds are done; {effective_n_jobs()} train at a time")
    # A user who types Ctrl-C knows that tasks are cancelled.
    filterwarnings("ignore", "[0-9]+ tasks which were still being processed")
    pool = Parallel(n_jobs=-1, return_as="generator_unordered")
    try:
        for number, probabilities in pool(
            delayed(_ask)(number, examples, divided[number], *settings) for number in missing
        ):
            with whole_file(files[number]) as target:
                np.save(target, probabilities)
            told(f"fold {number + 1} of {FOLDS} is done")
    except TerminatedWorkerError as error:
        raise InputError(
            "a process that trained was killed, perhaps because memory ran out. The same command "
            "goes on with the folds that are missing."
        ) from error
    answers = np.empty((len(examples), network.classes))
    for part, file in zip(divided, files, strict=True):
        answers[part] = np.load(file, allow_pickle=False)
    return answers


def _fingerprint(examples: Dataset, settings: Sequence[Params]) -> str:
    """Return a name for all that the answers depend on: images, settings, code and versions."""
    root = Path(__file__).parents[1]
    code = (path for name in ("core", "model", "training") for path in (root / name).rglob("*.py"))
    versions = root.parent / "requirements.txt"
    digest = hashlib.sha256(examples.images.tobytes() + examples.labels.tobytes())
    for model in settings:
        digest.update(model.model_dump_json().encode())
    for path in (*sorted(code), *([versions] if versions.exists() else [])):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@memory_reported()
def _ask(
    number: int,
    examples: Dataset,
    left_out: NDArray[np.int64],
    recipe: Recipe,
    network: Network,
    preprocess: Preprocess,
    augment: Augment,
    averaging: Averaging,
) -> tuple[int, NDArray[np.float32]]:
    """Train a network on all but a part of the images; return its number and probabilities."""
    # Bars of several processes would overwrite each other, and a killed one would leave their lock.
    tqdm.set_lock(RLock())
    rest = np.setdiff1d(np.arange(len(examples)), left_out)
    (lenet,), epochs = committee.train(examples[rest], recipe, network, preprocess, augment)
    with redirect_stderr(StringIO()):
        for _ in epochs:
            pass
    return number, probabilities(
        lenet,
        examples.images[left_out],
        preprocess,
        size=network.image_size,
        test_shift=averaging.test_shift,
        context=context(recipe.device),
    )
