"""Corrections of labels, applied to raw files of every format."""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.raw import formats
from lenet.raw.layout import Layout
from lenet.raw.relabel import COLUMNS, read, relabel
from tests.letters import write_folder

LAYOUT = Layout.of(side=4, pixel_range=(0, 255), first_label=1, first_index="auto", classes=10)
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 4, 4)).astype(np.float32) / np.float32(255)
DATA = Dataset(IMAGES, np.array([0, 1, 2, 3, 8, 9]))
# The third image becomes a 7, and the fifth is left out.
CORRECTIONS = {2: "7", 4: "left out"}


def write_file(path: Path, layout: Layout = LAYOUT) -> Path:
    """Write `DATA` in the format of a name's suffix."""
    pixels = (IMAGES * 255).round().astype(int)
    labels = DATA.labels + layout.first_label
    if layout.transpose:
        pixels = pixels.transpose(0, 2, 1)
    if path.suffix == ".csv":
        rows = np.column_stack([labels, pixels.reshape(6, -1)])
        header = ",".join(["label", *map(str, range(16))])
        np.savetxt(path, rows, "%d", ",", header=header, comments="")
    elif path.suffix == "":
        start = bytes((0, 0, 8, 3)) + b"".join(n.to_bytes(4, "big") for n in (6, 4, 4))
        path.write_bytes(start + pixels.astype(np.uint8).tobytes())
        beside = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
        beside.write_bytes(bytes((0, 0, 8, 1, 0, 0, 0, 6)) + labels.astype(np.uint8).tobytes())
    else:
        formats.write(DATA, path, LAYOUT)
    return path


def write_table(
    path: Path, layout: Layout = LAYOUT, changes: Mapping[str, str] | None = None
) -> Path:
    """Write corrections of a file beside it; `changes` of columns are those of the first row."""
    _, known = read(path, layout)
    table = path.with_name("corrections.csv")
    with table.open("w") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for index, label in CORRECTIONS.items():
            row = known[index] | {"new_label": label} | dict(changes or {})
            writer.writerow(row.values())
            changes = None
    return table


@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize("target", ["out.jf", "out.txt", "out.npz", "in place"])
@pytest.mark.parametrize("source", ["a.jf", "a.txt", "a.npz", "a.csv", "a-images-idx3-ubyte"])
def test_just_the_corrections_change_in_every_format(
    tmp_path: Path, source: str, target: str, transpose: bool
) -> None:
    layout = LAYOUT.changed({"transpose": transpose})
    if source in ("a.jf", "a.txt"):
        # `write` has no columns first.
        layout = LAYOUT
    file = write_file(tmp_path / source, layout)
    out = tmp_path / (source if target == "in place" else target)
    if out.suffix not in (".jf", ".txt", ".npz"):
        with pytest.raises(InputError, match="unknown suffix; expected .jf, .txt"):
            relabel(file, write_table(file, layout), out, layout)
        return
    assert relabel(file, write_table(file, layout), out, layout) == (1, 1, 4)
    back = formats.read(out, layout).data
    kept = np.array([0, 1, 2, 3, 5])
    np.testing.assert_array_equal(back.images, IMAGES[kept])
    assert back.labels.tolist() == [0, 1, 7, 3, 9]


def test_a_folder_becomes_an_npz_file_that_keeps_all_names(tmp_path: Path) -> None:
    write_folder(tmp_path / "letters", 1)
    layout = Layout.of(side=28, pixel_range=(0, 255))
    data, known = read(tmp_path / "letters", layout)
    assert known[2]["place"] == "C/0.png"
    table = tmp_path / "corrections.csv"
    row = ",".join([*known[2].values(), "X"])
    # A spreadsheet program may write a mark in front, and other line ends; rows may come twice.
    text = "\r\n".join([",".join(COLUMNS), row, row, ""])
    table.write_text(text, encoding="utf-8-sig")
    arguments = tmp_path / "letters", table
    assert relabel(*arguments, tmp_path / "out.npz", layout) == (1, 0, 25)
    back = npz.load(tmp_path / "out.npz")
    labels = data.labels.copy()
    labels[2] = 23
    assert back.labels.tolist() == labels.tolist()
    assert back.class_names == data.class_names
    assert back.names is not None
    assert back.names[2] == "C/0.png"
    with pytest.raises(InputError, match="text has no room .* raw.class_names"):
        relabel(*arguments, tmp_path / "out.jf", layout)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hash": "0" * 32}, "a.jf, line 4, record 3: found hash .*; expected 0*, as in .*ons.csv"),
        ({"label": "3"}, "a.jf, line 4, record 3: found label 2; expected 3, as in .*csv. `lenet"),
        (
            {"place": "line 9, record 8"},
            "csv, line 9, record 8: is no image; expected an image of .*a.jf. `lenet",
        ),
        ({"new_label": ""}, "csv, line 4, record 3: found new_label ''; expected one of 0, 1, 2,"),
        ({"new_label": "10"}, "csv, line 4, record 3: found new_label '10'; expected one of"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_and_nothing_is_written(
    tmp_path: Path, changes: dict[str, str], message: str
) -> None:
    file = write_file(tmp_path / "a.jf")
    table, before = write_table(file, changes=changes), file.read_bytes()
    with pytest.raises(InputError, match=message):
        relabel(file, table, file, LAYOUT)
    assert file.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"a.jf", "corrections.csv"}


def test_what_is_no_table_of_corrections_is_refused(tmp_path: Path) -> None:
    file = write_file(tmp_path / "a.jf")
    table = write_table(file)
    header, first, *_ = table.read_text().splitlines()
    place = first.rpartition(",")[0]
    outs = [
        ",".join(f'"{text}"' for text in (*row.values(), "left out"))
        for row in read(file, LAYOUT)[1]
    ]
    for rows, message in (
        ([header, first, f"{place},8"], "line 4, record 3: has two rows that differ; expected one"),
        (["place,hash,label", place], "found new_label ''; expected one of 0, 1"),
        ([header.replace("hash", "md5"), first], "csv: lacks the column hash. `lenet label"),
        (["words", "more"], "csv: lacks the column place. `lenet label"),
        ([header], "csv: names no image. `lenet label"),
        ([header, *outs], "leaves all images out; expected at least one image that stays"),
    ):
        table.write_text("\n".join(rows))
        with pytest.raises(InputError, match=message):
            relabel(file, table, file, LAYOUT)
    with pytest.raises(
        InputError, match="none.csv: is no file; expected a table of labels. `lenet label-issues`"
    ):
        relabel(file, tmp_path / "none.csv", file, LAYOUT)
