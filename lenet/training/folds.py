"""Parts of a training set, so that networks can be asked about images that they never saw."""

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from lenet.core.errors import InputError
from lenet.core.npz import Dataset, fingerprint

FOLDS = 5


def fold(examples: Dataset, number: int, seed: int) -> NDArray[np.int64]:
    """Return the images of one of five parts, by index; together the parts are all images.

    Parts are stratified by label. Equal images are in the same part, because a network that saw one
    of them would repeat its label for the other.

    Args:
        examples: at least five images.
        number: of the part, from 0 to 4.
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
    parts = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    divided = list(parts.split(examples.images, examples.labels, groups))
    return np.asarray(divided[number][1], np.int64)
