"""Where the indices of an image-text file start."""

import io
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import dump_svmlight_file, load_digits

from lenet.core.errors import InputError
from lenet.raw import formats
from lenet.raw.layout import Layout

IMAGES, LABELS = load_digits(return_X_y=True)
AUTO = Layout(side=8, pixel_range=(0, 16), first_label=0, first_index="auto", classes=10)
# Neither the first nor the last pixel of these digits has ink.
BLANK_CORNERS = np.flatnonzero((IMAGES[:, 0] == 0) & (IMAGES[:, 63] == 0))[:20]
INK_IN_LAST = np.flatnonzero(IMAGES[:, 63] > 0)[:3]


def written(path: Path, rows: np.ndarray, *, zero_based: bool, comment: str | None = None) -> Path:
    """Write digits as scikit-learn does; without a comment it states nothing."""
    dump_svmlight_file(
        IMAGES[rows], LABELS[rows], str(path), zero_based=zero_based, comment=comment
    )
    return path


@pytest.mark.parametrize("zero_based", [True, False])
def test_what_shows_no_first_index_is_refused_with_both_settings(
    tmp_path: Path, zero_based: bool
) -> None:
    path = written(tmp_path / "mine.txt", BLANK_CORNERS, zero_based=zero_based)
    with pytest.raises(
        InputError, match="no record has index 0 or 64, .*raw.first_index=1 or raw.first_index=0"
    ):
        formats.read(path, AUTO)
    reading = formats.read(path, AUTO.changed(first_index=0 if zero_based else 1))
    np.testing.assert_array_equal(reading.data.images.reshape(-1, 64) * 16, IMAGES[BLANK_CORNERS])
    assert reading.first_index == (0 if zero_based else 1)


@pytest.mark.parametrize("zero_based", [True, False])
def test_the_comment_of_scikit_learn_is_believed(tmp_path: Path, zero_based: bool) -> None:
    path = written(tmp_path / "mine.txt", BLANK_CORNERS, zero_based=zero_based, comment="mine")
    reading = formats.read(path, AUTO)
    np.testing.assert_array_equal(reading.data.images.reshape(-1, 64) * 16, IMAGES[BLANK_CORNERS])


@pytest.mark.parametrize("piece", [1 << 20, 700])
def test_evidence_behind_many_records_holds_for_all(
    tmp_path: Path, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lenet.raw.text.PIECE_BYTES", piece)
    rows = np.concatenate([BLANK_CORNERS, INK_IN_LAST])
    path = written(tmp_path / "mine.txt", rows, zero_based=False)
    reading = formats.read(path, AUTO)
    np.testing.assert_array_equal(reading.data.images.reshape(-1, 64) * 16, IMAGES[rows])
    # The last pixel has index 63 where indices start at 0, which shows nothing.
    path = written(tmp_path / "zero.txt", rows, zero_based=True)
    with pytest.raises(InputError, match="no record has index 0 or 64"):
        formats.read(path, AUTO)


def test_an_index_0_shows_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("3 1:5 2:16\n4 0:16 63:2\n")
    reading = formats.read(path, AUTO)
    assert reading.first_index == 0
    assert reading.data.images[0, 0, 1] == 5 / 16
    assert reading.data.images[1, 0, 0] == 1


@pytest.mark.parametrize(
    ("text", "first_index", "message"),
    [
        ("3 1:5 64:1\n", 0, "found index 64; .*from 0 to 8 x 8 - 1 = 63. Set raw.first_index=1"),
        ("3 0:5 1:1\n", 1, "found index 0; .*from 1 to 8 x 8 = 64. Set raw.first_index=0"),
        ("3 0:5 64:1\n", "auto", "found index 64; .*from 0 to 8 x 8 - 1 = 63. Check the side"),
        ("# Column indices are one-based\n3 0:5\n", "auto", "found index 0; .*from 1 to"),
        ("# Column indices are zero-based\n3 1:5\n", 1, "start at 0; .*Set raw.first_index=0"),
        ("3 65:5\n", "auto", "found index 65; .*Check the side"),
    ],
)
def test_what_contradicts_the_first_index_is_refused(
    tmp_path: Path, text: str, first_index: object, message: str
) -> None:
    path = tmp_path / "mine.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        formats.read(path, AUTO.changed(first_index=first_index))


def test_a_dense_zero_based_file_of_smaller_images_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text(("3 " + " ".join(f"{i}:1" for i in range(64)) + "\n") * 3)
    with pytest.raises(InputError, match="just the indices 0 to 63 .*raw.side=8"):
        formats.read(path, AUTO.changed(side=16))


def test_query_ids_are_ignored(tmp_path: Path) -> None:
    file = io.BytesIO()
    dump_svmlight_file(
        IMAGES[INK_IN_LAST], LABELS[INK_IN_LAST], file, zero_based=False, query_id=[7, 7, 9]
    )
    (tmp_path / "mine.txt").write_bytes(file.getvalue())
    assert b"qid:7" in file.getvalue()
    reading = formats.read(tmp_path / "mine.txt", AUTO)
    np.testing.assert_array_equal(reading.data.images.reshape(-1, 64) * 16, IMAGES[INK_IN_LAST])


def test_what_is_written_starts_where_the_layout_says(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.txt", INK_IN_LAST, zero_based=False)
    formats.convert([path], tmp_path / "one.txt", AUTO)
    assert (tmp_path / "one.txt").read_text().split()[1].startswith("1:")
    written(tmp_path / "zero.txt", INK_IN_LAST, zero_based=True)
    formats.convert([tmp_path / "zero.txt"], tmp_path / "back.txt", AUTO.changed(first_index=0))
    assert (tmp_path / "back.txt").read_text().split()[1].startswith("0:")
    assert formats.read(tmp_path / "back.txt", AUTO).first_index == 0
