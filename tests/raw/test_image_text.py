from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import dump_svmlight_file, load_digits

from lenet.core.errors import InputError
from lenet.raw import formats
from lenet.raw.layout import Layout
from tests.helpers import read_raw, refused

LAYOUT = Layout.of(side=2, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)
AUTO = Layout.of(side=8, pixel_range=(0, 16), first_label=0, first_index="auto", classes=10)
IMAGES, LABELS = load_digits(return_X_y=True)
# Neither the first nor the last pixel of these digits has ink.
BLANK_CORNERS = np.flatnonzero((IMAGES[:, 0] == 0) & (IMAGES[:, 63] == 0))[:20]
INK_IN_LAST = np.flatnonzero(IMAGES[:, 63] > 0)[:3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.txt"


@pytest.mark.parametrize(
    "text",
    [
        "6 1:0 2:0.5 3:0 4:2\n3 1:1 2:0 3:0 4:0\n",
        "6 2:0.5 4:2\n3 1:1\n",
        "6   1:0   2:0.5   3:0   4:2   \n3   1:1   \n",
        "6\t2:0.5\t4:2\r\n3 1:1\r\n",
        "# made by hand\n6 2:0.5 4:2 # the first\n\n3 1:1\n\n# the end",
        "6.0 2:.5 4:2e0\n+3 1:1.",
    ],
)
def test_reads_the_variants_in_circulation(path: Path, text: str) -> None:
    records = read_raw(path, text, LAYOUT)
    assert records.labels.tolist() == [6, 3]
    assert records.pixels.tolist() == [[0, 0.5, 0, 2], [1, 0, 0, 0]]


def test_an_absent_pixel_is_zero_and_not_background(path: Path) -> None:
    layout = Layout.of(side=2, pixel_range=(-1, 1), first_label=1, first_index=1, classes=10)
    records = read_raw(path, "10 1:-1 4:1\n6\n", layout)
    assert records.labels.tolist() == [10, 6]
    assert records.pixels.tolist() == [[-1, 0, 0, 1], [0, 0, 0, 0]]


NUMBER = "a finite decimal number"
PAIRS = "a label, then index:value pairs (image-text, as the file has ':')"
INDEX = "a whole number from 1 to 4"
ORDER = "each index once, in ascending order"
LABEL = "a whole number from 0 to 9"
CUT = "found 2 pixel values and no end of the line"


@pytest.mark.parametrize(
    ("text", "inside", "found", "expected"),
    [
        ("6 1:1\n3 1:x\n", "line 2", "found 'x'", NUMBER),
        ("6 1:1\n10 1:1\n", "line 2, record 2", "found label 10", LABEL),
        ("6 1:1\n1:1 2:1\n", "line 2, record 2", "the label is missing", LABEL),
        ("6 1:1 2\n", "line 1, record 1", "found number 2 out of place", PAIRS),
        ("6 1:1:1\n", "line 1, record 1", "found index 1 out of place", PAIRS),
        ("6 1:1\n3 1:1 :2\n", "line 2", "found a colon alone", "index:value"),
        (":6 1:1", "line 1", "found a colon alone", "index:value"),
        ("6 0:1\n", "line 1, record 1", "found index 0", INDEX),
        ("6 5:1\n", "line 1, record 1", "found index 5", INDEX),
        ("6 1e308:1\n", "line 1, record 1", "found index 1e+308", INDEX),
        ("6 1:1\n3 2:1 2:1\n", "line 2, record 2", "found index 2 after 2", ORDER),
        ("6 1:255\n", "line 1, record 1", "found 255 as pixel 1", "a value from 0 to 2"),
        ("# nothing\n", "line 1", "found '#'", NUMBER),
        ("6 0.5 1 2 0 # .jf\n", "line 1", "found '#'", NUMBER),
        ("6 1:0 2:.5 3:1 4:2\n" * 2 + "6 1:0 2:.5", "line 3, record 3", CUT, "4, as before it"),
    ],
)
def test_a_fault_is_named_with_its_place(
    path: Path, text: str, inside: str, found: str, expected: str
) -> None:
    assert refused(path, text, LAYOUT) == (inside, found, expected)


def test_a_short_last_line_is_right_with_a_line_end_or_if_others_are_as_short(path: Path) -> None:
    assert len(read_raw(path, "6 1:0 2:.5 3:1 4:2\n" * 2 + "6 1:0 2:.5\n", LAYOUT)) == 3
    assert len(read_raw(path, "6 3:1\n" * 2 + "6", LAYOUT)) == 3


def written(path: Path, rows: np.ndarray, *, zero_based: bool, comment: str | None = None) -> Path:
    """Write digits as scikit-learn does; without a comment it states nothing."""
    dump_svmlight_file(
        IMAGES[rows], LABELS[rows], str(path), zero_based=zero_based, comment=comment
    )
    return path


@pytest.mark.parametrize("zero_based", [True, False])
def test_a_file_that_does_not_show_its_first_index_is_refused_but_for_the_comment_of_scikit_learn(
    path: Path, zero_based: bool
) -> None:
    written(path, BLANK_CORNERS, zero_based=zero_based)
    with pytest.raises(InputError, match="does not show whether indices start at 1, as in LIBSVM"):
        formats.read(path, AUTO)
    told = formats.read(path, AUTO.changed({"first_index": 0 if zero_based else 1}))
    written(path, BLANK_CORNERS, zero_based=zero_based, comment="mine")
    for reading in (told, formats.read(path, AUTO)):
        images = reading.data.images.reshape(-1, 64) * 16
        np.testing.assert_array_equal(images, IMAGES[BLANK_CORNERS])
        assert reading.statistics.first_index == (0 if zero_based else 1)


@pytest.mark.parametrize("piece", [1 << 20, 700])
def test_evidence_behind_many_records_holds_for_all(
    path: Path, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lenet.raw.text.PIECE_BYTES", piece)
    rows = np.concatenate([BLANK_CORNERS, INK_IN_LAST])
    reading = formats.read(written(path, rows, zero_based=False), AUTO)
    np.testing.assert_array_equal(reading.data.images.reshape(-1, 64) * 16, IMAGES[rows])
    # The last pixel has index 63 where indices start at 0, which shows nothing.
    with pytest.raises(InputError, match="does not show"):
        formats.read(written(path, rows, zero_based=True), AUTO)


STATED = "# Column indices are"


@pytest.mark.parametrize(
    ("text", "first_index", "found", "expected"),
    [
        ("3 1:5 64:1\n", 0, "found index 64", "a whole number from 0 to 63"),
        ("3 0:5 1:1\n", 1, "found index 0", "a whole number from 1 to 64"),
        ("3 0:5 64:1\n", "auto", "found index 64", "a whole number from 0 to 63"),
        (f"{STATED} one-based\n3 0:5\n", "auto", "found index 0", "a whole number from 1 to 64"),
        (f"{STATED} zero-based\n3 1:5\n", 1, "a comment says that indices start at 0", "1"),
    ],
)
def test_what_contradicts_the_first_index_is_refused(
    path: Path, text: str, first_index: object, found: str, expected: str
) -> None:
    assert refused(path, text, AUTO.changed({"first_index": first_index}))[1:] == (found, expected)


def test_what_is_written_starts_where_the_layout_says(path: Path) -> None:
    data = formats.read(written(path, INK_IN_LAST, zero_based=False), AUTO).data
    for first_index, start in ((0, "0:"), (1, "1:"), ("auto", "1:")):
        formats.write(data, path, AUTO.changed({"first_index": first_index}))
        assert path.read_text().split()[1].startswith(start)
        np.testing.assert_array_equal(formats.read(path, AUTO).data.images, data.images)


def test_a_dense_file_of_smaller_images_is_refused(path: Path) -> None:
    line = "6 " + " ".join(f"{index}:0.5" for index in range(1, 65)) + "\n"
    with pytest.raises(InputError, match=r"found the same 64 indices in every record; expected 16"):
        read_raw(path, 3 * line, LAYOUT.changed({"side": 16}))
