import numpy as np
import pytest

from lenet.evaluation.predictions import Predictions
from lenet.figures.confidence import draw_confidence


def predictions(confidence: list[float], right: list[bool]) -> Predictions:
    probabilities = np.array([[value, 1 - value] for value in confidence], np.float32)
    labels = np.where(right, 0, 1)
    return Predictions(labels, probabilities, *np.full((2, len(labels)), -1))


def test_accuracy_stands_beside_confidence() -> None:
    left = draw_confidence(
        predictions([0.6, 0.6, 0.6, 0.6, 0.95, 0.95], [True, True, True, False, True, True])
    ).axes[0]
    drawn = [(line, np.ravel(line.get_ydata())) for line in left.lines]
    accuracies = [y[0] for line, y in drawn if len(y) and line.get_marker() == "o"]
    assert accuracies == [0.75, 1]
    means = [y[0] for line, y in drawn if len(y) and line.get_markersize() == 14]
    assert means == pytest.approx([0.6, 0.95])
    assert [text.get_text() for text in left.texts] == ["4", "2"]


def test_leaving_the_least_confident_images_out_lowers_the_error_rate() -> None:
    confidence = [0.99] * 9 + [0.55]
    right = draw_confidence(predictions(confidence, [True] * 9 + [False])).axes[1]
    (line,) = right.lines
    x, y = (np.round(np.asarray(data), 6) for data in line.get_data())
    curve = dict(zip(x, y, strict=True))
    assert curve[0] == 10
    assert curve[10] == 0


@pytest.mark.parametrize("right", [True, False])
def test_a_single_image_is_drawn(right: bool) -> None:
    assert len(draw_confidence(predictions([0.7], [right])).axes) == 2
