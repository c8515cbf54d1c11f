from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from lenet.core.npz import Dataset
from lenet.evaluation.predictions import Predictions
from lenet.figures.confidence import draw_confidence
from lenet.figures.confusion import draw_confusion
from lenet.figures.curves import draw_curves, load_curves
from lenet.figures.examples import draw_augmented, draw_gallery
from lenet.figures.network import draw_kernels, draw_outputs
from lenet.figures.sheets import draw_label_issues, draw_mistakes
from tests.project import ROOT

GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.random((40, 28, 28), dtype=np.float32)
LABELS = np.arange(40) % 10
SCORES = GENERATOR.dirichlet(np.full(10, 0.1), 40).astype(np.float32)
NAMES = (
    "T-shirt",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Boot",
)
PREDICTIONS = Predictions(LABELS, SCORES, *np.full((2, 40), -1))
NAMED = replace(PREDICTIONS, class_names=NAMES)
ISSUES = pd.DataFrame({"index": [7, 2], "label": [3, 5], "suggested": [8, 6]})
OUTPUTS = {
    name: GENERATOR.normal(size=shape).astype(np.float32)
    for name, shape in {"C1": (6, 28, 28), "C3": (16, 10, 10), "C5": (120,), "O7": (10,)}.items()
}
FIGURES: dict[str, Callable[[], Figure]] = {
    "confidence": lambda: draw_confidence(PREDICTIONS),
    "confusion": lambda: draw_confusion(PREDICTIONS),
    "confusion of names": lambda: draw_confusion(NAMED),
    "curves": lambda: draw_curves(load_curves(ROOT / "metrics/training")),
    "gallery": lambda: draw_gallery(Dataset(IMAGES, LABELS, class_names=NAMES)),
    "augmented": lambda: draw_augmented(IMAGES[:10], np.stack([IMAGES[:10]] * 12, axis=1)),
    "kernels": lambda: draw_kernels(IMAGES[:6, :5, :5]),
    "outputs": lambda: draw_outputs(IMAGES[0], OUTPUTS),
    "mistakes": lambda: draw_mistakes(IMAGES, PREDICTIONS),
    "mistakes of names": lambda: draw_mistakes(IMAGES, NAMED),
    "label issues": lambda: draw_label_issues(IMAGES, ISSUES),
}


@pytest.mark.parametrize("draw", FIGURES.values(), ids=list(FIGURES))
def test_captions_are_whole_and_can_be_read_on_a_phone(
    draw: Callable[[], Figure], monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = draw()
    drawn: list[Text] = []
    monkeypatch.setattr(Text, "draw", lambda text, _: drawn.append(text))
    figure.draw_without_rendering()
    texts = [text for text in drawn if text.get_visible() and text.get_text()]
    assert texts
    # A screen of 390 pixels shows a picture 360 pixels wide; an inch has 72 points.
    pixels_a_point = 360 / figure.get_figwidth() / 72
    assert min(float(text.get_fontsize()) for text in texts) * pixels_a_point > 7
    width, height = figure.bbox.size
    boxes = [text.get_window_extent() for text in texts]
    for text, box in zip(texts, boxes, strict=True):
        assert 0 <= box.x0 <= box.x1 <= width, text
        assert 0 <= box.y0 <= box.y1 <= height, text
        assert sum(box.shrunk(0.98, 0.9).overlaps(other) for other in boxes) == 1, text
