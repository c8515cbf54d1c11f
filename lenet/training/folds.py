"""Parts of a training set, so that networks can be asked about images that they never saw."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

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

    Five networks train on four parts each, one after the other.

    Args:
        examples: see `parts`.
        config: how each network is trained, without validation images and in one process.
        kept: folder for the answers; a later call with the same arguments, code and versions of
            packages goes on with the parts that are missing.
        callback: is called with a line about each part that is done.

    Returns (n, classes) float64. Raises InputError as `parts` does.
    """
    alone = config.changed({"validation_fraction": 0, "members": 1, "workers": 1})
    divided = parts(examples, config.seed)
    folder = kept / _fingerprint(examples, alone)
    answers = np.empty((len(examples), config.classes))
    for number, part in enumerate(divided, 1):
        file = folder / f"{number}.npy"
        if not file.exists():
            asked = _ask(examples, part, alone)
            with whole_file(file) as target:
                np.save(target, asked)
            callback(f"fold {number} of {FOLDS} is done")
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


def _ask(examples: Dataset, left_out: NDArray[np.int64], config: Config) -> NDArray[np.float32]:
    """Train a network on all but a part of the images; return its probabilities for the part."""
    rest = np.setdiff1d(np.arange(len(examples)), left_out)
    with memory_reported():
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
