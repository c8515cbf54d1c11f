"""Predictions for a user's files: which class each image shows."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    novelty: how unlike the training images it is; more than 1 is unusual. None where the network
        does not know.
    found: where the character was found in a picture; None for an image that was read whole.
    """

    file: str
    index: int
    probabilities: NDArray[np.float32]
    novelty: float | None
    found: Character | None = None

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
            "unlike": self.novelty is not None and self.novelty > 1,
            "wide": self.found is not None and self.found.wide,
        }
        return [name for name, holds in reasons.items() if holds]


def layout_of(recogniser: Recogniser, told: Mapping[str, Any]) -> Layout:
    """Return how to read raw files: as the network's training file was read, unless told otherwise.

    Args:
        recogniser: the exported network, whose metadata keep the group `raw`.
        told: values of `Layout` that the user gave.

    Raises InputError where neither the network nor the user says what the pixels' range is.
    """
    with untrusted(recogniser.path, "its metadata are damaged"):
        raw = dict(json.loads(recogniser.metadata.get("parameters", "{}")).get("raw", {}))
    values: dict[str, Any] = {"first_label": 0, "first_index": "auto"} | raw | dict(told)
    if "pixel_range" not in values:
        raise InputError(
            f"{recogniser.path}: does not say how the files were read that it was trained on. Add "
            "--pixel-range LO HI, the values of background and full ink."
        )
    with untrusted(recogniser.path, "its metadata are damaged", passing=(InputError,)):
        low, high = map(float, values.pop("pixel_range"))
    known = {name: value for name, value in values.items() if name in Layout.model_fields}
    network = {"side": recogniser.side, "classes": recogniser.classes}
    return Layout.check(known | network | {"pixel_range": (low, high)})


def predict(
    path: Path,
    recogniser: Recogniser,
    told: Mapping[str, Any],
    warn: Callable[[Path, list[str]], None] = lambda *_: None,
) -> list[Prediction]:
    """Return the predictions for all images of a file, in the order of the file.

    Args:
        path: a picture of characters that do not touch; or a .jf, image-text or npz file, or a
            folder of pictures, with labels or without. The content tells the format.
        recogniser: the exported network.
        told: values of `Layout` that the user gave; see `layout_of`.
        warn: is called with the file and what seems wrong with its pixels.

    Raises InputError where the file cannot be read.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise InputError(
            f"{path}: found a pipe or a device; expected a file. Write its output to a file first."
        )
    if decode.is_picture(path):
        # Other files do not wait for the import of scikit-image.
        from lenet.pictures import characters

        found = characters.read(path)
        images = np.array([one.framed(recogniser.side) for one in found])
        return _answers([str(path)] * len(images), images, recogniser, found)
    # A picture does not wait for the import of pandas.
    from lenet.raw import formats

    if formats.is_npz(path):
        layout = Layout.of_npz(side=recogniser.side, classes=recogniser.classes)
    else:
        layout = layout_of(recogniser, told)
    reading = formats.read(path, layout, needs_labels=False)
    warn(path, reading.statistics.warnings(layout, has_labels=False))
    images, names = reading.data.images, reading.data.names
    files = [str(path)] * len(images) if names is None else [str(path / name) for name in names]
    return _answers(files, images, recogniser)


def _answers(
    files: Sequence[str],
    images: NDArray[np.float32],
    recogniser: Recogniser,
    found: Sequence[Character] | None = None,
) -> list[Prediction]:
    """Return the predictions for images, (n, side, side), of the files of these names."""
    novelty = recogniser.novelty(images)
    places = Counter[str]()
    answers = []
    for i, (file, row) in enumerate(zip(files, recogniser.probabilities(images), strict=True)):
        answers.append(
            Prediction(
                file,
                places[file],
                row,
                None if novelty is None else float(novelty[i]),
                None if found is None else found[i],
            )
        )
        places[file] += 1
    return answers


def predict_all(
    paths: Iterable[Path],
    recogniser: Recogniser,
    told: Mapping[str, Any],
    warn: Callable[[Path, list[str]], None] = lambda *_: None,
) -> tuple[list[Prediction], list[InputError]]:
    """Return the predictions for all files that can be read, and the errors of all others."""
    predictions, errors = [], []
    for path in paths:
        try:
            predictions += predict(path, recogniser, told, warn)
        except InputError as error:
            errors.append(error)
    return predictions, errors
