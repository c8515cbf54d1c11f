from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lenet.core.errors import InputError
from lenet.figures.curves import draw_curves, load_curves

ROWS = [
    {"epoch": 1, "loss": 1.5, "train_accuracy": 0.5, "validation_loss": 1.0}
    | {"validation_accuracy": 0.75},
    {"epoch": 2, "loss": 0.5, "train_accuracy": 0.9, "validation_loss": 0.25}
    | {"validation_accuracy": 1.0},
]


def test_curves_show_loss_and_error_rate() -> None:
    losses, errors = draw_curves(pd.DataFrame(ROWS).set_index("epoch")).axes
    train, validation = losses.lines
    assert (train.get_label(), validation.get_label()) == ("train", "validation")
    assert np.allclose(train.get_ydata(), [1.5, 0.5])
    assert np.allclose(validation.get_ydata(), [1, 0.25])
    train, validation = errors.lines
    assert np.allclose(train.get_ydata(), [50, 10])
    assert np.asarray(validation.get_ydata())[0] == 25
    # An error rate of 0 has no place on a logarithmic scale.
    assert np.isnan(np.asarray(validation.get_ydata())[1])


def test_without_validation_images_there_is_one_curve_each() -> None:
    rows = [{key: row[key] for key in ("epoch", "loss", "train_accuracy")} for row in ROWS]
    for axes in draw_curves(pd.DataFrame(rows).set_index("epoch")).axes:
        assert len(axes.lines) == 1


def test_learning_curves_are_read_by_epoch(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no learning curves .* `dvc repro train` makes them"):
        load_curves(tmp_path)
    pd.DataFrame(ROWS).to_csv(tmp_path / "curves.csv", index=False)
    curves = load_curves(tmp_path)
    assert curves.index.tolist() == [1, 2]
    assert curves["validation_loss"].tolist() == [1.0, 0.25]
