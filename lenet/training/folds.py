"""Parts of a training set, so that networks can be asked about images that they never saw."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from lenet.core.errors import InputError
from lenet.core.npz import Dataset, fingerprint
from lenet.model._mxnet import context
from lenet.model.architecture import Network
from lenet.model.prediction import probabilities
from lenet.model.view import Averaging, View
from lenet.training import committee
from lenet.training.loop import Epoch
from lenet.training.recipe import Recipe
from lenet.training.warps import Warp

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


def ask(
    examples: Dataset,
    number: int,
    recipe: Recipe,
    network: Network,
    view: View,
    warp: Warp,
    averaging: Averaging,
    *,
    told: Callable[[Epoch], object],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Train one network on four parts, and ask it about the fifth.

    Args:
        examples: see `fold`.
        number: of the part that is left out, from 0 to 4.
        recipe: how the network is trained, without validation images and in one process.
        network, view, warp: see `committee.train`.
        averaging: the views of an image that are averaged.
        told: is called with each epoch.

    Returns the indices of the part's images (n,) int64, and their probabilities (n, classes)
    float32. Raises InputError as `fold` does.
    """
    alone = recipe.model_copy(update={"validation_fraction": 0, "members": 1, "workers": 1})
    left_out = fold(examples, number, recipe.seed)
    rest = np.setdiff1d(np.arange(len(examples)), left_out)
    (lenet,), epochs = committee.train(examples[rest], alone, network, view, warp)
    for epoch in epochs:
        told(epoch)
    found = probabilities(
        lenet,
        examples.images[left_out],
        view,
        size=network.image_size,
        test_shift=averaging.test_shift,
        context=context(recipe.device),
    )
    return left_out, found
