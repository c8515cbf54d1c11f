"""Pictures of results, as PNG files whose bytes depend on the data alone."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix

from lenet.files import whole_file

# Whatever style the person's own matplotlibrc asks for, the bytes stay the same.
mpl.rcdefaults()


def _save(figure: Figure, path: Path) -> None:
    with whole_file(path) as file:
        # Without the version of matplotlib, which would change the file with every upgrade.
        figure.savefig(file, format="png", dpi=100, metadata={"Software": None})


def confusion_picture(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], path: Path
) -> None:
    """Draw the confusion matrix of (n,) true and predicted digits as PNG at `path`.

    The cells give counts. The colours give the share of the true digit, on a scale up to the
    largest confusion: the diagonal would drown every error.
    """
    counts = confusion_matrix(labels, predicted, labels=range(10))
