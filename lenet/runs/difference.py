"""Two versions of a raw file compared: images added, removed and relabelled."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from textwrap import indent

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lenet.core.errors import InputError
from lenet.core.npz import Dataset, content_hash, named
from lenet.evaluation.summary import counted
from lenet.raw import formats
from lenet.raw.layout import Layout

KINDS = ("relabelled", "added", "removed")


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
        """Return the images, and a row for each: record, line, picture and class.

        Records and lines count from 1, classes from 0.
        Raises InputError, which names the version, where it is faulty or does not fit the layout.
        """
        try:
            data = formats.read(self.path, self.layout).data
        except InputError as error:
            place = replace(error.place, file=self.name)
            advice = "Each version is read by the group raw of its own params.yaml."
            raise InputError(place, error.found, error.expected, advice) from error
        table = pd.DataFrame(map(vars, formats.places(self.path, self.layout)))
        table["record"] = np.arange(1, len(data) + 1)
        table["class"] = pd.Series(named(data.labels, data.class_names)).convert_dtypes()
        table = table[["record", "line", "picture", "class"]]
        return data, table.astype({"record": "Int64", "line": "Int64"})


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
        if bool(before.class_names) != bool(after.class_names):
            found = "the classes have names in one of them alone"
            raise InputError(f"{old.name} and {new.name}", found, "raw.class_names for both")
        if before.class_names:
            names = tuple(dict.fromkeys(before.class_names + after.class_names))
            before, after = (formats.renamed(data, names) for data in (before, after))
        changes = _changes(before, after)
        rows = [(kind, *pair) for kind, pairs in changes.items() for pair in pairs]
        table = pd.DataFrame(rows, columns=["change", "old", "new"])
        table = table.astype({"old": np.int64, "new": np.int64})
        places = table["new"].where(table["new"] >= 0, len(after) + table["old"])
        images = np.concatenate([after.images, before.images])[places]
        # An index of -1 has no row, so its cells are blank.
        table = table.join(left.add_prefix("old_"), on="old")
        table = table.join(right.add_prefix("new_"), on="new").drop(columns=["old", "new"])
        return cls(title, old.name, new.name, (len(before), len(after)), table, images)

    @property
    def same(self) -> int:
        """The number of images that both versions have with the same class."""
        return self.counts[1] - int(self.table["new_record"].count())

    @property
    def heading(self) -> str:
        """The title, and the names of the versions."""
        return f"{self.title}: {self.old} -> {self.new}".removeprefix(": ")

    def __str__(self) -> str:
        if self.table.empty:
            return f"{self.heading}: the same {counted(self.same, 'image')}"
        kinds = ", ".join(f"{kind} {(self.table['change'] == kind).sum()}" for kind in KINDS)
        counts = f"images {self.counts[0]} -> {self.counts[1]}: {self.same} the same, {kinds}"
        shown = self.table.dropna(axis="columns", how="all").astype(object)
        text = shown.where(shown.notna(), "").to_string(index=False, max_rows=40)
        return f"{self.heading}\n" + indent(f"{counts}\n\n{text}", "  ")


def as_csv(differences: Sequence[Difference]) -> str:
    """Return the changes of all differences as CSV; the column file has their titles."""
    table = pd.concat([each.table.assign(file=each.title) for each in differences])
    return table[["file", *table.columns.drop("file")]].to_csv(index=False)


def _changes(before: Dataset, after: Dataset) -> dict[str, list[tuple[int, int]]]:
    """Return the images of each kind of change: their indices before and after, -1 for nowhere."""
    left: dict[tuple[str, int], list[int]] = defaultdict(list)
    for index, image in enumerate(before.images):
        left[content_hash(image), before.labels[index]].append(index)
    # An image keeps its class if it can.
    changed = []
    for index, image in enumerate(after.images):
        key = content_hash(image)
        if copies := left[key, after.labels[index]]:
            copies.pop(0)
        else:
            changed.append((index, key))
    gone: dict[str, list[int]] = defaultdict(list)
    for (key, _), indices in left.items():
        gone[key] += indices
    relabelled, added = [], []
    for index, key in changed:
        if gone[key]:
            relabelled.append((gone[key].pop(0), index))
        else:
            added.append((-1, index))
    removed = [(index, -1) for index in sorted(chain(*gone.values()))]
    return dict(zip(KINDS, (relabelled, added, removed), strict=True))
