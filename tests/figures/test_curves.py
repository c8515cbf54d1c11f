import numpy as np
import pandas as pd

from lenet.figures.curves import draw_curves


def test_curves_show_error_rates() -> None:
    accuracies = pd.DataFrame({"train_accuracy": [0.5, 0.9], "validation_accuracy": [0.75, 1]})
    accuracies.index = pd.Index([1, 2])
    train, validation = draw_curves(accuracies).axes[0].lines
    assert (train.get_label(), validation.get_label()) == ("train", "validation")
    assert np.allclose(train.get_ydata(), [50, 10])
    assert np.asarray(validation.get_ydata())[0] == 25
    # An error rate of 0 has no place on a logarithmic scale.
    assert np.isnan(np.asarray(validation.get_ydata())[1])
