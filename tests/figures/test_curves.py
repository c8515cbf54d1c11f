from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lenet.core.errors import InputError
from lenet.figures.curves import draw_curves, load_curves


def test_curves_show_error_rates() -> None:
    accuracies = pd.DataFrame({"train_accuracy": [0.5, 0.9], "validation_accuracy": [0.75, 1]})
    accuracies.index = pd.Index([1, 2])
    train, validation = draw_curves(accuracies).axes[0].lines
    assert (train.get_label(), validation.get_label()) == ("train", "validation")
    assert np.allclose(train.get_ydata(), [50, 10])
    assert np.asarray(validation.get_ydata())[0] == 25
    # An error rate of 0 has no place on a logarithmic scale.
    assert np.isnan(np.asarray(validation.get_ydata())[1])


def test_learning_curves_are_read_side_by_side(tmp_path: Path) -> None:
    plots = tmp_path / "plots/metrics"
    plots.mkdir(parents=True)
    with pytest.raises(InputError, match=r"no learning curves; `dvc repro train` makes them"):
        load_curves(tmp_path)
    for name, values in (("train", (0.5, 0.75)), ("validation", (0.25, 1.0))):
        rows = "".join(f"{step}\t{value}\n" for step, value in enumerate(values, 1))
        (plots / f"{name}_accuracy.tsv").write_text(f"step\t{name}_accuracy\n{rows}")
    curves = load_curves(tmp_path)
    assert curves.index.tolist() == [1, 2]
    assert curves["train_accuracy"].tolist() == [0.5, 0.75]
    assert curves["validation_accuracy"].tolist() == [0.25, 1.0]
