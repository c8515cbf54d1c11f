import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from lenet.figures import figures

LABELS = np.arange(200) % 9
PREDICTED = np.where(np.arange(200) % 20 == 0, 9, LABELS)


def test_the_picture_shows_counts_and_recall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr(figures, "_save", lambda figure, _path: drawn.append(figure))
    figures.confusion_picture(LABELS, PREDICTED, tmp_path / "a.png")
    axes = drawn[0].axes[0]
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    for (guess, actual), count in cells.items():
        assert int(count) == ((actual == LABELS) & (guess == PREDICTED)).sum()
    assert sum(map(int, cells.values())) == 200
    assert axes.get_title().startswith("200 images, 10 errors")
    (right,) = axes.child_axes
    recall = [label.get_text() for label in right.get_yticklabels()]
    assert recall[8] == f"{(PREDICTED[LABELS == 8] == 8).mean():.1%} of {(LABELS == 8).sum()}"
    assert recall[9] == "none"


def test_the_same_predictions_give_the_same_bytes_in_any_style(tmp_path: Path) -> None:
    figures.confusion_picture(LABELS, PREDICTED, tmp_path / "a.png")
    (tmp_path / "matplotlibrc").write_text("font.size: 20\naxes.facecolor: black\n")
    code = (
        "from pathlib import Path; import numpy as np; from lenet.figures import figures; "
        "labels = np.arange(200) % 9; predicted = np.where(np.arange(200) % 20 == 0, 9, labels); "
        "figures.confusion_picture(labels, predicted, Path('b.png'))"
    )
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "MATPLOTLIBRC": str(tmp_path / "matplotlibrc"),
    }
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert b"matplotlib" not in (tmp_path / "a.png").read_bytes().lower()
    assert imread(tmp_path / "a.png").shape == (620, 780, 4)
    assert (tmp_path / "a.png").stat().st_size < 100_000


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Return the figures that are drawn, instead of saving them."""
    figures_drawn: list[Figure] = []
    monkeypatch.setattr(figures, "_save", lambda figure, _path: figures_drawn.append(figure))
    return figures_drawn


def test_mistakes_come_with_the_most_confident_first(drawn: list[Figure], tmp_path: Path) -> None:
    images = np.random.default_rng(0).random((30, 16, 16), dtype=np.float32)
    labels = np.zeros(30, np.int64)
    scores = np.zeros((30, 10), np.float32)
    scores[:, 0] = 1
    for index, (digit, confidence) in {4: (7, 0.6), 9: (3, 0.9), 20: (5, 0.75)}.items():
        scores[index] = 0
        scores[index, [digit, 0]] = confidence, 1 - confidence
    figures.mistakes_picture(images, labels, scores, tmp_path / "a.png")
    (axes,) = drawn[0].axes
    assert axes.get_title().startswith("3 mistakes in 30 images:")
    texts = [text.get_text() for text in axes.texts]
    assert texts == [
        "0 taken for 3\n90%, no. 9",
        "0 taken for 5\n75%, no. 20",
        "0 taken for 7\n60%, no. 4",
    ]
    mosaic = axes.images[0].get_array()
    # A frame of one pixel, then the image.
    assert np.array_equal(mosaic[1:17, 19:35], images[20])


def test_more_mistakes_than_fit_are_counted(drawn: list[Figure], tmp_path: Path) -> None:
    scores = np.tile(np.eye(10, dtype=np.float32)[3], (300, 1))
    figures.mistakes_picture(
        np.ones((300, 16, 16), np.float32), np.zeros(300, np.int64), scores, tmp_path / "a.png"
    )
    (axes,) = drawn[0].axes
    title = axes.get_title()
    assert title.startswith("300 mistakes in 300 images, here the 200 most confident")
    assert len(axes.texts) == 200


def test_a_picture_without_mistakes_says_so(tmp_path: Path) -> None:
    scores = np.eye(10, dtype=np.float32)
    figures.mistakes_picture(
        np.ones((10, 16, 16), np.float32), np.arange(10), scores, tmp_path / "a.png"
    )
    assert imread(tmp_path / "a.png").shape[2] == 4


def test_a_gallery_has_a_row_a_class(drawn: list[Figure], tmp_path: Path) -> None:
    labels = np.array([3, 1, 3, 1, 3])
    images = np.random.default_rng(0).random((5, 16, 16), dtype=np.float32)
    figures.gallery(images, labels, tmp_path / "a.png")
    (axes,) = drawn[0].axes
    mosaic = np.ma.filled(axes.images[0].get_array(), np.nan)
    assert np.array_equal(mosaic[3 * 18 + 1 : 3 * 18 + 17, 19:35], images[2])
    assert np.isnan(mosaic[:18]).all()
    assert [t.get_text() for t in axes.get_yticklabels()][:4] == [
        "0  (0)",
        "1  (2)",
        "2  (0)",
        "3  (3)",
    ]


def test_curves_show_error_rates(drawn: list[Figure], tmp_path: Path) -> None:
    accuracies = pd.DataFrame({"train_accuracy": [0.5, 0.9], "validation_accuracy": [0.75, 1]})
    accuracies.index = pd.Index([1, 2])
    figures.curves_picture(accuracies, tmp_path / "a.png")
    train, validation = drawn[0].axes[0].lines
    assert (train.get_label(), validation.get_label()) == ("train", "validation")
    assert np.allclose(train.get_ydata(), [50, 10])
    assert np.asarray(validation.get_ydata())[0] == 25
