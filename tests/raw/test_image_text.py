import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from sklearn.datasets import load_svmlight_file

from lenet.core.errors import InputError
from lenet.raw import image_text
from lenet.raw.layout import Layout
from lenet.raw.records import Records
from tests.helpers import read_raw
from tests.strategies import record_sets

LAYOUT = Layout(side=2, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)


def read(path: Path, content: str | bytes, layout: Layout = LAYOUT) -> Records:
    return read_raw(path, content, layout)


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
    records = read(path, text)
    assert records.labels.tolist() == [6, 3]
    assert records.pixels.tolist() == [[0, 0.5, 0, 2], [1, 0, 0, 0]]


def test_a_line_without_pairs_is_an_image_of_zeros(path: Path) -> None:
    records = read(path, "6\n3 1:1\n")
    assert records.labels.tolist() == [6, 3]
    assert records.pixels[0].tolist() == [0, 0, 0, 0]


def test_an_absent_pixel_is_zero_and_not_background(path: Path) -> None:
    layout = Layout(side=2, pixel_range=(-1, 1), first_label=1, first_index=1, classes=10)
    records = read(path, "10 1:-1 4:1\n", layout)
    assert records.labels.tolist() == [10]
    assert records.pixels.tolist() == [[-1, 0, 0, 1]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("6 1:1\n3 1:x\n", "line 2: found 'x'; expected a finite decimal number"),
        ("6 1:nan\n", "line 1: found 'nan'; expected a finite"),
        ("6 1:1\n3 1:1 2:inf\n", "line 2: found 'inf'; expected a finite"),
        ("6 1:1\n10 1:1\n", "line 2, record 2: found label 10; .*Set raw.first_label=1"),
        ("6 1:1\n\n2.5 1:1\n", "line 3, record 2: found label 2.5; expected a whole number"),
        ("6 1:1\n-1 1:1\n", "line 2, record 2: found label -1"),
        ("6 1:1\n-1\n", "line 2, record 2: found label -1"),
        ("6 1:1\n1:1 2:1\n", "line 2, record 2: found index 1 out of place"),
        ("6 1:1 2\n", "line 1, record 1: found number 2 out of place"),
        ("6 1:1:1\n", "line 1, record 1: found index 1 out of place"),
        ("6 1 2:1\n", "line 1, record 1: found number 1 out of place"),
        ("6 1:1\n3 1: 2:1\n", "line 2: found a colon alone"),
        ("6 1:1\n3 1:1 :2\n", "line 2: found a colon alone"),
        ("6 1:1\n3 1::1\n", "line 2: found a colon alone"),
        ("6 1:1\n3 2:", "line 2: found a colon alone"),
        ("6 1:1 2:", "line 1: found a colon alone"),
        (":6 1:1", "line 1: found a colon alone"),
        ("6 0:1\n", "line 1, record 1: found index 0; expected a whole number from 1 to 2 x 2 = 4"),
        ("6 5:1\n", "line 1, record 1: found index 5; .*Check the side"),
        ("6 1.5:1\n", "line 1, record 1: found index 1.5"),
        ("6 2147483648:1\n", "found index 2.14748365e.09"),
        ("6 1:1\n3 2:1 2:1\n", "line 2, record 2: found index 2 after 2; expected each index once"),
        ("6 3:1 2:1\n", "line 1, record 1: found index 2 after 3; .* in ascending order"),
        ("6 1:-1\n", "line 1, record 1: found -1 as pixel 1; .*raw.pixel_range=.-1,1."),
        ("6 1:255\n", "line 1, record 1: found 255 as pixel 1; .*raw.pixel_range=.0,255."),
        ("# nothing\n", "holds no images"),
        ("6 0.5 # a .jf with a comment\n", "image-text, as the file has ':' or '#'"),
    ],
)
def test_refuses_with_place_and_advice(path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        read(path, text)
    assert str(error.value).startswith(str(path))


def test_a_last_line_cut_short_is_refused_where_lines_state_every_pixel(path: Path) -> None:
    whole = "6 1:0 2:.5 3:1 4:2\n"
    with pytest.raises(
        InputError, match=r"line 3, record 3: found 2 pixel values and no end of the line; expected"
    ):
        read_raw(path, whole * 2 + "6 1:0 2:.5", LAYOUT)
    # A short last line is right if it has a line end, or if the lines before are as short.
    assert len(read_raw(path, whole * 2 + "6 1:0 2:.5\n", LAYOUT)) == 3
    assert len(read_raw(path, "6 3:1\n" * 2 + "6", LAYOUT)) == 3


def test_a_dense_file_of_smaller_images_is_refused(path: Path) -> None:
    line = "6 " + " ".join(f"{index}:0.5" for index in range(1, 65)) + "\n"
    layout = Layout(side=16, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)
    with pytest.raises(InputError, match=r"just the indices 1 to 64 .* Set raw.side=8"):
        read(path, line * 3, layout)
    assert len(read(path, line * 3 + "6 100:1\n", layout)) == 4


@pytest.mark.parametrize("block_bytes", [1, 5, 17, 40])
def test_blocks_may_end_anywhere(
    path: Path, block_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "6 1:0.5 2:1 # one\n\n3 2:0.25 4:2\n1 1:1"
    whole = read(path, text)
    # The first piece has to show a colon, which shows the format; real pieces have a MiB.
    monkeypatch.setattr("lenet.raw.text.PIECE_BYTES", max(block_bytes, 5))
    parts = read(path, text)
    np.testing.assert_array_equal(parts.labels, whole.labels)
    np.testing.assert_array_equal(parts.pixels, whole.pixels)


def test_names_the_line_of_a_fault_behind_many_blocks(path: Path) -> None:
    lines = ["6 1:0.123456 2:0.123456 3:0.123456 4:0.123456"] * 60_000
    lines[50_000] = "6 2:1 1:1"
    with pytest.raises(InputError, match="line 50001, record 50001: found index 1 after 2"):
        read(path, "\n".join(lines))


@given(records=record_sets())
def test_what_is_written_comes_back_to_the_bit(records: Records, scratch: Path) -> None:
    file = io.BytesIO()
    layout = Layout(side=4, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)
    image_text.write(file, [records], layout)
    back = read(scratch / "mine.txt", file.getvalue(), layout)
    np.testing.assert_array_equal(back.labels, records.labels)
    np.testing.assert_array_equal(back.pixels, records.pixels)


@given(records=record_sets())
def test_scikit_learn_reads_the_same(records: Records) -> None:
    file = io.BytesIO()
    image_text.write(
        file,
        [records],
        Layout(side=4, pixel_range=(0, 2), first_label=0, first_index=1, classes=10),
    )
    file.seek(0)
    pixels, labels = load_svmlight_file(file, n_features=16, zero_based=False)
    np.testing.assert_array_equal(pixels.toarray(), records.pixels)
    np.testing.assert_array_equal(labels, records.labels)
