"""Predictions as text: a table for users, CSV and JSON for programs."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from lenet.core.errors import printable
from lenet.predict.predictor import Prediction

_COLUMNS = ("file", "index", "prediction", "confidence", "novelty", "flags")
# The table shows all probabilities of few classes, and the best of many.
_FEW_CLASSES, _BEST = 12, 3


def as_table(predictions: Sequence[Prediction]) -> str:
    """Return a table for users to read; a `?` marks each prediction with flags, which follow."""
    files = [printable(prediction.file) for prediction in predictions]
    width = max(map(len, ["file", *files]))
    classes = _classes(predictions)
    if classes <= _FEW_CLASSES:
        heading = "".join(f"{f'p{label}':>7}" for label in range(classes))
    else:
        heading = "  most probable"
    lines = [f"{'file':<{width}}  index  prediction  confidence {heading}"]
    for prediction, file in zip(predictions, files, strict=True):
        mark = "?" if prediction.flags else " "
        if classes <= _FEW_CLASSES:
            values = "".join(f"{value:7.4f}" for value in prediction.probabilities)
        else:
            best = np.argsort(-prediction.probabilities, kind="stable")[:_BEST]
            values = "  " + ", ".join(f"{i} ({prediction.probabilities[i]:.4f})" for i in best)
        line = (
            f"{file:<{width}}  {prediction.index:>5}  {prediction.label:>10}  "
            f"{prediction.confidence:>10.4f}{mark}{values}  {', '.join(prediction.flags)}"
        )
        lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


def _classes(predictions: Sequence[Prediction]) -> int:
    return len(predictions[0].probabilities) if predictions else 0


def as_csv(predictions: Sequence[Prediction]) -> str:
    """Return CSV: file, index, prediction, confidence, novelty, flags, and p0, p1, ..."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [f"p{label}" for label in range(_classes(predictions))]
    writer.writerow([*_COLUMNS, *names])
    for prediction in predictions:
        confidence, novelty = f"{prediction.confidence:.6f}", f"{prediction.novelty:.3f}"
        values = [f"{value:.6f}" for value in prediction.probabilities]
        answer = [prediction.file, prediction.index, prediction.label, confidence, novelty]
        writer.writerow([*answer, " ".join(prediction.flags), *values])
    return text.getvalue()


def as_json(predictions: Sequence[Prediction]) -> str:
    """Return a JSON list of objects with the columns of CSV, probabilities as a list, and `box`.

    The box is left, top, right and bottom in pixels of the picture, or null.
    """
    rows = [
        {
            "file": prediction.file,
            "index": prediction.index,
            "prediction": prediction.label,
            "confidence": round(prediction.confidence, 6),
            "novelty": round(prediction.novelty, 3),
            "flags": prediction.flags,
            "box": _box(prediction),
            "probabilities": [round(float(value), 6) for value in prediction.probabilities],
        }
        for prediction in predictions
    ]
    return json.dumps(rows, indent=2) + "\n"


def _box(prediction: Prediction) -> list[int] | None:
    if prediction.character is None:
        return None
    top, left, bottom, right = prediction.character.box
    return [left, top, right, bottom]


FORMATS: Mapping[str, Callable[[Sequence[Prediction]], str]] = {
    "table": as_table,
    "csv": as_csv,
    "json": as_json,
}
