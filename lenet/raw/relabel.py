"""Corrections of labels: a table that names images of a raw file, and what applies it to the file.

The table is CSV. Its columns `place`, `hash` and `label` name an image: where it is in the file,
the hash of its content, and its class. The column `new_label` has the right class, or the words
"left out". A class is written as its name, or as its number from 0 where classes have no names.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lenet.core.errors import InputError, untrusted
from lenet.core.npz import Dataset, content_hash, named
from lenet.raw import formats
from lenet.raw.layout import Layout, same_name

NEW_LABEL, LEFT_OUT = "new_label", "left out"
COLUMNS = ("place", "hash", "label", NEW_LABEL)


def read(path: Path, layout: Layout) -> tuple[Dataset, pd.DataFrame]:
    """Return the images of a raw file, and a row for each with place, hash and label as text.

    Raises InputError as `formats.read` does.
    """
    data = formats.read(path, layout).data
    # The name of a picture may be no UTF-8.
    places = [
        place.inside.encode(errors="backslashreplace").decode()
        for place in formats.places(path, layout)
    ]
    hashes = [content_hash(image) for image in data.images]
    labels = named(data.labels, data.class_names).astype(str)
    return data, pd.DataFrame({"place": places, "hash": hashes, "label": labels}, dtype=str)


def find(table: Path, file: Path, known: pd.DataFrame, *others: str) -> list[dict[str, Any]]:
    """Return the rows of a table of images, each with `index`, that of the image in the raw file.

    Args:
        table: CSV with the columns place, hash and label, and `others`.
        file, known: the raw file, and the rows that `read` returned for it.

    Raises InputError where the table lacks a column, or is of another version of the file.
    """
    advice = (
        "`lenet label-issues` makes a table of the file as it is, and "
        "`lenet review --label-issues` the page for its corrections."
    )
    with untrusted(table, "cannot be read as CSV", advice):
        rows = pd.read_csv(table, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    columns = [*known.columns, *others]
    if missing := [name for name in columns if name not in rows]:
        raise InputError(table, f"has no column {missing[0]}", ", ".join(columns), advice)
    images = {image["place"]: image | {"index": i} for i, image in enumerate(_records(known))}
    records = _records(rows)
    for row in records:
        where, image = f"{file}, {row['place']}", images.get(row["place"])
        if image is None:
            raise InputError(where, f"no image is there, but {table} names it", advice=advice)
        if image["hash"] != row["hash"]:
            raise InputError(where, f"the image is another than that of {table}", advice=advice)
        if image["label"] != row["label"]:
            expected = f"{row['label']}, as in {table}"
            raise InputError(where, f"found label {image['label']}", expected, advice)
        row["index"] = image["index"]
    return records


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return table.to_dict("records")  # type: ignore[return-value]


def relabel(file: Path, table: Path, target: Path, layout: Layout) -> tuple[int, int, int]:
    """Write the images of a raw file, in their order, to `target`, with corrected labels.

    The suffix of `target`, which may be the file itself, chooses the format. The layout is that of
    both files.

    Returns how many images were relabelled, were left out, and are unchanged.
    Raises InputError where the table does not fit the file, and as `formats.write` does.
    """
    formats.check_target(target)
    data, known = read(file, layout)
    classes = [*map(str, data.class_names or range(layout.classes))]
    corrections: dict[int, str] = {}
    for row in find(table, file, known, NEW_LABEL):
        label, where = same_name(row[NEW_LABEL]), f"{table}, {row['place']}"
        if label not in (*classes, LEFT_OUT):
            expected = f"one of {', '.join(classes)}, or {LEFT_OUT}"
            raise InputError(where, f"found the new label '{label}'", expected)
        if corrections.setdefault(row["index"], label) != label:
            raise InputError(where, "has two new labels", "one row for an image")
    left_out = [index for index, label in corrections.items() if label == LEFT_OUT]
    kept = np.setdiff1d(np.arange(len(data)), left_out)
    if not len(kept):
        raise InputError(table, "leaves all images out", "at least one image that stays")
    labels = data.labels.copy()
    for index, label in corrections.items():
        labels[index] = data.labels[index] if label == LEFT_OUT else classes.index(label)
    images = data.images
    if layout.transpose and target.suffix != ".npz":
        images = images.transpose(0, 2, 1).copy()
    formats.write(replace(data, images=images, labels=labels)[kept], target, layout)
    relabelled = int((labels != data.labels).sum())
    return relabelled, len(left_out), len(kept) - relabelled
