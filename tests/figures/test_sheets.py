import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lenet.evaluation.predictions import Predictions
from lenet.figures.sheets import draw_label_issues, draw_mistakes, draw_sheet

IMAGES = np.random.default_rng(0).random((30, 16, 16), dtype=np.float32)


def captions(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def image(axes: Axes, number: int) -> np.ndarray:
    """Return an image of the first row of a panel; each has a frame of one pixel."""
    mosaic = np.ma.filled(axes.images[0].get_array(), np.nan)
    return mosaic[1:17, 18 * number + 1 : 18 * number + 17]


def test_mistakes_come_with_the_most_confident_first() -> None:
    scores = np.zeros((30, 10), np.float32)
    scores[:, 0] = 1
    for index, (digit, confidence) in {4: (7, 0.6), 9: (3, 0.9), 20: (5, 0.75)}.items():
        scores[index] = 0
        scores[index, [digit, 0]] = confidence, 1 - confidence
    predictions = Predictions(np.zeros(30, np.int64), scores, *np.full((2, 30), -1))
    (axes,) = draw_mistakes(IMAGES, predictions).axes
    assert axes.get_title().startswith("3 mistakes: ")
    assert captions(axes) == [
        "0 taken for 3\n90%, no. 9",
        "0 taken for 5\n75%, no. 20",
        "0 taken for 7\n60%, no. 4",
    ]
    assert np.array_equal(image(axes, 1), IMAGES[20])


def test_label_issues_are_told_by_label_suggestion_and_record() -> None:
    issues = pd.DataFrame({"index": [7, 2], "label": [3, 5], "suggested": [8, 6]})
    (axes,) = draw_label_issues(IMAGES, issues).axes
    assert axes.get_title().startswith("2 suspicious labels: ")
    assert captions(axes) == ["3: 8?\n8", "5: 6?\n3"]
    assert np.array_equal(image(axes, 1), IMAGES[2])


def test_a_panel_shows_its_first_images_and_may_be_empty() -> None:
    many = np.ones((300, 16, 16), np.float32)
    full, empty = draw_sheet({"many": (many, ["a"] * 300), "none": (many[:0], [])}).axes
    assert full.get_title() == "many; the first 200"
    assert len(full.texts) == 200
    assert empty.get_title() == "none"
    assert not empty.texts
