import io
import textwrap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.core.errors import InputError
from lenet.raw import formats, jf
from lenet.raw.layout import Layout
from lenet.raw.records import Records
from tests.helpers import read_raw
from tests.strategies import record_sets

LAYOUT = Layout(side=4, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)
ROW = " ".join(["0", "0.5", "1", "2"] * 4)
PIXELS = np.array([0, 0.5, 1, 2] * 4)


def read(path: Path, content: str | bytes, layout: Layout = LAYOUT) -> Records:
    return read_raw(path, content, layout)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.jf"


@pytest.mark.parametrize(
    "text",
    [
        f"10 16\n6 {ROW}\n3 {ROW}\n-1\n",
        f"6 {ROW}\n3 {ROW}\n-1\n",
        f"10 16\n6 {ROW}\n3 {ROW}\n",
        f"6 {ROW}\n3 {ROW}",
        f"10 16\r\n6 {ROW}\r\n3 {ROW}\r\n-1\r\n",
        f"10 16\n6 {ROW}\n3 {ROW}\n-1\n\n  \n\n",
        f"\n10 16\n\n6 {ROW}\n\n3 {ROW}\n\n",
        f"6.0000 {ROW} \n3.0000 {ROW} \n",
        f"10 16\n6 {ROW}\n3 {ROW} -1\n",
        f"10 16 6 {ROW} 3 {ROW} -1",
        f"\t10\t16\n6   {ROW}\n3\t{ROW}\n-1",
        f"\ufeff10 16\n6 {ROW}\n3 {ROW}\n-1\n",
        f"10\n16\n6 {ROW}\n3 {ROW}\n-1\n",
        f"10 16\n6 {ROW}\n3 {ROW}\n-1.0\n",
        f"10 16\n6\n{ROW}\n3\n{ROW}\n-1\n",
        f"6\n{ROW}\n3\n{ROW}\n",
    ],
)
def test_reads_the_variants_in_circulation(path: Path, text: str) -> None:
    records = read(path, text)
    assert records.labels.tolist() == [6, 3]
    assert records.pixels.tolist() == [PIXELS.tolist()] * 2


@pytest.mark.parametrize("width", [1, 7, 20, 33, 80])
def test_reads_records_wrapped_without_regard_to_lines(path: Path, width: int) -> None:
    generator = np.random.default_rng(width)
    pixels = generator.integers(0, 3, (30, 16)).astype(float)
    labels = generator.integers(0, 10, 30)
    stream = "10 16 " + " ".join(
        f"{label} {' '.join(map(str, row))}" for label, row in zip(labels, pixels, strict=True)
    )
    records = read(path, "\n".join(textwrap.wrap(stream + " -1", width, break_long_words=False)))
    np.testing.assert_array_equal(records.labels, labels)
    np.testing.assert_array_equal(records.pixels, pixels)


def test_a_pixel_of_minus_one_is_no_end_marker(path: Path) -> None:
    layout = Layout(side=2, pixel_range=(-1, 1), first_label=0, first_index=1, classes=10)
    records = read(path, "6 -1 -1 -1 -1\n3 -1 0 1 -1.0\n", layout)
    assert records.labels.tolist() == [6, 3]
    assert records.pixels.tolist() == [[-1, -1, -1, -1], [-1, 0, 1, -1]]


def test_a_header_may_share_its_line_with_a_record(path: Path) -> None:
    layout = Layout(side=2, pixel_range=(0, 255), first_label=0, first_index=1, classes=10)
    assert read(path, "10 4 6 7 7 7 7 3 4 255 0 17", layout).labels.tolist() == [6, 3]


def test_a_label_and_a_pixel_alone_on_the_first_line_are_no_header(path: Path) -> None:
    assert read(path, "6 2\n" + " ".join(["0"] * 15) + "\n").pixels[0, :2].tolist() == [2, 0]


def test_a_first_pixel_that_equals_the_number_of_features_is_no_header(path: Path) -> None:
    layout = Layout(side=2, pixel_range=(0, 255), first_label=0, first_index=1, classes=10)
    assert read(path, "6 4 255 0 17\n", layout).pixels.tolist() == [[4, 255, 0, 17]]


@pytest.mark.parametrize("header", ["", "10 16\n"])
@pytest.mark.parametrize("block_bytes", [1, 2, 3, 7, 37, 64])
def test_blocks_may_end_anywhere(
    path: Path, block_bytes: int, header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"{header}6 {ROW}\n3 {ROW}\n1 {ROW}\n-1\n"
    whole = read(path, text)
    # The first piece has to hold the header; real pieces have a MiB.
    path.write_bytes(text.encode())
    monkeypatch.setattr("lenet.raw.text.PIECE_BYTES", max(block_bytes, len(header)))
    blocks = list(formats.read_records(path, LAYOUT))
    np.testing.assert_array_equal(np.concatenate([b.labels for b in blocks]), whole.labels)
    np.testing.assert_array_equal(np.concatenate([b.pixels for b in blocks]), whole.pixels)
    assert max(len(b) for b in blocks) < 3


SHORT = " ".join(ROW.split()[1:])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"10 16\n6 {ROW}\n3 x{ROW}\n-1\n", "line 3: found 'x0'; expected a finite decimal number"),
        (f"10 16\n6 nan {SHORT}\n-1\n", "line 2: found 'nan'; expected a finite"),
        (f"10 16\n6 -inf {SHORT}\n-1\n", "line 2: found '-inf'; expected a finite"),
        (f"10 16\n6 1e999 {SHORT}\n-1\n", "line 2: found '1e999'; expected a finite"),
        (f"10 16\n6 1.2.3 {SHORT}\n-1\n", "line 2: found '1.2.3'; expected a finite"),
        (f"10 16\n6 0,5 {SHORT}\n-1\n", "line 2: found '0,5'; expected a finite"),
        (
            f"10 16\n6 {ROW}\n10 {ROW}\n-1\n",
            "line 3, record 2: found label 10; .*Set raw.first_label=1",
        ),
        (
            f"10 16\n6 {ROW}\n11 {ROW}\n-1\n",
            "label 11; expected a whole number from 0 to 9, as the header says 10 classes",
        ),
        (f"10 16\n6.5 {ROW}\n-1\n", "line 2, record 1: found label 6.5; expected a whole number"),
        (f"10 16\n-2 {ROW}\n-1\n", "line 2, record 1: found label -2; expected a whole number"),
        (f"5 16\n4 {ROW}\n6 {ROW}\n", "line 3, record 2: found label 6; .* from 0 to 4"),
        (f"11 16\n6 {ROW}\n-1\n", "line 1: the header says 11 classes; .*Set raw.classes=11"),
        (f"10 64\n6 {ROW}\n-1\n", "line 1: the header says 64 features.* Set raw.side=8"),
        (f"10 17\n6 {ROW}\n-1\n", "the header says 17 features an image; expected 4 x 4 = 16.$"),
        (f"6 {ROW}\n3 {SHORT}\n1 {ROW}\n-1\n", "line 2, record 2: found 15 pixel values.*16 after"),
        (f"6 {ROW}\n3 {ROW} 1\n1 {ROW}\n-1\n", "line 2, record 2: found 17 pixel values.*16 after"),
        # One value is missing, and a later line has one value too many: the sum is right.
        (f"6 {ROW}\n0 {SHORT}\n0 {ROW} 1\n1 {ROW}\n", "line 2, record 2: found 15 pixel values"),
        (f"6 {ROW}\n3 0 1\n", "line 2, record 2: found 2 pixel values; .* cut short"),
        (f"6 {ROW}\n3 {SHORT}\n-1\n", "line 2, record 2: found 15 pixel values; .* cut short"),
        (f"10 16\n3 {SHORT}\n-1\n", "line 2, record 1: found 15 pixel values; .* cut short"),
        (f"6 {ROW}\n3\n", "line 2, record 2: found 0 pixel values; .* cut short"),
        ("6 0 0.5 1 2\n3 0 0.5 1 2\n" * 20, r"found .*Most lines hold 4 values .* raw.side=2"),
        ("6 0 0.5 1 2\n3 0 0.5 1 2\n", r"found 9 pixel values; .* raw.side=2"),
        (f"{'9' * 5000} {'9' * 5000}\n6 {ROW}\n", "found '9999"),
        (f"6 {ROW}\n-1\n3 {ROW}\n", "line 3: found 3 after the end marker -1"),
        (f"6 {ROW}\n-1\n-1\n", "line 3: found -1 after the end marker -1"),
        (f"6 2.5 {SHORT}\n", "line 1, record 1: found 2.5 as pixel 1; .*raw.pixel_range=.0,255."),
        (f"6 -0.5 {SHORT}\n", "line 1, record 1: found -0.5 as pixel 1; .*raw.pixel_range=.-1,1."),
        (f"6 300 {SHORT}\n", "found 300 as pixel 1; expected a value from 0 to 2.$"),
        ("", "the file is empty"),
        (" \n\r\n\t", "the file is empty"),
        ("10 16\n-1\n", "holds no images"),
        ("10 16\n", "holds no images"),
        ("-1\n", "holds no images"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "this is a PNG picture"),
        (b"\xff\xfe6\0 \0", "a binary file"),
        (f"6 {ROW}\r3 {ROW}\r", "lines end in CR alone"),
    ],
)
def test_refuses_with_place_and_advice(path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        read(path, text)
    assert str(error.value).startswith(str(path))


@pytest.mark.parametrize("block_bytes", range(100, 220, 3))
def test_compensating_faults_are_found_wherever_a_block_ends(
    path: Path, block_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = f"6 {ROW}\n"
    path.write_text(good * 3 + f"6 {ROW} 0\n" + f"{ROW}\n" + good * 3)
    monkeypatch.setattr("lenet.raw.text.PIECE_BYTES", block_bytes)
    with pytest.raises(InputError, match=r"line [45], record [45]: found"):
        list(formats.read_records(path, LAYOUT))


def test_rows_of_a_record_may_have_lines_of_their_own(path: Path) -> None:
    # A last pixel that stands alone on its line is no end marker.
    layout = Layout(side=4, pixel_range=(-1, 1), first_label=0, first_index=1, classes=10)
    pixels = ["-1"] * 16
    record = " ".join(["6", *pixels[:15]]) + "\n-1\n"
    assert read(path, record * 3, layout).pixels.tolist() == [[-1.0] * 16] * 3
    with pytest.raises(InputError, match=r"line 6, record 3: found label 11; .* from 0 to 9"):
        read(path, "10 16\n" + record * 2 + "11" + record[1:], layout)


def test_names_the_line_of_a_fault_behind_many_blocks(path: Path) -> None:
    line = "6 " + " ".join(["0.123456"] * 16)
    lines = [line] * 30_000
    lines[25_000] = line + " 1"
    with pytest.raises(InputError, match="line 25001, record 25001: found 17 pixel values"):
        read(path, "\n".join(lines))


@given(records=record_sets())
def test_what_is_written_comes_back_to_the_bit(records: Records, scratch: Path) -> None:
    file = io.BytesIO()
    jf.write(file, [records], LAYOUT)
    back = read(scratch / "mine.jf", file.getvalue())
    np.testing.assert_array_equal(back.labels, records.labels)
    np.testing.assert_array_equal(back.pixels, records.pixels)


@given(
    numbers=st.lists(
        st.one_of(
            st.floats(0, 2).map(repr),
            st.decimals(0, 2, places=12).map(str),
            st.from_regex(r"\A0{0,3}[01](\.[0-9]{0,20})?([eE][-+]?0?[0-9])?\Z").filter(
                lambda text: float(text) <= 2
            ),
            st.from_regex(r"\A0?\.[0-9]{1,18}([eE]-[0-9]{1,3})?\Z"),
        ),
        min_size=16,
        max_size=16,
    )
)
def test_numbers_are_the_nearest_float64(numbers: list[str], scratch: Path) -> None:
    text = f"6 {' '.join(numbers)}\n"
    records = read(scratch / "mine.jf", text)
    assert records.pixels[0].tolist() == [float(number) for number in numbers]
