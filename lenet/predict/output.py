"""Predictions as text: a table for users, CSV and JSON for programs."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lenet.core.errors import printable
from lenet.predict.predictor import Prediction

# The table shows the probabilities of so many classes.
_BEST = 3


def as_table(predictions: Sequence[Prediction]) -> str:
    """Return a table for users to read; a `?` marks each prediction with flags, which follow."""
    files = [printable(prediction.file) for prediction in predictions]
    width = max(map(len, ["file", *files]))
    lines = [f"{'file':<{width}}  index  prediction  confidence   most probable"]
    for prediction, file in zip(predictions, files, strict=True):
        mark = "?" if prediction.flags else " "
        best = np.argsort(-prediction.probabilities, kind="stable")[:_BEST]
        names, values = prediction.classes, prediction.probabilities
        shares = ", ".join(f"{printable(str(names[i]))} ({values[i]:.4f})" for i in best)
        line = (
            f"{file:<{width}}  {prediction.index:>5}  {printable(str(prediction.label)):>10}  "
            f"{prediction.confidence:>10.4f}{mark}  {shares}  {', '.join(prediction.flags)}"
        )
        lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


def as_csv(predictions: Sequence[Prediction]) -> str:
    """Return CSV: file, index, prediction, confidence, novelty, flags, and p0, p1, ..."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [f"p{name}" for name in predictions[0].classes]
    writer.writerow(["file", "index", "prediction", "confidence", "novelty", "flags", *names])
    for *answer, flags, _, probabilities in (_record(each).values() for each in predictions):
        writer.writerow([*answer, " ".join(flags), *probabilities])
    return text.getvalue()


def as_json(predictions: Sequence[Prediction]) -> str:
    """Return a JSON list of objects with the columns of CSV, probabilities as a list, and `box`.

    The box is left, top, right and bottom in pixels of the picture, or null.
    """
    return json.dumps([_record(each) for each in predictions], indent=2) + "\n"


def _record(prediction: Prediction) -> dict[str, Any]:
    box = None
    if prediction.character:
        top, left, bottom, right = prediction.character.box
        box = [left, top, right, bottom]
    return {
        "file": prediction.file,
        "index": prediction.index,
        "prediction": prediction.label,
        "confidence": round(prediction.confidence, 6),
        "novelty": round(prediction.novelty, 3),
        "flags": prediction.flags,
        "box": box,
        "probabilities": [round(float(value), 6) for value in prediction.probabilities],
    }


FORMATS: Mapping[str, Callable[[Sequence[Prediction]], str]] = {
    "table": as_table,
    "csv": as_csv,
    "json": as_json,
}
