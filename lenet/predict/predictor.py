"""Predictions for a user's files: which digit each image shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError
from lenet.deploy.recogniser import Recogniser
from lenet.predict import pictures
from lenet.raw.layout import Layout


@dataclass(frozen=True)
class Prediction:
    """The prediction for one image of a user's file.

    file: the path as the user typed it.
    index: the place of the image in the file, from 0.
    probabilities: (10,) float32.
    """

    file: str
    index: int
    probabilities: NDArray[np.float32]

    @property
    def digit(self) -> int:
        """The most probable digit."""
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> float:
        """The probability of the most probable digit."""
        return float(self.probabilities.max())


def predict(path: Path, recogniser: Recogniser, layout: Layout) -> list[Prediction]:
    """Return the predictions for all images of a file, in the order of the file.

    Args:
        path: a picture of a single digit, or a .jf, image-text or npz file. The content tells the
            format.
        recogniser: the exported network.
        layout: how the numbers of a .jf or image-text file are read; its side is the recogniser's.

    Raises InputError where the file cannot be read.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise InputError(
            f"{path}: found a pipe or a device; expected a file. Write its output to a file first."
        )
    if pictures.is_picture(path):
        images = pictures.read(path, recogniser.side)[None]
    else:
        # A picture does not wait for the import of pandas.
        from lenet.raw import formats

        images = formats.read(path, layout)[0].images
    probabilities = recogniser.probabilities(images)
    return [Prediction(str(path), index, row) for index, row in enumerate(probabilities)]


def predict_all(
    paths: Iterable[Path], recogniser: Recogniser, layout: Layout
) -> tuple[list[Prediction], list[InputError]]:
    """Return the predictions for all files that can be read, and the errors of all others."""
    predictions, errors = [], []
    for path in paths:
        try:
            predictions += predict(path, recogniser, layout)
        except InputError as error:
            errors.append(error)
    return predictions, errors
