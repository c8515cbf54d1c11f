"""Corrections of labels: a table that names images of a raw file, and what applies it to the file.

The table is CSV. Its columns `place`, `hash` and `label` name an image: where it is in the file,
the hash of its content, and its class. The column `new_label` has the right class, or the words
"left out". A class is written as its name, or as its number from 0 where classes have no names.
"""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from lenet.core.errors import InputError, untrusted
from lenet.core.npz import Dataset, content_hash, named
from lenet.raw import formats
from lenet.raw.layout import Layout, same_name

LEFT_OUT = "left out"
COLUMNS = ("place", "hash", "label", "new_label")

Row = dict[str, str]


def read(path: Path, layout: Layout) -> tuple[Dataset, list[Row]]:
    """Return the images of a raw file, and the place, hash and label of each.

    Raises InputError as `formats.read` does.
    """
    data = formats.read(path, layout).data
    # The name of a picture may be no UTF-8.
    places = (
        place.inside.encode(errors="backslashreplace").decode()
        for place in formats.places(path, layout)
    )
    labels = map(str, named(data.labels, data.class_names))
    rows = zip(places, map(content_hash, data.images), labels, strict=True)
    return data, [dict(zip(COLUMNS[:3], row, strict=True)) for row in rows]


def find(table: Path, file: Path, known: list[Row]) -> dict[int, Row]:
    """Return the rows of a table by the index of the image in the raw file that each names.

    Args:
        table: CSV with the columns place, hash and label, and others.
        file, known: the raw file, and what `read` returned for it.

    Raises InputError where the table is of another version of the file or empty, or two rows for an
    image differ.
    """
    advice = (
        "`lenet label-issues` makes a table of the file as it is, and "
        "`lenet review --label-issues` the page for its corrections."
    )
    if not table.is_file():
        raise InputError(table, "is no file", "a table of labels", advice)
    with (
        untrusted(table, "cannot be read as CSV", advice),
        table.open(encoding="utf-8-sig", newline="") as text,
    ):
        rows = list(csv.DictReader(text, restval=""))
    if missing := [name for name in COLUMNS[:3] if rows and name not in rows[0]]:
        raise InputError(table, f"lacks the column {missing[0]}", advice=advice)
    index = {row["place"]: i for i, row in enumerate(known)}
    found: dict[int, Row] = {}
    for row in rows:
        place = row["place"]
        if (i := index.get(place, -1)) < 0:
            raise InputError(f"{table}, {place}", "is no image", f"an image of {file}", advice)
        for name in COLUMNS[1:3]:
            here, there = known[i][name], f"{row[name]}, as in {table}"
            if here != row[name]:
                raise InputError(f"{file}, {place}", f"found {name} {here}", there, advice)
        if found.setdefault(i, row) != row:
            raise InputError(f"{table}, {place}", "has two rows that differ", "one row")
    if not found:
        raise InputError(table, "names no image", advice=advice)
    return found


def relabel(file: Path, table: Path, target: Path, layout: Layout) -> tuple[int, int, int]:
    """Write the images of a raw file, in their order, to `target`, with corrected labels.

    The suffix of `target`, which may be the file itself, chooses the format. The layout is that of
    both files.

    Returns how many images were relabelled, were left out, and are unchanged.
    Raises InputError as `read`, `find` and `formats.write` do, and where a new label is no class.
    """
    formats.check_target(target)
    data, known = read(file, layout)
    classes = [*map(str, data.class_names or range(layout.classes))]
    labels, kept = data.labels.copy(), np.full(len(data), True)
    for i, row in find(table, file, known).items():
        label = same_name(row.get("new_label", ""))
        if label == LEFT_OUT:
            kept[i] = False
        elif label in classes:
            labels[i] = classes.index(label)
        else:
            place, expected = f"{table}, {row['place']}", f"one of {', '.join(classes)}, {LEFT_OUT}"
            raise InputError(place, f"found new_label '{label}'", expected)
    if not kept.any():
        raise InputError(table, "leaves all images out", "at least one image that stays")
    images = data.images
    if layout.transpose and target.suffix != ".npz":
        images = images.transpose(0, 2, 1).copy()
    corrected = replace(data, images=images, labels=labels)[np.flatnonzero(kept)]
    formats.write(corrected, target, layout)
    relabelled = int((labels != data.labels).sum())
    return relabelled, int((~kept).sum()), int(kept.sum()) - relabelled
