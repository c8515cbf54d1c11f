"""Training and test images compared: whether a network of one can be tested on the other."""

import numpy as np

from lenet.core.errors import InputError
from lenet.core.npz import Dataset

# The settings that both must have been read by, if both have them.
_ALIKE = ("pictures", "transpose")


def check_pair(train: Dataset, test: Dataset) -> None:
    """Raise InputError where test images were read in another way than the training images.

    Compared are the side, the names of the classes, how pictures or columns were read, and whether
    background and ink are exchanged.
    """
    said = [
        {
            "side": data.images.shape[1],
            "names of the classes": _names(data, other),
            **{name: data.reading[name] for name in _ALIKE if name in data.reading},
            "most of the images": "ink" if _is_exchanged(data) else "background",
        }
        for data, other in ((train, test), (test, train))
    ]
    for name, value in said[0].items():
        if value != said[1].get(name, value):
            raise InputError(
                "train_file and test_file",
                f"{name}: {value} in training images, {said[1][name]} in test images",
                "the same in both",
                "`lenet inspect`, given both files, shows settings that fit both.",
            )


def _names(data: Dataset, other: Dataset) -> str:
    """Return the names of the classes; if both lack names of the other, only these."""
    differ = {*data.class_names} - {*other.class_names}, {*other.class_names} - {*data.class_names}
    own = [name for name in data.class_names if name in differ[0] or not all(differ)]
    return ", ".join(own) or "numbers"


def _is_exchanged(data: Dataset) -> bool:
    """Return whether images are dark on the whole, and at their upper and lower borders too."""
    return bool(np.mean(data.images) > 0.5 and np.mean(data.images[:, [0, -1]]) > 0.5)
