"""Answers for people and programs: which digit each image of some files shows."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, printable
from lenet.deploy.recogniser import Recogniser
from lenet.predict import pictures
from lenet.raw.layout import Layout

# Below this a person should look: of the validation images that the network gets wrong two
# in three are below it, of those that it gets right one in a hundred.
CONFIDENT = 0.9


@dataclass(frozen=True)
class Answer:
    """What the network says of one image.

    file: where it came from.
    index: its place there, from 0.
    probabilities: (10,) float32.
    """

    file: str
    index: int
    probabilities: NDArray[np.float32]

    @property
    def prediction(self) -> int:
        """The most probable digit."""
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> float:
        """Its probability."""
        return float(self.probabilities.max())


def answer(path: Path, recogniser: Recogniser, layout: Layout) -> list[Answer]:
    """Return the answers for a picture, or for every image of a .jf, image-text or npz file.

    Args:
        path: the file; its format is recognised by content.
        recogniser: is asked.
        layout: how text is to be read; its side is the recogniser's.

    Raises InputError where the file cannot be read.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise InputError(
            f"{path}: a pipe or a device; expected a file. Write what comes out of it to one."
        )
    if pictures.is_picture(path):
        images = pictures.read(path, recogniser.side)[None]
    else:
        # Text and pandas, which a picture need not wait for.
        from lenet.raw import formats

        images = formats.read(path, layout)[0].images
    probabilities = recogniser.probabilities(images)
    return [Answer(str(path), index, row) for index, row in enumerate(probabilities)]


def as_table(answers: list[Answer]) -> str:
    """Return the answers for people to read; a `?` marks those that are not confident."""
    files = [printable(answer.file) for answer in answers]
    width = max(map(len, ["file", *files]))
    digits = "".join(f"{f'p{digit}':>7}" for digit in range(10))
    lines = [f"{'file':<{width}}  index  prediction  confidence {digits}"]
    for answer, file in zip(answers, files, strict=True):
        mark = " " if answer.confidence >= CONFIDENT else "?"
        values = "".join(f"{value:7.4f}" for value in answer.probabilities)
        lines.append(
            f"{file:<{width}}  {answer.index:>5}  {answer.prediction:>10}  "
            f"{answer.confidence:>10.4f}{mark}{values}"
        )
    return "\n".join(lines) + "\n"


def as_csv(answers: list[Answer]) -> str:
    """Return the answers as CSV: file, index, prediction, confidence, p0 to p9."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["file", "index", "prediction", "confidence", *(f"p{digit}" for digit in range(10))]
    )
    for answer in answers:
        values = (f"{value:.6f}" for value in (answer.confidence, *answer.probabilities))
        writer.writerow([answer.file, answer.index, answer.prediction, *values])
    return text.getvalue()


def as_json(answers: list[Answer]) -> str:
    """Return the answers as a JSON list of objects with the columns of the CSV."""
    rows = [
        {
            "file": answer.file,
            "index": answer.index,
            "prediction": answer.prediction,
            "confidence": round(answer.confidence, 6),
            "probabilities": [round(float(value), 6) for value in answer.probabilities],
        }
        for answer in answers
    ]
    return json.dumps(rows, indent=2) + "\n"


FORMATS = {"table": as_table, "csv": as_csv, "json": as_json}


def answer_all(
    paths: list[Path], recogniser: Recogniser, layout: Layout
) -> tuple[list[Answer], list[InputError]]:
    """Return the answers for all files that can be read, and the errors of all others."""
    answers, errors = [], []
    for path in paths:
        try:
            answers += answer(path, recogniser, layout)
        except InputError as error:
            errors.append(error)
    return answers, errors
