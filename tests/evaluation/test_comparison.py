import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, ttest_rel

from lenet.evaluation.comparison import Comparison, Recipes


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
    assert "these two networks may differ by chance (p = 1)" in text
    assert "  image     1: a 1, before 1 (0.75), now 9 (0.75)" in COMPARISON.listing


@pytest.mark.parametrize(("fixed", "broken"), [(14, 13), (10, 1), (0, 0), (3, 0), (0, 9)])
def test_p_is_that_of_mcnemars_exact_test(fixed: int, broken: int) -> None:
    actual = [0] * (fixed + broken + 2)
    before = [1] * fixed + [0] * (broken + 2)
    after = [0] * fixed + [1] * broken + [0, 0]
    comparison = Comparison.of("a", "b", predictions(before, actual), predictions(after, actual))
    # Twice the tail of the binomial distribution, at most 1.
    expected = min(1, 2 * binom.cdf(min(fixed, broken), fixed + broken, 0.5))
    assert comparison.p_value == pytest.approx(expected)
    assert ("another seed may differ as much" in str(comparison)) == (expected < 0.05)


def networks(*errors: int, loss: bool = True) -> pd.DataFrame:
    losses = [error / 1000 if loss else None for error in errors]
    table = {"seed": range(len(errors)), "validation_loss": losses, "errors": errors}
    return pd.DataFrame(table)


def test_recipes_are_compared_by_their_seeds() -> None:
    before, after = [45, 39, 50, 44], [30, 31, 35, 32]
    # A seed that one side lacks does not count.
    more = networks(*after, 99)
    lines = str(Recipes("main", "fast", networks(*before), more)).splitlines()
    low, high = ttest_rel(after, before).confidence_interval()
    assert lines[:3] == [
        "validation loss: mean of main 0.0445, of fast 0.0320 (4 seeds)",
        f"  difference -0.0125, 95 % interval {low / 1000:+.4f} to {high / 1000:+.4f}",
        # All are lower than the same seed's, as in 2 of 2 ** 4 ways to exchange the two sides.
        "  permutation test: p = 0.12, too few seeds to tell; 6 can",
    ]
    assert lines[3:] == [
        "test errors: mean of main 44.5, of fast 32.0 (4 seeds)",
        f"  difference -12.5, 95 % interval {low:+.1f} to {high:+.1f}",
        # All are lower, as in 2 of the 70 ways to share eight runs among two sides.
        f"  permutation test: p = {2 / 70:.2g}, unlikely to be chance",
        "choose between recipes by the validation loss, not by test errors",
    ]


def test_few_seeds_and_seeds_that_agree_tell_little() -> None:
    text = str(Recipes("main", "fast", networks(4, 4), networks(3, 3, loss=False)))
    assert "95 % interval none, as seeds agree" in text
    assert "permutation test: p = 0.33, too few seeds to tell; 4 can" in text
    assert "validation loss: " not in text
    chance = str(Recipes("main", "fast", networks(4, 5, 6, 7, 7, 4), networks(5, 6, 6, 4, 4, 7)))
    assert chance.count("may well be chance") == 2


def test_more_than_fifteen_seeds_are_compared_the_same_way_each_time() -> None:
    recipes = Recipes("main", "fast", networks(*range(40, 50)), networks(*range(43, 53)))
    assert str(recipes) == str(recipes)
    assert "p = 0.0" in str(recipes)


def test_the_same_difference_from_every_seed_shows_however_seeds_differ() -> None:
    before = networks(3, 20, 55, 8, 33, 14)
    after = before.assign(validation_loss=before["validation_loss"] + [0.004, 0.006] * 3)
    text = str(Recipes("main", "fast", before, after))
    assert "difference +0.0050, 95 % interval +0.0039 to +0.0061" in text
    # One of the two ways out of 2 ** 6 in which all differences have one sign.
    assert "permutation test: p = 0.031, unlikely to be chance" in text


def test_the_spread_over_seeds_is_told_of_one_network() -> None:
    old, new = networks(45, 39, 50), networks(43)
    lines = str(Recipes("main", "fast", old, new)).splitlines()
    assert lines[:2] == [
        "validation loss: main 0.0390 to 0.0500 over 3 seeds, fast 0.0430",
        "test errors: main 39 to 50 over 3 seeds, fast 43",
    ]
    assert "--seeds 6" in lines[2]
    seeds = str(Recipes("main", "fast", old, old, same=True)).splitlines()
    assert seeds[1] == "test errors: both 39 to 50 over 3 seeds"
    assert seeds[2].startswith("both are one recipe")
