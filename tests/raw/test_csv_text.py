"""CSV: separators, headers, comments, and the column of the labels."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from lenet.core.errors import InputError
from lenet.raw import formats
from lenet.raw.inspection import advice, inspect
from lenet.raw.layout import Layout

IMAGES, LABELS = load_digits(return_X_y=True)
IMAGES, LABELS = IMAGES[:100].astype(int), LABELS[:100]
LAYOUT = Layout.of(side=8, pixel_range=(0, 16))
NAMES = [f"pixel{i}" for i in range(64)]
FIRST = np.column_stack([LABELS, IMAGES])
LAST = np.column_stack([IMAGES, LABELS])


def text(table: np.ndarray, header: list | None = None, by: str = ",") -> str:
    rows = [] if header is None else [header]
    return "".join(by.join(map(str, row)) + "\n" for row in [*rows, *table.tolist()])


@pytest.mark.parametrize(
    "content",
    [
        text(FIRST),
        text(LAST),
        text(FIRST, [*range(65)]),
        "# the label is last\n\n" + text(LAST, by=", "),
        text(FIRST, ["Label", *NAMES]).replace("\n", "\r\n"),
        text(LAST, [*NAMES, '"class"'], "\t"),
        text(LAST, [*NAMES, "y"], "|"),
        text(np.column_stack([range(100), FIRST]), ["", *range(65)]),
        text(FIRST, by=";").replace(";1;", ";1,0;"),
    ],
    ids=range(9),
)
def test_images_and_labels_are_read_from_every_dialect(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    data = formats.read(path, LAYOUT).data
    assert (data.images * 16).reshape(-1, 64).tolist() == IMAGES.tolist()
    assert data.labels.tolist() == LABELS.tolist()
    inspected = inspect(path)
    assert inspected.form == "CSV"
    assert "--side 8 --pixel-range 0 16 --first-label 0 --classes 10" in advice([inspected])


@pytest.mark.parametrize(
    "content", [text(IMAGES), text(IMAGES, NAMES), text(FIRST, ["id", *NAMES])], ids=range(3)
)
def test_a_file_without_labels_is_for_predictions(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    data = formats.read(path, LAYOUT, needs_labels=False).data
    assert (data.images * 16).reshape(-1, 64).tolist() == IMAGES.tolist()
    assert "labels       none" in str(inspect(path))
    with pytest.raises(InputError, match="record 1: the label is missing"):
        formats.read(path, LAYOUT)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "3,0,0,0,1\n4,1,0,0,2\n4,1,0,0,3\n",
            "either the first or the last .* seems to be the last.",
        ),
        ("label,a,b,c,d\n", "line 1: found 'label,a,b,c,d' and no numbers below it"),
        ("label,a,b,c,d\n3,0,0,0\n", "found 4 columns, 1 of them named as labels; expected finite"),
        ("label,y,b,c,d,e\n3,0,0,0,0,0\n", "found 6 columns, 2 of them named as labels"),
        ("label,a,b,c,d\n3,0,0,0,nan\n", "expected finite numbers"),
        ("label,a,b,c,d\n3,0,,0,1\n", "cannot be read as CSV .*''"),
        ("3,0,0,0,1\n4,1,0,0\n", "cannot be read as CSV .*columns changed from 5 to 4"),
        ("label,a,b,c,d\nA,0,0,0,1\n", "cannot be read as CSV .*'A'"),
        ("label,a,b,c,d,e,f,g,h,i\n" + "3,0,0,0,0,0,0,0,0,0\n", "found images of 9 pixels"),
    ],
    ids=range(9),
)
def test_what_is_no_table_of_images_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=f"{path}.*{message}"):
        formats.read(path, Layout.of(side=2))
