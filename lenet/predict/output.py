"""Predictions as text: a table for users, CSV and JSON for programs."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from lenet.core.errors import printable
from lenet.predict.predictor import Prediction

# The table marks predictions with a lower confidence. Measured on validation images, these are two
# in three of the wrong predictions and one in a hundred of the right predictions.
CONFIDENT = 0.9

_COLUMNS = ("file", "index", "prediction", "confidence")
# The table shows the probabilities of at most so many classes, and else the most probable ones.
_MOST_COLUMNS, _BEST = 12, 3


def as_table(predictions: Sequence[Prediction]) -> str:
    """Return a table for users to read; a `?` marks each prediction that is not confident."""
    files = [printable(prediction.file) for prediction in predictions]
    width = max(map(len, ["file", *files]))
    classes = _classes(predictions)
    if classes <= _MOST_COLUMNS:
        heading = "".join(f"{name:>7}" for name in _probability_names(classes))
    else:
        heading = "  most probable"
    lines = [f"{'file':<{width}}  index  prediction  confidence {heading}"]
    for prediction, file in zip(predictions, files, strict=True):
        mark = " " if prediction.confidence >= CONFIDENT else "?"
        if classes <= _MOST_COLUMNS:
            values = "".join(f"{value:7.4f}" for value in prediction.probabilities)
        else:
            best = np.argsort(-prediction.probabilities, kind="stable")[:_BEST]
            values = "  " + ", ".join(f"{i} ({prediction.probabilities[i]:.4f})" for i in best)
        lines.append(
            f"{file:<{width}}  {prediction.index:>5}  {prediction.label:>10}  "
            f"{prediction.confidence:>10.4f}{mark}{values}"
        )
    return "\n".join(lines) + "\n"


def _classes(predictions: Sequence[Prediction]) -> int:
    return len(predictions[0].probabilities) if predictions else 0


def _probability_names(classes: int) -> list[str]:
    return [f"p{label}" for label in range(classes)]


def as_csv(predictions: Sequence[Prediction]) -> str:
    """Return CSV: file, index, prediction, confidence, and p0, p1, ... of the classes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_COLUMNS, *_probability_names(_classes(predictions))])
    for prediction in predictions:
        values = (f"{value:.6f}" for value in (prediction.confidence, *prediction.probabilities))
        writer.writerow([prediction.file, prediction.index, prediction.label, *values])
    return text.getvalue()


def as_json(predictions: Sequence[Prediction]) -> str:
    """Return a JSON list of objects: file, index, prediction, confidence, and probabilities."""
    rows = [
        {
            "file": prediction.file,
            "index": prediction.index,
            "prediction": prediction.label,
            "confidence": round(prediction.confidence, 6),
            "probabilities": [round(float(value), 6) for value in prediction.probabilities],
        }
        for prediction in predictions
    ]
    return json.dumps(rows, indent=2) + "\n"


FORMATS: Mapping[str, Callable[[Sequence[Prediction]], str]] = {
    "table": as_table,
    "csv": as_csv,
    "json": as_json,
}
