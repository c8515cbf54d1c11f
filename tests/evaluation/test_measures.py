import numpy as np
import pytest
from scipy.stats import norm

from lenet.evaluation import measures
from lenet.evaluation.predictions import Predictions
from lenet.evaluation.summary import summary

LABELS = np.array([0, 0, 1, 1, 1, 2, 3, 4])
PREDICTED = np.array([0, 1, 1, 1, 0, 2, 3, 4])


def predictions(labels: np.ndarray, predicted: np.ndarray) -> Predictions:
    """Return predictions with a confidence of 0.91 each."""
    probabilities = np.where(np.eye(10)[predicted] == 1, 0.91, 0.01).astype(np.float32)
    return Predictions(labels, probabilities, *np.full((2, len(labels)), -1))


def test_headline_figures_follow_from_the_counts() -> None:
    headline = measures.headline(predictions(LABELS, PREDICTED))
    assert (headline["images"], headline["errors"]) == (8, 2)
    assert headline["accuracy"] == 0.75
    assert headline["error_rate"] == 0.25
    # F1 of 0: 2*1/(2+2); of 1: 2*2/(3+3); of the others 1.
    assert headline["macro_f1"] == pytest.approx((1 / 2 + 2 / 3 + 3) / 5)
    assert headline["log_loss"] == round(-(6 * np.log(0.91) + 2 * np.log(0.01)) / 8, 6)


@pytest.mark.parametrize("errors", [0, 1, 48, 100])
def test_the_interval_is_wilsons(errors: int) -> None:
    labels = np.zeros(100 if errors == 100 else 2007, np.int64)
    predicted = labels.copy()
    predicted[:errors] = 1
    headline = measures.headline(predictions(labels, predicted))
    n, p, z = len(labels), errors / len(labels), norm.ppf(0.975)
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert headline["error_rate_low"] == pytest.approx(centre - half, abs=1e-12)
    assert headline["error_rate_high"] == pytest.approx(centre + half, abs=1e-12)


def test_the_figures_per_class_follow_from_the_counts() -> None:
    report = measures.per_class(predictions(LABELS, PREDICTED)).set_index("class")
    assert report.index.tolist() == list(range(10))
    assert report.loc[0].to_dict() == {
        "errors": 1,
        "precision": 0.5,
        "recall": 0.5,
        "f1": 0.5,
        "support": 2,
    }
    third = pytest.approx(2 / 3)
    assert list(report.loc[1]) == [1, third, third, third, 3]
    assert list(report.loc[9].isna()) == [False, True, True, True, False]


def test_a_class_without_images_has_no_measures_even_if_it_is_predicted() -> None:
    report = measures.per_class(predictions(np.array([0, 0]), np.array([0, 5]))).set_index("class")
    assert report.loc[5, "precision"] == 0
    assert report.loc[5, ["recall", "f1"]].isna().all()
    assert report.loc[5, "support"] == 0


def test_the_summary_says_accuracy_and_interval() -> None:
    line = summary(measures.headline(predictions(LABELS, PREDICTED)))
    assert line == (
        "test accuracy 0.7500: 2 errors in 8 images, error rate 25.00% "
        "(95 % interval 7.15% to 59.07%)"
    )
