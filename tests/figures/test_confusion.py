import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from lenet.evaluation.predictions import Predictions
from lenet.figures.canvas import save
from lenet.figures.confusion import draw_confusion
from tests.project import ROOT

LABELS = np.arange(200) % 9
PREDICTED = np.where(np.arange(200) % 20 == 0, 9, LABELS)
PREDICTIONS = Predictions(LABELS, np.eye(10, dtype=np.float32)[PREDICTED], *np.full((2, 200), -1))


def test_the_picture_shows_counts() -> None:
    axes = draw_confusion(PREDICTIONS).axes[0]
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    for (guess, actual), count in cells.items():
        assert int(count) == np.sum((actual == LABELS) & (guess == PREDICTED))
    assert sum(map(int, cells.values())) == 200
    assert axes.get_title().startswith("10 errors in 200 images")
    # Class 9 has no images, but was predicted.
    assert [label.get_text() for label in axes.get_xticklabels()] == [str(i) for i in range(10)]


@pytest.mark.parametrize("classes", [2, 26, 100, 300])
def test_any_number_of_classes_fits(classes: int) -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(classes * 4) % classes
    predicted = np.where(generator.random(len(labels)) < 0.1, 0, labels)
    probabilities = np.eye(classes, dtype=np.float32)[predicted]
    predictions = Predictions(labels, probabilities, *np.full((2, len(labels)), -1))
    figure = draw_confusion(predictions)
    (axes,) = figure.axes
    rows = len(axes.get_yticklabels())
    assert rows == min(classes, 100)
    width, height = figure.get_size_inches()
    assert 1.5 < height <= width < 24
    title = axes.get_title()
    assert ("the 100 classes with the most" in title) == (classes > 100)


def test_the_same_predictions_give_the_same_bytes_in_any_style(tmp_path: Path) -> None:
    save(draw_confusion(PREDICTIONS), tmp_path / "a.png")
    (tmp_path / "matplotlibrc").write_text("font.size: 20\naxes.facecolor: black\n")
    code = (
        "from pathlib import Path; from tests.figures.test_confusion import *; "
        "save(draw_confusion(PREDICTIONS), Path('b.png'))"
    )
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "MATPLOTLIBRC": str(tmp_path / "matplotlibrc"),
    }
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert b"matplotlib" not in (tmp_path / "a.png").read_bytes().lower()
    assert imread(tmp_path / "a.png").shape == (800, 840, 4)
    assert (tmp_path / "a.png").stat().st_size < 100_000
