"""Two versions of a raw file compared: images added, removed and relabelled."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lenet.core.errors import InputError
from lenet.core.npz import Dataset, fingerprint
from lenet.raw import formats
from lenet.raw.layout import Layout

KINDS = ("relabelled", "added", "removed")
_CHANGES = ["added", "removed", "relabelled_to", "relabelled_from"]
# The screen shows so many lines of a list, and so much of the name of a picture.
_MOST = 40
_WIDEST = 20
# Different pixel ranges give rounding, so pixels are compared in so many parts of full ink.
_LEVELS = 10_000
# A pixel in the middle between two levels must not go up or down by the noise of float32.
_NUDGE = 0.002
# Records make a pair if these are equal. Those that are most alike make the first pairs.
_ALIKE = (["key", "class", "record"], ["key", "class"], ["key", "record"], ["key"])


@dataclass(frozen=True)
class Version:
    """A version of a raw file.

    file: the file as params.yaml or the user names it.
    path: where the file or folder is to be read.
    layout: how it is to be read.
    revision: the revision that the version is of; "" where a user names the file itself.
    workspace: whether the file is the one in the workspace.
    """

    file: str
    path: Path
    layout: Layout
    revision: str = ""
    workspace: bool = True

    @property
    def name(self) -> str:
        """The file and, unless it is in the workspace, its revision."""
        return self.file if self.workspace else f"{self.file} at {self.revision}"

    def read(self) -> Dataset:
        """Return the images and their classes.

        Raises InputError where the file is faulty or does not fit the layout.
        """
        try:
            return formats.read(self.path, self.layout).data
        except InputError as error:
            raise InputError(str(error).replace(str(self.path), self.name)) from error

    def lines(self, records: NDArray[np.int64]) -> dict[int, int]:
        """Return the lines of some records, both counted from 1; none where there are no lines."""
        lines: dict[int, int] = {}
        if not len(records) or self.path.is_dir() or formats.is_npz(self.path):
            return lines
        done = 0
        for block in formats.read_blocks(self.path, self.layout):
            here = records[(records > done) & (records <= done + len(block))]
            for record in here.tolist():
                if line := block.place(record - done - 1).line:
                    lines[record] = line
            done += len(block)
        return lines


@dataclass(frozen=True)
class Difference:
    """Two versions of a raw file compared by content, whatever their order and format.

    title: what is compared, such as train_file.
    old, new: the versions.
    classes: a row for each class: class, old, new, added, removed, relabelled_to, relabelled_from;
        old and new are the images of each version.
    table: a row for each change: change, one of `KINDS`; then old_record, old_line, old_picture
        and old_class, and the same of the new version. Records and lines count from 1, classes
        from 0. A cell is blank where there is nothing to tell.
    images: (changes, side, side) float32 in [0, 1].
    """

    title: str
    old: Version
    new: Version
    classes: pd.DataFrame
    table: pd.DataFrame
    images: NDArray[np.float32]

    @classmethod
    def of(cls, title: str, old: Version, new: Version) -> "Difference":
        """Compare two versions.

        Raises InputError where a version cannot be read, or the sides of their images differ.
        """
        if old.layout.side != new.layout.side:
            raise InputError(
                f"{old.name} and {new.name}: the images have sides of {old.layout.side} and "
                f"{new.layout.side} pixels (raw.side). Expected the same side: images of different "
                "sides cannot be equal."
            )
        before, after = old.read(), new.read()
        changes = _changes(before, after)
        parts = [
            _places(changes[when], version, data).add_prefix(f"{when}_")
            for when, version, data in (("old", old, before), ("new", new, after))
        ]
        table = pd.concat([changes["change"], *parts], axis=1)
        removed = changes["change"] == "removed"
        images = [
            data.images[changes.loc[chosen, when].to_numpy(np.int64)]
            for data, chosen, when in ((after, ~removed, "new"), (before, removed, "old"))
        ]
        classes = _by_class(before.labels, after.labels, table)
        return cls(title, old, new, classes, table, np.concatenate(images))

    def count(self, kind: str) -> int:
        """Return the number of changes of a kind."""
        return int((self.table["change"] == kind).sum())

    @property
    def same(self) -> int:
        """The number of images that both versions have with the same class."""
        return int(self.classes["new"].sum()) - self.count("relabelled") - self.count("added")

    @property
    def heading(self) -> str:
        """The title, and the names of the versions."""
        if self.old.revision and self.old.file == self.new.file:
            names = f"{self.new.file}, {self.old.revision} -> {self.new.revision}"
        else:
            names = f"{self.old.name} -> {self.new.name}"
        return f"{self.title}: {names}" if self.title else names

    def __str__(self) -> str:
        if self.table.empty:
            return f"{self.heading}: the same {self.same:,} image{'s' * (self.same != 1)}"
        old, new = (self.classes[when].sum() for when in ("old", "new"))
        counts = ", ".join(f"{kind} {self.count(kind):,}" for kind in KINDS)
        changed = self.classes[self.classes[_CHANGES].any(axis=1)]
        table = changed.rename(columns=lambda name: name.replace("_", " ")).to_string(index=False)
        return "\n".join(
            [
                self.heading,
                f"  images {old:,} -> {new:,}: {self.same:,} the same, {counts}",
                *("", indent(table, "  "), ""),
                *self._list(),
            ]
        )

    def _list(self) -> list[str]:
        rows = [("change", "old", "new", "class")]
        for row in self.table.head(_MOST).to_dict("records"):
            classes = [str(row[f"{when}_class"]) for when in ("old", "new") if _is(row, when)]
            places = [_place(row, when) for when in ("old", "new")]
            rows.append((row["change"], *places, " -> ".join(classes)))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        left = len(self.table) - _MOST
        return [*lines, f"  ... and {left:,} more: --csv has all"] if left > 0 else lines


def as_csv(differences: Sequence[Difference]) -> str:
    """Return the changes of all differences as CSV; the column file has their titles."""
    tables = [found.table.assign(file=found.title) for found in differences]
    table = pd.concat(tables)
    return table[["file", *table.columns.drop("file")]].to_csv(index=False)


def _is(row: Mapping[Hashable, Any], when: str) -> bool:
    return not pd.isna(row[f"{when}_record"])


def _place(row: Mapping[Hashable, Any], when: str) -> str:
    """Return the place of a change in the old or the new version, in words."""
    if not _is(row, when):
        return ""
    line, picture = row[f"{when}_line"], row[f"{when}_picture"]
    detail = f"line {line}" if not pd.isna(line) else "" if pd.isna(picture) else picture
    if len(detail) > _WIDEST:
        # The end of a path tells more than its beginning.
        detail = f"...{detail[3 - _WIDEST :]}"
    return f"record {row[f'{when}_record']}" + (f" ({detail})" if detail else "")


def _changes(before: Dataset, after: Dataset) -> pd.DataFrame:
    """Return the changes in the order of `KINDS`, then of the records.

    The columns are change, old and new. The latter are the indices of the record in the versions,
    Int64, and blank where a version does not have it.
    """
    keys = [_key(image) for data in (before, after) for image in data.images]
    numbers = pd.factorize(np.array(keys, dtype=object))[0]
    left, right = (
        pd.DataFrame({"key": key, "class": data.labels, "record": np.arange(len(data))})
        for key, data in ((numbers[: len(before)], before), (numbers[len(before) :], after))
    )
    relabelled = []
    for by in _ALIKE:
        turns = [part.groupby(by).cumcount() for part in (left, right)]
        one, two = (
            part[by].assign(turn=turn, row=part.index)
            for part, turn in zip((left, right), turns, strict=True)
        )
        pairs = one.merge(two, on=[*by, "turn"], suffixes=("_old", "_new"))
        left, right = left.drop(pairs["row_old"]), right.drop(pairs["row_new"])
        if "class" not in by:
            relabelled.append(pairs[["row_old", "row_new"]])
    paired = pd.concat(relabelled).sort_values("row_new").to_numpy(np.int64)
    added, removed = (part.index.to_series().astype("Int64") for part in (right, left))
    blank = [pd.Series(pd.NA, part.index, "Int64") for part in (added, removed)]
    return pd.DataFrame(
        {
            "change": np.repeat(KINDS, [len(paired), len(added), len(removed)]),
            "old": pd.concat([pd.Series(paired[:, 0], dtype="Int64"), blank[0], removed]).array,
            "new": pd.concat([pd.Series(paired[:, 1], dtype="Int64"), added, blank[1]]).array,
        }
    )


def _key(image: NDArray[np.float32]) -> bytes:
    """Return what is the same for equal images, (side, side) in [0, 1]."""
    levels = np.rint(image.astype(np.float64) * _LEVELS + _NUDGE)
    return fingerprint(levels.astype(np.float32))


def _places(rows: pd.Series, version: Version, data: Dataset) -> pd.DataFrame:
    """Return record, line, picture and class of some records; blank where `rows` is blank.

    Args:
        rows: Int64, indices in `data`.
        version, data: the version, and its images.
    """
    known = rows.dropna().astype(np.int64)
    lines = version.lines(1 + np.asarray(known, np.int64))
    table = pd.DataFrame(
        {
            "record": known + 1,
            "line": (known + 1).map(lines),
            "picture": None if data.names is None else data.names[known].astype(object),
            "class": data.labels[known],
        },
        index=known.index,
    )
    whole = dict.fromkeys(("record", "line", "class"), "Int64")
    return table.reindex(rows.index).astype(whole)


def _by_class(
    before: NDArray[np.int64], after: NDArray[np.int64], table: pd.DataFrame
) -> pd.DataFrame:
    """Return the table `Difference.classes`."""
    number = 1 + int(max(before.max(), after.max()))
    change, old, new = (table[name] for name in ("change", "old_class", "new_class"))
    columns = {
        "old": before,
        "new": after,
        "added": new[change == "added"],
        "removed": old[change == "removed"],
        "relabelled_to": new[change == "relabelled"],
        "relabelled_from": old[change == "relabelled"],
    }
    counts = {
        name: np.bincount(np.asarray(labels, np.int64), minlength=number)
        for name, labels in columns.items()
    }
    return pd.DataFrame({"class": np.arange(number), **counts})
