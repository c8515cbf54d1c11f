"""Predictions for a user's files: which class each image shows."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, untrusted
from lenet.deploy.recogniser import Recogniser
from lenet.pictures import decode
from lenet.pictures.frame import Character
from lenet.raw.layout import Layout

# A lower confidence is flagged.
CONFIDENT = 0.9


@dataclass(frozen=True)
class Prediction:
    """The prediction for one image of a user's file.

    file: the path as the user typed it; of a folder, with the picture's own path.
    index: the place of the image in the file, from 0.
    probabilities: (classes,) float32.
    novelty: how unlike the training images it is; more than 1 is unusual.
    character: where it was found in a picture; None for an image that was read whole.
    """

    file: str
    index: int
    probabilities: NDArray[np.float32]
    novelty: float
    character: Character | None = None

    @property
    def label(self) -> int:
        """The most probable class."""
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> float:
        """The probability of the most probable class."""
        return float(self.probabilities.max())

    @property
    def flags(self) -> list[str]:
        """Why the prediction may be wrong.

        unsure: the confidence is low. unlike: no training image is like it, so it may be no
        character of the classes. wide: it may be several characters that touch.
        """
        reasons = {
            "unsure": self.confidence < CONFIDENT,
            "unlike": self.novelty > 1,
            "wide": self.character is not None and self.character.wide,
        }
        return [name for name, holds in reasons.items() if holds]


def layout_of(recogniser: Recogniser, given: Mapping[str, Any]) -> Layout:
    """Return how to read raw files: as the network's training file was read, unless given.

    Args:
        recogniser: the exported network, whose metadata keep the group `raw`.
        given: values of `Layout` that the user gave.

    Raises InputError where neither the network nor the user says what the pixels' range is.
    """
    with untrusted(recogniser.path, "its metadata are damaged"):
        raw = json.loads(recogniser.metadata["parameters"])["raw"] | given
        values = {name: raw[name] for name in Layout.model_fields}
        values |= {"side": recogniser.side, "classes": recogniser.classes}
        return Layout.check(values | {"pixel_range": tuple(map(float, raw["pixel_range"]))})


def predict(
    path: Path,
    recogniser: Recogniser,
    given: Mapping[str, Any],
    warn: Callable[[Path, list[str]], None] = lambda *_: None,
) -> list[Prediction]:
    """Return the predictions for all images of a file, in the order of the file.

    Args:
        path: a picture of characters that do not touch; or a .jf, image-text or npz file, or a
            folder of pictures, with labels or without. The content tells the format.
        recogniser: the exported network.
        given: values of `Layout` that the user gave; see `layout_of`.
        warn: is called with the file and what seems wrong with its pixels.

    Raises InputError where the file cannot be read.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        advice = "Write its output to a file first."
        raise InputError(path, "found a pipe or a device", "a file", advice)
    if decode.is_picture(path):
        # Other files do not wait for the import of scikit-image.
        from lenet.pictures import characters

        located = characters.read(path)
        images = np.array([one.framed(recogniser.side) for one in located])
        return _answers([str(path)] * len(images), images, recogniser, located)
    # A picture does not wait for the import of pandas.
    from lenet.raw import formats

    if formats.is_npz(path):
        layout = Layout.of_npz(side=recogniser.side, classes=recogniser.classes)
    else:
        layout = layout_of(recogniser, given)
    reading = formats.read(path, layout, needs_labels=False)
    warn(path, reading.statistics.warnings(layout, has_labels=False))
    images, names = reading.data.images, reading.data.names
    files = [str(path)] * len(images) if names is None else [str(path / name) for name in names]
    return _answers(files, images, recogniser, [None] * len(images))


def _answers(
    files: Sequence[str],
    images: NDArray[np.float32],
    recogniser: Recogniser,
    characters: Sequence[Character | None],
) -> list[Prediction]:
    """Return the predictions for images, (n, side, side), of the files of these names."""
    rows, novelty = recogniser.probabilities(images), recogniser.novelty(images)
    places = Counter[str]()
    answers = []
    for file, row, unlike, character in zip(files, rows, novelty, characters, strict=True):
        answers.append(Prediction(file, places[file], row, float(unlike), character))
        places[file] += 1
    return answers
