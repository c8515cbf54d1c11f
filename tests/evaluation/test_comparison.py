import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from lenet.evaluation.comparison import Comparison


def predictions(predicted: list[int], actual: list[int]) -> pd.DataFrame:
    index = range(len(actual))
    table = {"index": index, "actual": actual, "predicted": predicted, "confidence": 0.75}
    return pd.DataFrame(table | {"train_index": np.nan})


ACTUAL = [0, 1, 2, 3, 4, 5]
COMPARISON = Comparison.of(
    "main",
    "feature",
    predictions([0, 1, 9, 9, 9, 5], ACTUAL),
    predictions([0, 9, 2, 3, 8, 5], ACTUAL),
)


def test_images_are_fixed_broken_or_wrong_in_both() -> None:
    found = {kind: rows["index"].tolist() for kind, rows in COMPARISON.kinds.items()}
    assert found == {"fixed": [2, 3], "broken": [1], "wrong in both": [4]}
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
    comparison = Comparison.of("a", "b", predictions(before, actual), predictions(after, actual))
    # Twice the tail of the binomial distribution, at most 1.
    expected = min(1, 2 * binom.cdf(min(fixed, broken), fixed + broken, 0.5))
    assert comparison.p_value == pytest.approx(expected)
    assert ("unlikely to be chance" in str(comparison)) == (expected < 0.05)
