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
        chance = "may well be chance" if self.p_value >= 0.05 else "is unlikely to be chance"
        lines = [
            f"{self.old}: {before}; {self.new}: {after}; in {images}",
            f"fixed {fixed}, broken {broken}, wrong in both {both}",
            f"McNemar's exact test: p = {self.p_value:.2g}, so the difference {chance}",
        ]
        for kind in ("fixed", "broken"):
            rows = kinds[kind]
            lines += ["", f"{kind}:" + (" none" if rows.empty else "")]
            lines += [
                f"  image {index:>5}: a {actual}, before {old} ({sure:.2f}), now {new} ({now:.2f})"
                for index, actual, old, new, sure, now in rows.itertuples(index=False)
            ]
        return "\n".join(lines)
