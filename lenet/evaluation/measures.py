"""How good predictions are: scikit-learn's measures, without the network."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, classification_report, f1_score, log_loss

from lenet.core.errors import InputError
from lenet.core.npz import CLASSES

_DIGITS = list(range(CLASSES))
# How far MXNet and onnxruntime may differ in a probability: they add up in different orders.
AGREEMENT = 1e-5


def headline(labels: NDArray[np.int64], probabilities: NDArray[np.float32]) -> dict:
    """Sum up the predictions of one test set.

    Args:
        labels: (n,) true digits.
        probabilities: (n, 10), rows that add up to 1.

    Returns images, errors, accuracy, error_rate, its 95 % interval error_rate_low and
    error_rate_high (Wilson 1927), macro_f1 (over the classes that occur), and log_loss in nats.
    """
    predicted = probabilities.argmax(axis=1)
    errors = int((predicted != labels).sum())
    interval = binomtest(errors, len(labels)).proportion_ci(0.95, method="wilson")
    # log_loss wants rows that add up to 1 in float64.
    exact = probabilities.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    return {
        "images": len(labels),
        "errors": errors,
        "accuracy": float(accuracy_score(labels, predicted)),
        "error_rate": errors / len(labels),
        "error_rate_low": float(interval.low),
        "error_rate_high": float(interval.high),
        "macro_f1": float(
            f1_score(labels, predicted, labels=np.unique(labels), average="macro", zero_division=0)
        ),
        "log_loss": float(log_loss(labels, exact, labels=_DIGITS)),
    }


def per_class(labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> pd.DataFrame:
    """Return a row a digit: digit, precision, recall, f1, support; 0 for one that never occurs."""
    report = classification_report(
        labels, predicted, labels=_DIGITS, output_dict=True, zero_division=0
    )
    table = pd.DataFrame(report).T.loc[[str(digit) for digit in _DIGITS]]
    table = table.rename(columns={"f1-score": "f1"}).astype({"support": np.int64})
    return table.rename_axis("digit").reset_index()


def predictions_table(
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float32],
    train_index: NDArray[np.int64],
) -> pd.DataFrame:
    """Return a row an image, in order.

    Columns: index, from 0; actual and predicted digit; confidence, the probability of the
    predicted one; train_index, the equal training image, empty where there is none.
    """
    return pd.DataFrame(
        {
            "index": np.arange(len(labels)),
            "actual": labels,
            "predicted": probabilities.argmax(axis=1),
            "confidence": probabilities.max(axis=1).astype(np.float64).round(4),
            "train_index": pd.Series(train_index, dtype="Int64").where(train_index >= 0),
        }
    )


def check_agreement(
    probabilities: NDArray[np.float32], exported: NDArray[np.float32], path: Path
) -> None:
    """Raise InputError unless the exported network at `path` says what the network itself says.

    Args:
        probabilities: (n, 10), by the network.
        exported: (n, 10), by the exported one, of the same images.
        path: of the exported network.
    """
    difference = float(np.abs(probabilities - exported).max())
    labels = int((probabilities.argmax(axis=1) != exported.argmax(axis=1)).sum())
    if labels or not difference <= AGREEMENT:
        raise InputError(
            f"{path}: says otherwise than the network that was trained: of {len(exported)} images "
            f"{labels} get another digit, and probabilities differ by up to {difference:.1e}; "
            f"expected the same digits, and no more than {AGREEMENT:g}. `dvc repro --force export` "
            "makes it again; if that does not help, MXNet or onnxruntime is at fault here."
        )


def summary(headline: dict) -> str:
    """Return the line that says how well the network did."""
    return (
        f"test accuracy {headline['accuracy']:.4f}: {headline['errors']} errors in "
        f"{headline['images']} images, error rate {headline['error_rate']:.2%} "
        f"(95 % interval {headline['error_rate_low']:.2%} to {headline['error_rate_high']:.2%})"
    )
