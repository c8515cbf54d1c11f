import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from lenet.core.errors import InputError
from lenet.evaluation.comparison import Comparison
from lenet.figures.comparison import draw_comparison


def predictions(predicted: list[int], actual: list[int]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "index": range(len(actual)),
            "actual": actual,
            "predicted": predicted,
            "confidence": 0.75,
            "train_index": np.nan,
        }
    )


ACTUAL = [0, 1, 2, 3, 4, 5]
COMPARISON = Comparison.of(
    "main",
    "feature",
    predictions([0, 1, 9, 9, 9, 5], ACTUAL),
    predictions([0, 9, 2, 3, 8, 5], ACTUAL),
)


def test_images_are_fixed_broken_or_wrong_in_both() -> None:
    assert COMPARISON.fixed["index"].tolist() == [2, 3]
    assert COMPARISON.broken["index"].tolist() == [1]
    assert COMPARISON.both_wrong["index"].tolist() == [4]
    assert COMPARISON.errors() == (3, 2)
    text = str(COMPARISON)
    assert text.startswith("main: 3 errors; feature: 2 errors; in 6 test images\n")
    assert "fixed 2, broken 1, wrong in both 1" in text
    assert "  image     1: a 1, before 1 (0.75), now 9 (0.75)" in text
    assert "may well be chance" in text


@pytest.mark.parametrize(("fixed", "broken"), [(14, 13), (10, 1), (0, 0), (3, 0), (0, 9)])
def test_p_is_that_of_mcnemars_exact_test(fixed: int, broken: int) -> None:
    actual = [0] * (fixed + broken + 2)
    before = [1] * fixed + [0] * (broken + 2)
    after = [0] * fixed + [1] * broken + [0, 0]
    found = Comparison.of("a", "b", predictions(before, actual), predictions(after, actual))
    # Twice the tail of the binomial distribution, at most 1.
    expected = min(1, 2 * binom.cdf(min(fixed, broken), fixed + broken, 0.5))
    assert found.p_value == pytest.approx(expected)
    assert ("unlikely to be chance" in str(found)) == (expected < 0.05)


def test_other_test_images_are_refused() -> None:
    with pytest.raises(InputError, match="a and b: were not evaluated on the same test images"):
        Comparison.of("a", "b", predictions([0], [0]), predictions([0], [1]))
    with pytest.raises(InputError, match=r"\(1 and 2\)"):
        Comparison.of("a", "b", predictions([0], [0]), predictions([0, 0], [0, 1]))


def test_the_picture_shows_each_kind() -> None:
    images = np.random.default_rng(0).random((6, 16, 16), dtype=np.float32)
    panels = draw_comparison(images, COMPARISON).axes
    assert [axes.get_title(loc="left") for axes in panels] == [
        *("fixed: 2", "broken: 1", "wrong in both: 1")
    ]
    assert [text.get_text() for text in panels[0].texts] == ["2: 9, 2", "3: 9, 3"]
    mosaic = np.ma.filled(panels[1].images[0].get_array(), np.nan)
    np.testing.assert_array_equal(mosaic[1:17, 1:17], images[1])


def test_two_equal_runs_are_drawn_too() -> None:
    same = predictions(ACTUAL, ACTUAL)
    images = np.zeros((6, 16, 16), np.float32)
    panels = draw_comparison(images, Comparison.of("a", "b", same, same)).axes
    assert [axes.get_title(loc="left") for axes in panels] == [
        *("fixed: 0", "broken: 0", "wrong in both: 0")
    ]
