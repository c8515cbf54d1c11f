"""Two networks compared image by image, and two recipes compared by networks of several seeds."""

from dataclasses import dataclass
from itertools import count
from math import comb

import numpy as np
import pandas as pd
from scipy.stats import binomtest, permutation_test, t

from lenet.evaluation.summary import counted


@dataclass(frozen=True)
class Comparison:
    """The predictions of two runs for the same test images.

    old, new: names of the runs.
    table: a row for each image: index, actual, old and new prediction, old_confidence and
        new_confidence.
    """

    old: str
    new: str
    table: pd.DataFrame

    @classmethod
    def of(cls, old: str, new: str, before: pd.DataFrame, after: pd.DataFrame) -> "Comparison":
        """Compare two tables of the same test images, as `Predictions.table` gives them."""
        table = before[["index", "actual"]].assign(
            old=before["predicted"],
            new=after["predicted"],
            old_confidence=before["confidence"],
            new_confidence=after["confidence"],
        )
        return cls(old, new, table)

    @property
    def kinds(self) -> dict[str, pd.DataFrame]:
        """The images that the new run alone reads, that the old run alone reads, and no run.

        They are rows of the table, and their names are "fixed", "broken" and "wrong in both".
        """
        conditions = {
            "fixed": "old != actual and new == actual",
            "broken": "old == actual and new != actual",
            "wrong in both": "old != actual and new != actual",
        }
        return {kind: self.table.query(condition) for kind, condition in conditions.items()}

    @property
    def p_value(self) -> float:
        """The p-value of McNemar's exact test, two-sided: as many fixed as broken, but for chance.

        Source: McNemar 1947, Note on the sampling error of the difference between correlated
        proportions or percentages; with the binomial distribution for small numbers.
        """
        fixed, broken, _ = map(len, self.kinds.values())
        return float(binomtest(fixed, fixed + broken).pvalue) if fixed + broken else 1.0

    def __str__(self) -> str:
        kinds = self.kinds
        fixed, broken, both = map(len, kinds.values())
        before, after = (counted(both + number, "error") for number in (fixed, broken))
        images = counted(len(self.table), "test image")
        said = f"these two networks may differ by chance (p = {self.p_value:.2g})"
        if self.p_value < 0.05:
            said = f"these two networks differ (p = {self.p_value:.2g})"
            said += "; another seed may differ as much"
        return (
            f"{self.old}: {before}; {self.new}: {after}; in {images}\n"
            f"fixed {fixed}, broken {broken}, wrong in both {both}\n"
            f"McNemar's exact test: {said}"
        )

    @property
    def listing(self) -> str:
        """The images that are fixed and those that are broken, a line for each."""
        lines = []
        for kind in ("fixed", "broken"):
            rows = self.kinds[kind]
            lines += ["", f"{kind}:" + (" none" if rows.empty else "")]
            lines += [
                f"  image {index:>5}: a {actual}, before {old} ({sure:.2f}), now {new} ({now:.2f})"
                for index, actual, old, new, sure, now in rows.itertuples(index=False)
            ]
        return "\n".join(lines)


@dataclass(frozen=True)
class Recipes:
    """Two recipes, each by its networks of several seeds.

    old, new: names of the recipes.
    before, after: a row for each seed: seed; validation_loss, None if there is none; and errors in
        the same test images.
    same: whether both are one recipe.
    """

    old: str
    new: str
    before: pd.DataFrame
    after: pd.DataFrame
    same: bool = False

    @property
    def several(self) -> bool:
        """Whether the recipes can be compared: they are two, with two common seeds or more."""
        return not self.same and len(self.before.merge(self.after, on="seed")) > 1

    def __str__(self) -> str:
        sides = {self.old: self.before, self.new: self.after}
        if self.same:
            sides = {"both": self.before}
        if self.several:
            common = self.before[["seed"]].merge(self.after[["seed"]])
            sides = {name: common.merge(side) for name, side in sides.items()}
        lines = []
        for title, figure, digits in (
            ("validation loss", "validation_loss", 4),
            ("test errors", "errors", 1 if self.several else 0),
        ):
            values = {name: side[figure].astype(float) for name, side in sides.items()}
            if any(side.isna().any() for side in values.values()):
                continue
            if self.several:
                # A seed has validation images of its own, and all seeds have the same test images.
                text = _means(values, digits, paired=figure == "validation_loss")
            else:
                text = _spreads(values, digits)
            lines.append(f"{title}: {text}")
        if self.same:
            lines.append("both are one recipe: their runs differ in nothing but the seed")
        elif self.several:
            lines.append("choose between recipes by the validation loss, not by test errors")
        else:
            lines.append("to compare the two recipes, train from several seeds: --seeds 6")
        return "\n".join(lines)


def _spreads(sides: dict[str, pd.Series], digits: int) -> str:
    texts = []
    for name, side in sides.items():
        low, high = (f"{value:.{digits}f}" for value in (side.min(), side.max()))
        several = f" to {high} over {len(side)} seeds" if len(side) > 1 else ""
        texts.append(f"{name} {low}{several}")
    return ", ".join(texts)


def _means(sides: dict[str, pd.Series], digits: int, *, paired: bool) -> str:
    """Return means, difference, its interval over seeds, and a permutation test.

    Args:
        sides: a figure of both recipes for the same seeds, by the recipe's name.
        digits: decimals.
        paired: whether the figures of different seeds cannot be compared with each other.
    """
    (old, before), (new, after) = sides.items()
    seeds, differences = len(before), after - before
    interval = "none, as seeds agree"
    if differences.std():
        low, high = t.interval(0.95, seeds - 1, differences.mean(), differences.sem())
        interval = f"{low:+.{digits}f} to {high:+.{digits}f}"
    # All permutations if they are fewer than this, and else this many, always the same.
    test = permutation_test(
        (after, before),
        lambda one, other, axis: np.mean(one, axis) - np.mean(other, axis),
        permutation_type="samples" if paired else "independent",
        n_resamples=9999,
        vectorized=True,
        rng=np.random.default_rng(0),
    )
    # The smallest number of seeds that can tell: so few permutations are as far from chance.
    enough = next(n for n in count(2) if 2 / (2**n if paired else comb(2 * n, n)) < 0.05)
    chance = "may well be chance"
    if seeds < enough:
        chance = f"too few seeds to tell; {enough} can"
    return (
        f"mean of {old} {before.mean():.{digits}f}, of {new} {after.mean():.{digits}f} "
        f"({seeds} seeds)\n"
        f"  difference {differences.mean():+.{digits}f}, 95 % interval {interval}\n"
        f"  permutation test: p = {test.pvalue:.2g}, "
        f"{'unlikely to be chance' if test.pvalue < 0.05 else chance}"
    )
