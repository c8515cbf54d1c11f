"""Predictions for a user's files: which class each image shows."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, untrusted
from lenet.deploy.recogniser import Recogniser
from lenet.pictures import characters, decode
from lenet.pictures.characters import Found
from lenet.raw import formats
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
    character: what was cut out of a picture; None for an image that was read whole.
    """

    file: str
    index: int
    probabilities: NDArray[np.float32]
    novelty: float
    character: Found | None = None

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
        character of the classes. wide: it may be several characters that touch. left_out:
        something else on the page may be a character, and was not read. boxes: characters on
        the page touch the lines of boxes or of a comb.
        """
        reasons = {
            "unsure": self.confidence < CONFIDENT,
            "unlike": self.novelty > 1,
            "wide": self.character is not None and self.character.wide,
            "left_out": self.character is not None and self.character.left_out,
            "boxes": self.character is not None and self.character.boxes,
        }
        return [name for name, holds in reasons.items() if holds]


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
        recogniser: the exported network, whose metadata say how its training file was read.
        given: values of `Layout` that the user gave; all others are those of the training file.
        warn: is called with the file and what seems wrong with its pixels.

    Raises InputError where the file cannot be read.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        found = "found a pipe or a device"
        raise InputError(path, found, "a file", "Write its output to a file first.")
    cut_out: Sequence[Found | None]
    if decode.is_picture(path):
        cut_out = characters.read(path)
        files = [str(path)] * len(cut_out)
        images = np.array([each.framed(recogniser.side) for each in cut_out if each])
    else:
        with untrusted(recogniser.path, "does not say how its training file was read"):
            raw = json.loads(recogniser.metadata["parameters"])["raw"]
            layout = Layout.check(raw | dict(given))
        reading = formats.read(path, layout, needs_labels=False)
        warn(path, reading.statistics.warnings(layout, has_labels=False))
        images, names = reading.data.images, reading.data.names
        files = [str(path if names is None else path / names[i]) for i in range(len(images))]
        cut_out = [None] * len(images)
    rows, novelty = recogniser.probabilities(images), recogniser.novelty(images)
    return [
        # A picture of a folder is one image.
        Prediction(file, 0 if file != str(path) else i, rows[i], float(novelty[i]), cut_out[i])
        for i, file in enumerate(files)
    ]
