"""The predictions of a network for a test set, image by image."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lenet.core.npz import named


@dataclass(frozen=True)
class Predictions:
    """The predictions of one network for one test set.

    ONNX Runtime's last digits depend on the processor, so the properties are rounded above them.

    labels: (n,) int64, the actual classes.
    probabilities: (n, classes) float32, rows that add up to 1.
    train_index: (n,) int64, the index of the first training image that is equal, or -1.
    near_train_index: the same for images that are nearly equal; see `near.nearly_equal_image`.
    names: (n,) str, the picture that each image was read from; None unless they were pictures.
    class_names: the names of the classes; () where they are numbers.
    """

    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    train_index: NDArray[np.int64]
    near_train_index: NDArray[np.int64]
    names: NDArray[np.str_] | None = None
    class_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def classes(self) -> int:
        """The number of classes."""
        return self.probabilities.shape[1]

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class of each image, (n,) int64; the lower of two within 1e-6."""
        return self.probabilities.round(6).argmax(axis=1)

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The probability of the predicted class, (n,) float64, rounded to 4 decimals."""
        return self.probabilities.max(axis=1).astype(np.float64).round(4)

    @property
    def mistakes(self) -> NDArray[np.int64]:
        """The indices of the misclassified images, the most confident first, (m,) int64."""
        wrong = np.flatnonzero(self.predicted != self.labels)
        return wrong[np.argsort(-self.confidence[wrong], kind="stable")]

    def table(self) -> pd.DataFrame:
        """Return a row for each image, in order.

        Columns: index, from 0; actual and predicted class, by name if it has one; confidence;
        train_index and near_train_index, empty where no training image is equal, or nearly equal.
        If images have names, name follows.
        """
        seen, nearly = (
            pd.Series(index, dtype="Int64") for index in (self.train_index, self.near_train_index)
        )
        columns = {
            "index": np.arange(len(self)),
            "actual": named(self.labels, self.class_names),
            "predicted": named(self.predicted, self.class_names),
            "confidence": self.confidence,
            "train_index": seen.where(seen >= 0),
            "near_train_index": nearly.where(nearly >= 0),
        }
        return pd.DataFrame(columns if self.names is None else columns | {"name": self.names})
