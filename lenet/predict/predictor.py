"""Predictions for a user's files: which class each image shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError
from lenet.deploy.recogniser import CONFIDENT, Recogniser
from lenet.pictures import characters, decode
from lenet.pictures.frame import Character
from lenet.raw import folder, formats
from lenet.raw.layout import Layout
from lenet.raw.records import Records
from lenet.raw.statistics import Statistics


@dataclass(frozen=True)
class Prediction:
    """The prediction for one image of a user's file.

    file: the path as the user typed it; of a folder, with the picture's own path.
    index: the place of the image in the file, from 0.
    image: (side, side) float32 in [0, 1], as the network gets it.
    probabilities: (classes,) float32.
    novelty: how unlike the training images it is; more than 1 is unusual.
    character: what was cut out of a picture; None for an image that was read whole.
    class_names: the names of the classes; () where they are numbers.
    """

    file: str
    index: int
    image: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    novelty: float
    character: Character | None = None
    class_names: Sequence[str] = ()

    @property
    def label(self) -> str | int:
        """The most probable class."""
        return self.classes[int(self.probabilities.argmax())]

    @property
    def classes(self) -> Sequence[str | int]:
        """The names of the classes, or their numbers from 0."""
        return self.class_names or range(len(self.probabilities))

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
    warn: Callable[..., None] = lambda *_: None,
) -> list[Prediction]:
    """Return the predictions for all images of a file, in the order of the file.

    Args:
        path: a picture of characters that do not touch; or a file of many images, with labels or
            without. The content tells the format.
        recogniser: the exported network, whose metadata say how its training file was read.
        given: values of `Layout` that the user gave; all others are those of the training file.
        warn: is called with the file, what seems wrong with its pixels, and advice if it is known.

    Raises InputError where the file cannot be read.
    """
    if path.exists() and not path.is_file():
        found = "found a pipe or a device"
        raise InputError(path, found, "a file", "Write its output to a file first.")
    # Unless the training file was a folder of pictures that were read whole, pictures are searched.
    reading = {"pictures": "cut"} | recogniser.parameters["reading"]
    layout = Layout.check(recogniser.parameters["raw"] | reading | dict(given))
    cut_out: Sequence[Character | None]
    if not decode.is_picture(path):
        known = formats.read(path, layout, needs_labels=False)
        warn(path, known.statistics.warnings(layout, has_labels=False))
        images = known.data.images
        cut_out = [None] * len(images)
    elif layout.pictures == "whole" and decode.size(path) == (layout.side, layout.side):
        pixels = folder.pixels(path, layout).reshape(1, -1)
        statistics = Statistics()
        statistics.add(Records(np.zeros(1), pixels))
        if statistics.is_exchanged(layout.pixel_range):
            found = "background and ink seem exchanged against the training pictures"
            low, high = layout.pixel_range
            warn(path, [found], f"`lenet predict --pixel-range {high:g} {low:g}` exchanges them.")
        images = formats.scaled(pixels, layout).clip(0, 1).reshape(1, layout.side, layout.side)
        cut_out = [None]
    else:
        cut_out = every = characters.read(path)
        images = np.array([each.framed(recogniser.side, recogniser.frame) for each in every])
    rows, novelty = recogniser.probabilities(images), recogniser.novelty(images)
    return [
        Prediction(str(path), i, image, row, float(distance), character, recogniser.class_names)
        for i, (image, row, distance, character) in enumerate(
            zip(images, rows, novelty, cut_out, strict=True)
        )
    ]
