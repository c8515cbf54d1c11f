"""Parts of a training set, so that networks can be asked about images that they never saw."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from joblib.externals.loky.process_executor import TerminatedWorkerError
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.files import whole_file
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
        examples: at least five images of a class.
        seed: of the division.

    Raises InputError where there are too few images.
    """
    _, groups = np.unique([fingerprint(image) for image in examples.images], return_inverse=True)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    try:
        return [part for _, part in folds.split(examples.images, examples.labels, groups)]
    except ValueError as error:
        found = f"{len(examples)} images cannot be divided into {FOLDS} parts"
        raise InputError("train_file", f"{found} ({str(error).rstrip('.')})") from error


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
    divided = parts(examples, config.seed)
    folder = kept / _fingerprint(examples, alone)
    files = [folder / f"{number}.npy" for number in range(FOLDS)]
    missing = [number for number in range(FOLDS) if not files[number].exists()]
    done = FOLDS - len(missing)
    callback(f"{done} of {FOLDS} folds are done; {effective_n_jobs()} train at a time")
    # The processes read the images themselves: sent to them, a Ctrl-C would leave some behind.
    images = folder / "images.npz"
    npz.save(examples, images)
    # After a Ctrl-C, joblib's tracker warns of what it then clears away.
    os.environ["PYTHONWARNINGS"] = (
        "ignore::UserWarning:joblib.externals.loky.backend.resource_tracker"
    )
    pool = Parallel(n_jobs=-1, return_as="generator_unordered")
    calls = [delayed(_ask)(images, number, alone, files[number]) for number in missing]
    try:
        for name in pool(calls):
            callback(f"fold {int(name) + 1} of {FOLDS} is done")
    except TerminatedWorkerError as error:
        raise InputError(
            "",
            "a process that trained was killed, perhaps because memory ran out",
            advice="The same command goes on with the folds that are missing.",
        ) from error
    answers = np.empty((len(examples), config.classes))
    for part, file in zip(divided, files, strict=True):
        answers[part] = np.load(file, allow_pickle=False)
    return answers


def _fingerprint(examples: Dataset, config: Config) -> str:
    """Return a name for all that the answers depend on: images, parameters, code and versions."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256(examples.images.tobytes() + examples.labels.tobytes())
    digest.update(config.model_dump_json().encode())
    code = (path for name in ("core", "model", "training") for path in (root / name).glob("*.py"))
    for path in (*sorted(code), *root.parent.glob("requirements.txt")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _ask(images: Path, number: int, config: Config, file: Path) -> str:
    """Train a network on all but a part of the images, and write its probabilities for the part.

    Returns the name of the file without its suffix.
    """
    examples = npz.load(images, config.classes)
    left_out = parts(examples, config.seed)[number]
    rest = np.setdiff1d(np.arange(len(examples)), left_out)
    with memory_reported():
        (lenet,), epochs = train(examples[rest], config)
        for _ in epochs:
            pass
        answers = probabilities(
            lenet,
            examples.images[left_out],
            config.preprocess,
            size=config.network.image_size,
            test_shift=config.test_shift,
            context=context(config.device),
        )
    with whole_file(file) as target:
        np.save(target, answers)
    return file.stem
