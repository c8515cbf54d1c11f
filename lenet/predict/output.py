"""Predictions as text: a table for users, CSV and JSON for programs."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence

from lenet.core.errors import printable
from lenet.predict.predictor import Prediction

# The table marks predictions with a lower confidence. Measured on validation images, these are two
# in three of the wrong predictions and one in a hundred of the right predictions.
CONFIDENT = 0.9

_COLUMNS = ("file", "index", "prediction", "confidence")
_PROBABILITIES = tuple(f"p{digit}" for digit in range(10))


def as_table(predictions: Sequence[Prediction]) -> str:
    """Return a table for users to read; a `?` marks each prediction that is not confident."""
    files = [printable(prediction.file) for prediction in predictions]
    width = max(map(len, ["file", *files]))
    digits = "".join(f"{name:>7}" for name in _PROBABILITIES)
    lines = [f"{'file':<{width}}  index  prediction  confidence {digits}"]
    for prediction, file in zip(predictions, files, strict=True):
        mark = " " if prediction.confidence >= CONFIDENT else "?"
        values = "".join(f"{value:7.4f}" for value in prediction.probabilities)
        lines.append(
            f"{file:<{width}}  {prediction.index:>5}  {prediction.digit:>10}  "
            f"{prediction.confidence:>10.4f}{mark}{values}"
        )
    return "\n".join(lines) + "\n"


def as_csv(predictions: Sequence[Prediction]) -> str:
    """Return CSV with the columns file, index, prediction, confidence, p0 to p9."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_COLUMNS, *_PROBABILITIES])
    for prediction in predictions:
        values = (f"{value:.6f}" for value in (prediction.confidence, *prediction.probabilities))
        writer.writerow([prediction.file, prediction.index, prediction.digit, *values])
    return text.getvalue()


def as_json(predictions: Sequence[Prediction]) -> str:
    """Return a JSON list of objects: file, index, prediction, confidence, and probabilities."""
    rows = [
        {
            "file": prediction.file,
            "index": prediction.index,
            "prediction": prediction.digit,
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
