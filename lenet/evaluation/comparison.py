"""Two runs compared image by image: what one reads and the other does not."""

from dataclasses import dataclass

import pandas as pd
from scipy.stats import binomtest

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

    def _select(self, *, old_right: bool, new_right: bool) -> pd.DataFrame:
        table = self.table
        old = (table["old"] == table["actual"]) == old_right
        return table[old & ((table["new"] == table["actual"]) == new_right)]

    @property
    def fixed(self) -> pd.DataFrame:
        """The images that the new run alone reads."""
        return self._select(old_right=False, new_right=True)

    @property
    def broken(self) -> pd.DataFrame:
        """The images that the old run alone reads."""
        return self._select(old_right=True, new_right=False)

    @property
    def both_wrong(self) -> pd.DataFrame:
        """The images that neither run reads."""
        return self._select(old_right=False, new_right=False)

    @property
    def p_value(self) -> float:
        """The p-value of McNemar's exact test, two-sided: as many fixed as broken, but for chance.

        Source: McNemar 1947, Note on the sampling error of the difference between correlated
        proportions or percentages; with the binomial distribution for small numbers.
        """
        fixed, broken = len(self.fixed), len(self.broken)
        return float(binomtest(fixed, fixed + broken).pvalue) if fixed + broken else 1.0

    def __str__(self) -> str:
        fixed, broken, both = map(len, (self.fixed, self.broken, self.both_wrong))
        before, after = (counted(both + number, "error") for number in (fixed, broken))
        images = counted(len(self.table), "test image")
        chance = "may well be chance" if self.p_value >= 0.05 else "is unlikely to be chance"
        lines = [
            f"{self.old}: {before}; {self.new}: {after}; in {images}",
            f"fixed {fixed}, broken {broken}, wrong in both {both}",
            f"McNemar's exact test: p = {self.p_value:.2g}, so the difference {chance}",
        ]
        for name, rows in (("fixed", self.fixed), ("broken", self.broken)):
            lines += ["", f"{name}:" + (" none" if rows.empty else "")]
            lines += [
                f"  image {index:>5}: a {actual}, before {old} ({sure:.2f}), now {new} ({now:.2f})"
                for index, actual, old, new, sure, now in rows.itertuples(index=False)
            ]
        return "\n".join(lines)
