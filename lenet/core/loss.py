"""The loss of probabilities."""

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import log_loss


def mean_log_loss(labels: NDArray[np.int64], probabilities: NDArray[np.float32]) -> float:
    """Return the mean cross entropy, in nats.

    Args:
        labels: (n,) int64, from 0; they need not be of all classes.
        probabilities: (n, classes); the rows add up to 1 in float32.
    """
    # log_loss expects rows that add up to 1 in float64.
    exact = probabilities.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    return float(log_loss(labels, exact, labels=range(exact.shape[1])))
