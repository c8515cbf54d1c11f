"""Training images whose label may be wrong, by confident learning."""

import numpy as np
import pandas as pd
from cleanlab import filter as confident_learning
from cleanlab.rank import get_label_quality_scores
from numpy.typing import NDArray


def find_label_issues(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64]
) -> pd.DataFrame:
    """Return the images whose label may be wrong, the most suspicious first.

    Args:
        labels: (n,), classes from 0.
        probabilities: (n, classes), of networks that did not see the image in training.

    The columns are index, label, suggested (the most probable class), probability (of the
    suggested class), and quality: from 0, surely wrong, to 1.

    Source: Northcutt, Jiang and Chuang, Confident learning: estimating uncertainty in dataset
    labels, Journal of Artificial Intelligence Research 70 (2021), as in cleanlab.
    """
    # Rounded probabilities do not add up to 1.
    exact = probabilities / probabilities.sum(axis=1, keepdims=True)
    # The narrower filters leave out one planted error in eighteen.
    suspicious = confident_learning.find_label_issues(
        labels, exact, filter_by="predicted_neq_given", n_jobs=1
    )
    quality = get_label_quality_scores(labels, exact, method="self_confidence")
    table = pd.DataFrame(
        {
            "index": np.arange(len(labels)),
            "label": labels,
            "suggested": exact.argmax(axis=1),
            "probability": exact.max(axis=1).round(6),
            "quality": quality.round(6),
        }
    )
    return table[suspicious].sort_values(["quality", "index"]).reset_index(drop=True)
