"""Two versions of a raw file compared: images added, removed and relabelled."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import indent
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lenet.core.errors import InputError
from lenet.core.npz import Dataset, fingerprint
from lenet.evaluation.summary import counted
from lenet.raw import formats
from lenet.raw.layout import Layout

# Each kind of change, by the name that pandas gives to a row of one version or of both.
_KINDS = {"both": "relabelled", "right_only": "added", "left_only": "removed"}
KINDS = tuple(_KINDS.values())
_CHANGES_ON_SCREEN = 40
# Different pixel ranges give rounding, so pixels are compared in so many parts of full ink.
_LEVELS = 10_000
# A pixel in the middle between two levels must not go up or down by the noise of float32.
_NUDGE = 0.002


@dataclass(frozen=True)
class Version:
    """A version of a raw file.

    name: the file and, unless it is in the workspace, its revision.
    path: where the file or folder can be read.
    layout: how it is to be read.
    """

    name: str
    path: Path
    layout: Layout

    def read(self) -> tuple[Dataset, pd.DataFrame]:
        """Return the images, and a row for each: record, line, picture, class and key.

        Records and lines count from 1, classes from 0; equal images have equal keys.
        Raises InputError, which names the version, where it is faulty or does not fit the layout.
        """
        try:
            data = formats.read(self.path, self.layout).data
        except InputError as error:
            place = replace(error.place, file=self.name)
            advice = "Each version is read by the group raw of its own params.yaml."
            raise InputError(place, error.found, error.expected, advice) from error
        places = pd.DataFrame(map(vars, formats.places(self.path, self.layout)))
        table = pd.DataFrame(
            {
                "record": np.arange(1, len(data) + 1),
                "line": places["line"],
                "picture": places["picture"],
                "class": data.labels,
                "key": [_key(image) for image in data.images],
            }
        )
        return data, table.astype(dict.fromkeys(("record", "line", "class"), "Int64"))


@dataclass(frozen=True)
class Difference:
    """Two versions of a raw file compared by content, whatever their order and format.

    title: what is compared, such as train_file; "" where a user names two files.
    old, new: names of the versions.
    counts: the images of each version.
    table: a row for each change: change, one of `KINDS`; then old_record, old_line, old_picture
        and old_class, and the same of the new version. A cell is blank where there is nothing to
        tell.
    images: (changes, side, side) float32 in [0, 1].
    """

    title: str
    old: str
    new: str
    counts: tuple[int, int]
    table: pd.DataFrame
    images: NDArray[np.float32]

    @classmethod
    def of(cls, title: str, old: Version, new: Version) -> "Difference":
        """Compare two versions.

        Raises InputError where a version cannot be read, or the sides of their images differ.
        """
        sides = old.layout.side, new.layout.side
        if sides[0] != sides[1]:
            raise InputError(
                f"{old.name} and {new.name}",
                f"the images have sides of {sides[0]} and {sides[1]} pixels",
                "the same side (raw.side)",
            )
        (before, left), (after, right) = old.read(), new.read()
        table = _changes(left, right)
        removed = table["change"] == "removed"
        images = [
            data.images[table.loc[chosen, f"{when}_record"].to_numpy(np.int64) - 1]
            for data, chosen, when in ((after, ~removed, "new"), (before, removed, "old"))
        ]
        counts = len(before), len(after)
        return cls(title, old.name, new.name, counts, table, np.concatenate(images))

    @property
    def same(self) -> int:
        """The number of images that both versions have with the same class."""
        return self.counts[1] - int((self.table["change"] != "removed").sum())

    @property
    def heading(self) -> str:
        """The title, and the names of the versions."""
        return f"{self.title}: {self.old} -> {self.new}".removeprefix(": ")

    def __str__(self) -> str:
        if self.table.empty:
            return f"{self.heading}: the same {counted(self.same, 'image')}"
        kinds = ", ".join(f"{kind} {(self.table['change'] == kind).sum()}" for kind in KINDS)
        shown = self.table[:_CHANGES_ON_SCREEN].dropna(axis="columns", how="all").astype(object)
        shown = shown.rename(columns=lambda name: name.replace("_", " "))
        text = shown.where(shown.notna(), "").to_string(index=False)
        left = len(self.table) - len(shown)
        more = f"\n... and {left} more: --csv has all" if left else ""
        counts = f"images {self.counts[0]} -> {self.counts[1]}: {self.same} the same, {kinds}"
        return f"{self.heading}\n" + indent(f"{counts}\n\n{text}{more}", "  ")


def as_csv(differences: Sequence[Difference]) -> str:
    """Return the changes of all differences as CSV; the column file has their titles."""
    table = pd.concat([each.table.assign(file=each.title) for each in differences])
    return table[["file", *table.columns.drop("file")]].to_csv(index=False)


def _changes(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return the table of `Difference` for two tables of `Version.read`."""
    # An image keeps its class if it can; of several copies, the one in the same place.
    for by in (["key", "class", "record"], ["key", "class"]):
        pairs = _joined(old.reset_index(), new.reset_index(), by, "inner")
        old, new = old.drop(pairs["old_index"]), new.drop(pairs["new_index"])
    table = _joined(old, new, ["key"], "outer")
    table["change"] = pd.Categorical(table["found_in"].map(_KINDS), KINDS, ordered=True)
    table = table.sort_values(["change", "new_record", "old_record"], ignore_index=True)
    return table[["change", *table.filter(regex="^(old|new)_")]]


def _joined(
    old: pd.DataFrame, new: pd.DataFrame, by: list[str], how: Literal["inner", "outer"]
) -> pd.DataFrame:
    """Join rows that are equal in some columns; of several, the first with the first.

    The other columns become old_record, new_record and so on.
    """
    one, two = (
        side.assign(turn=side.groupby(by).cumcount())
        .set_index([*by, "turn"])
        .add_prefix(f"{when}_")
        .reset_index()
        for when, side in (("old", old), ("new", new))
    )
    return one.merge(two, how=how, on=[*by, "turn"], indicator="found_in")


def _key(image: NDArray[np.float32]) -> bytes:
    """Return what is the same for equal images, (side, side) in [0, 1]."""
    levels = np.rint(image.astype(np.float64) * _LEVELS + _NUDGE)
    return fingerprint(levels.astype(np.float32))
