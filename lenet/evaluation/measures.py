"""How good predictions are: scikit-learn's measures."""

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, classification_report, f1_score

from lenet.core.loss import mean_log_loss
from lenet.core.npz import named
from lenet.evaluation.predictions import Predictions


def headline(predictions: Predictions) -> dict:
    """Return the figures of the whole test set.

    The keys are images, errors, accuracy, error_rate, error_rate_low, error_rate_high, macro_f1
    and log_loss. Low and high limit the 95 % interval of the error rate (Wilson 1927). The mean of
    macro_f1 is over the classes that occur; log_loss is in nats, rounded above the last digits that
    ONNX Runtime computes.
    """
    labels, predicted = predictions.labels, predictions.predicted
    errors = len(predictions.mistakes)
    interval = binomtest(errors, len(labels)).proportion_ci(0.95, method="wilson")
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
        "log_loss": round(mean_log_loss(labels, predictions.probabilities), 6),
    }


def per_class(predictions: Predictions) -> pd.DataFrame:
    """Return a row for each class: class, errors, precision, recall, f1, support.

    Errors are the class's images that are taken for another. The support is the number of all its
    images. A measure without a meaning is NaN: recall and F1 of a class without images, and the
    precision of a class that is never predicted.
    """
    classes = list(range(predictions.classes))
    report = classification_report(
        predictions.labels,
        predictions.predicted,
        labels=classes,
        output_dict=True,
        zero_division=np.nan,
    )
    table = pd.DataFrame(report).T.loc[[str(label) for label in classes]]
    table = table.rename(columns={"f1-score": "f1"}).astype({"support": np.int64})
    table.loc[table["support"] == 0, "f1"] = np.nan
    wrong = predictions.labels[predictions.mistakes]
    table.insert(0, "errors", np.bincount(wrong, minlength=predictions.classes))
    table.insert(0, "class", named(np.array(classes), predictions.class_names))
    return table.reset_index(drop=True)
