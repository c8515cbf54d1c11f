from pathlib import Path

import numpy as np
from matplotlib.image import imread

from lenet.evaluation.predictions import Predictions
from lenet.figures.canvas import save
from lenet.figures.mistakes import draw_mistakes


def predictions(labels: np.ndarray, probabilities: np.ndarray) -> Predictions:
    return Predictions(labels, probabilities, *np.full((2, len(labels)), -1))


def test_mistakes_come_with_the_most_confident_first() -> None:
    images = np.random.default_rng(0).random((30, 16, 16), dtype=np.float32)
    scores = np.zeros((30, 10), np.float32)
    scores[:, 0] = 1
    for index, (digit, confidence) in {4: (7, 0.6), 9: (3, 0.9), 20: (5, 0.75)}.items():
        scores[index] = 0
        scores[index, [digit, 0]] = confidence, 1 - confidence
    (axes,) = draw_mistakes(images, predictions(np.zeros(30, np.int64), scores)).axes
    assert axes.get_title().startswith("3 mistakes in 30 images:")
    texts = [text.get_text() for text in axes.texts]
    assert texts == [
        "0 taken for 3\n90%, no. 9",
        "0 taken for 5\n75%, no. 20",
        "0 taken for 7\n60%, no. 4",
    ]
    mosaic = axes.images[0].get_array()
    assert mosaic is not None
    # A frame of one pixel, then the image.
    assert np.array_equal(mosaic[1:17, 19:35], images[20])


def test_more_mistakes_than_fit_are_counted() -> None:
    scores = np.tile(np.eye(10, dtype=np.float32)[3], (300, 1))
    images = np.ones((300, 16, 16), np.float32)
    (axes,) = draw_mistakes(images, predictions(np.zeros(300, np.int64), scores)).axes
    title = axes.get_title()
    assert title.startswith("300 mistakes in 300 images, here the 200 most confident")
    assert len(axes.texts) == 200


def test_a_picture_without_mistakes_says_so(tmp_path: Path) -> None:
    images, scores = np.ones((10, 16, 16), np.float32), np.eye(10, dtype=np.float32)
    figure = draw_mistakes(images, predictions(np.arange(10), scores))
    assert figure.axes[0].get_title().startswith("0 mistakes in 10 images")
    save(figure, tmp_path / "a.png")
    assert imread(tmp_path / "a.png").shape[2] == 4
