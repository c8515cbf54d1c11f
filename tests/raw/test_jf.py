import textwrap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.core.errors import InputError
from lenet.raw import formats
from lenet.raw.layout import Layout
from tests.helpers import read_raw, refused

LAYOUT = Layout.of(side=4, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)
ROW = " ".join(["0", "0.5", "1", "2"] * 4)
PIXELS = np.array([0, 0.5, 1, 2] * 4)


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
        f"\n10 16\n\n6 {ROW}\n\n3 {ROW}\n-1\n\n  \n\n",
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
    records = read_raw(path, text, LAYOUT)
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
    text = "\n".join(textwrap.wrap(stream + " -1", width, break_long_words=False))
    records = read_raw(path, text, LAYOUT)
    np.testing.assert_array_equal(records.labels, labels)
    np.testing.assert_array_equal(records.pixels, pixels)


@pytest.mark.parametrize(
    ("text", "pixel_range", "labels", "second"),
    [
        # A pixel of -1 is no end marker.
        ("6 -1 -1 -1 -1\n3 -1 0 1 -1.0\n", (-1, 1), [6, 3], [-1, 0, 1, -1]),
        # A header may share its line with a record.
        ("10 4 6 7 7 7 7 3 4 255 0 17", (0, 255), [6, 3], [4, 255, 0, 17]),
        # A label and a pixel alone on the first line are no header; and neither are the others.
        ("6 2\n0 1 0\n3 2\n1 1 1\n", (0, 2), [6, 3], [2, 1, 1, 1]),
        ("6 4 255 0 17\n3 4 0 0 1\n", (0, 255), [6, 3], [4, 0, 0, 1]),
        # Rows of a record may have lines of their own, and the last pixel may be -1.
        ("6\n0 0\n0 -1\n3\n1 1\n1 -1\n", (-1, 1), [6, 3], [1, 1, 1, -1]),
    ],
)
def test_what_looks_like_a_header_or_an_end_marker_is_none(
    path: Path, text: str, pixel_range: tuple[int, int], labels: list[int], second: list[float]
) -> None:
    layout = Layout.of(side=2, pixel_range=pixel_range, first_label=0, first_index=1, classes=10)
    records = read_raw(path, text, layout)
    assert records.labels.tolist() == labels
    assert records.pixels[1].tolist() == second


SHORT = " ".join(ROW.split()[1:])
# A value is missing, and a later line has a value too many: the sum is right.
COMPENSATED = f"6 {ROW}\n0 {SHORT}\n0 {ROW} 1\n"
NUMBER = "a finite decimal number"
RECORD = "17 numbers: a label and the pixels"
LABEL = "a whole number from 0 to 9"
SURPLUS = "numbers on its line, and no line ends with the record"


@pytest.mark.parametrize(
    ("text", "inside", "found", "expected"),
    [
        (f"10 16\n6 {ROW}\n3 x{ROW}\n-1\n", "line 3", "found 'x0'", NUMBER),
        (f"6 nan {SHORT}\n", "line 1", "found 'nan'", NUMBER),
        (f"6 1e999 {SHORT}\n", "line 1", "found '1e999'", NUMBER),
        (f"6 1.2.3 {SHORT}\n", "line 1", "found '1.2.3'", NUMBER),
        (f"6 0,5 {SHORT}\n", "line 1", "found '0,5'", NUMBER),
        (f"10 16\n6 {ROW}\n10 {ROW}\n-1\n", "line 3, record 2", "found label 10", LABEL),
        (f"6.5 {ROW}\n-1\n", "line 1, record 1", "found label 6.5", LABEL),
        (f"-2 {ROW}\n-1\n", "line 1, record 1", "found label -2", LABEL),
        (f"x {ROW}\n", "line 1", "found 'x'", NUMBER),
        (f"{ROW}\n" * 2, "line 1, record 1", "the label is missing", LABEL),
        (f"6 2.5 {SHORT}\n", "line 1, record 1", "found 2.5 as pixel 1", "a value from 0 to 2"),
        (f"10 9\n6 {ROW}\n", "line 1", "the header says 9 features an image", "4 x 4 = 16"),
        (f"6 {ROW}\n3 {SHORT}\n1 {ROW}\n-1\n", "line 2, record 2", f"found 16 {SURPLUS}", RECORD),
        (f"{COMPENSATED}1 {ROW}\n", "line 2, record 2", f"found 16 {SURPLUS}", RECORD),
        (f"6 {ROW}\n3\n", "line 2, record 2", "found 1 numbers before the end of the file", RECORD),
        # Two files, one behind the other.
        (f"6 {ROW}\n6 {ROW}\n-1\n" * 2, "line 3, record 3", f"found 1 {SURPLUS}", RECORD),
        ("10 16\n-1\n", "", "holds no images", "at least one record"),
    ],
)
def test_a_fault_is_named_with_its_place(
    path: Path, text: str, inside: str, found: str, expected: str
) -> None:
    assert refused(path, text, LAYOUT) == (inside, found, expected)


@pytest.mark.parametrize(
    "text", [f"10 9\n6 {ROW}\n", f"10 {ROW}\n", f"6 3 {SHORT}\n", "6 0 0.5 1 2\n3 0 0.5 1 2\n" * 20]
)
def test_where_a_setting_may_cure_lenet_inspect_is_named(path: Path, text: str) -> None:
    file = path.with_name("my digits.jf")
    with pytest.raises(
        InputError, match=f" `lenet inspect '{file}'` shows the settings that fit.$"
    ):
        read_raw(file, text, LAYOUT)


@pytest.mark.parametrize("block_bytes", range(100, 220, 3))
def test_compensating_faults_are_found_wherever_a_block_ends(
    path: Path, block_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = f"6 {ROW}\n"
    path.write_text(good * 3 + f"6 {ROW} 0\n" + f"{ROW}\n" + good * 3)
    monkeypatch.setattr("lenet.raw.text.PIECE_BYTES", block_bytes)
    with pytest.raises(InputError, match=r"line [45], record [45]: found"):
        list(formats.read_blocks(path, LAYOUT))


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
    records = read_raw(scratch / "mine.jf", text, LAYOUT)
    assert records.pixels[0].tolist() == [float(number) for number in numbers]
