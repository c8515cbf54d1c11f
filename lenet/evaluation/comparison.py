"""Two networks compared image by image, and two recipes compared by networks of several seeds."""

from dataclasses import dataclass
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
    before, after: a row for each seed: validation_loss, None if there is none, and errors in the
        same test images.
    same: whether both are one recipe.
    """

    old: str
    new: str
    before: pd.DataFrame
    after: pd.DataFrame
    same: bool = False

    @property
    def several(self) -> bool:
        """Whether the recipes can be compared: they are two, with two seeds or more each."""
        return not self.same and min(len(self.before), len(self.after)) > 1

    def __str__(self) -> str:
        sides = {self.old: self.before, self.new: self.after}
        if self.same:
            sides = {"both": self.before}
        lines = []
        for title, figure, digits in (
            ("validation loss", "validation_loss", 4),
            ("test errors", "errors", 1 if self.several else 0),
        ):
            values = {name: side[figure].astype(float) for name, side in sides.items()}
            if not any(side.isna().any() for side in values.values()):
                lines.append(f"{title}: {(_means if self.several else _spreads)(values, digits)}")
        if self.same:
            lines.append("both are one recipe: their runs differ in nothing but the seed")
        elif self.several:
            lines.append("choose between recipes by the validation loss, not by test errors")
        else:
            lines.append("to compare the two recipes, train from several seeds: --seeds 5")
        return "\n".join(lines)


def _spreads(sides: dict[str, pd.Series], digits: int) -> str:
    texts = []
    for name, side in sides.items():
        low, high = (f"{value:.{digits}f}" for value in (side.min(), side.max()))
        several = f" to {high} over {len(side)} seeds" if len(side) > 1 else ""
        texts.append(f"{name} {low}{several}")
    return ", ".join(texts)


def _means(sides: dict[str, pd.Series], digits: int) -> str:
    """Return means, difference, Welch's interval over seeds, and a permutation test."""
    (old, before), (new, after) = sides.items()
    # SciPy's ttest_ind warns where the seeds of one side agree.
    parts = np.array([side.var() / len(side) for side in (before, after)])
    difference, interval = after.mean() - before.mean(), "none, as seeds agree"
    if parts.any():
        freedom = parts.sum() ** 2 / (parts**2 / [len(before) - 1, len(after) - 1]).sum()
        low, high = t.interval(0.95, freedom, difference, np.sqrt(parts.sum()))
        interval = f"{low:+.{digits}f} to {high:+.{digits}f}"
    # All permutations up to 8 seeds against 7, and else this many, always the same.
    test = permutation_test(
        (after, before),
        lambda one, other, axis: np.mean(one, axis) - np.mean(other, axis),
        n_resamples=9999,
        vectorized=True,
        rng=np.random.default_rng(0),
    )
    # The smallest p that so many seeds can give.
    least = 2 / comb(len(before) + len(after), len(after))
    chance = "too few seeds to tell" if least >= 0.05 else "may well be chance"
    return (
        f"mean of {old} {before.mean():.{digits}f} ({counted(len(before), 'seed')}), "
        f"of {new} {after.mean():.{digits}f} ({counted(len(after), 'seed')})\n"
        f"  difference {difference:+.{digits}f}, 95 % interval {interval}\n"
        f"  permutation test: p = {test.pvalue:.2g}, "
        f"{'unlikely to be chance' if test.pvalue < 0.05 else chance}"
    )
