import bz2
import gzip
import io
import lzma
import pickle
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from sklearn.datasets import load_svmlight_file

from lenet.core import npz
from lenet.core.errors import InputError, Place
from lenet.core.npz import Dataset
from lenet.raw import formats, image_text, jf
from lenet.raw.layout import Layout
from lenet.raw.records import Records
from tests.helpers import read_raw, refused
from tests.strategies import digit_sets, record_sets

LAYOUT = Layout.of(side=4, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)
JF = "10 4\n6 -1 0 0.5 1\n3 1 1 1 1\n-1\n"
PIXELS = [[[0, 0.5], [0.75, 1]], [[1, 1], [1, 1]]]
SIGNED = Layout.of(side=2, pixel_range=(-1, 1), first_label=0, first_index=1, classes=10)


@pytest.mark.parametrize("writer", [jf, image_text])
@given(records=record_sets())
def test_what_is_written_comes_back_to_the_bit(
    writer: ModuleType, records: Records, scratch: Path
) -> None:
    file = io.BytesIO()
    writer.write(file, records, LAYOUT)
    back = read_raw(scratch / "mine", file.getvalue(), LAYOUT)
    np.testing.assert_array_equal(back.labels, records.labels)
    np.testing.assert_array_equal(back.pixels, records.pixels)
    if writer is image_text:
        file.seek(0)
        pixels, labels = load_svmlight_file(file, n_features=16, zero_based=False)
        np.testing.assert_array_equal(pixels.toarray(), records.pixels)
        np.testing.assert_array_equal(labels, records.labels)


@pytest.mark.parametrize(
    ("text", "first_bytes"),
    [
        (JF, 5),
        (JF.removeprefix("10 4\n"), 1),
        ("6 1:0.5 2:1 # one\n\n3 2:0.25 4:2\n1 1:1", 5),
    ],
)
@pytest.mark.parametrize("block_bytes", [1, 2, 3, 7, 17, 37])
def test_blocks_may_end_anywhere(
    tmp_path: Path, block_bytes: int, text: str, first_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = SIGNED.changed({"pixel_range": (-1.0, 2.0)})
    whole = read_raw(tmp_path / "mine", text, layout)
    # The first piece has to show the format and hold the header; real pieces have a MiB.
    monkeypatch.setattr("lenet.raw.text.PIECE_BYTES", max(block_bytes, first_bytes))
    parts = read_raw(tmp_path / "mine", text, layout)
    np.testing.assert_array_equal(parts.labels, whole.labels)
    np.testing.assert_array_equal(parts.pixels, whole.pixels)


@pytest.mark.parametrize(
    ("line", "wrong", "found"),
    [
        ("6 0.1 0.12 0.123 0.1234", "6 0.1 0.12 0.123 0.1234 1", "found 6 numbers on its line"),
        ("6 1:0.1 2:0.12 3:0.123 4:1", "6 2:1 1:1", "found index 1 after 2"),
    ],
)
def test_names_the_line_of_a_fault_behind_many_blocks(
    tmp_path: Path, line: str, wrong: str, found: str
) -> None:
    lines = [line] * 80_000
    lines[70_000] = wrong
    place, message, _ = refused(tmp_path / "mine", "\n".join(lines), SIGNED)
    assert place == "line 70001, record 70001"
    assert message.startswith(found)


@given(data=digit_sets())
def test_any_images_come_back_from_either_format_as_the_same_npz(
    data: Dataset, scratch: Path
) -> None:
    reading = {"pixel_range": LAYOUT.pixel_range, "transpose": False}
    npz.save(replace(data, reading=reading), scratch / "a.npz")
    for step in ("a.npz b.jf", "a.npz b.txt", "b.jf c.txt", "b.txt c.jf"):
        source, target = step.split()
        formats.convert([scratch / source], scratch / target, LAYOUT)
    for name in ("b.jf", "b.txt", "c.jf", "c.txt"):
        formats.convert([scratch / name], scratch / "back.npz", LAYOUT)
        assert (scratch / "back.npz").read_bytes() == (scratch / "a.npz").read_bytes()


@pytest.mark.parametrize("pixel_range", [(-1, 1), (0, 255), (0, 1), (255, 0)])
def test_grey_levels_survive_any_pixel_range_in_few_decimals(
    tmp_path: Path, pixel_range: tuple[float, float]
) -> None:
    images = np.random.default_rng(1).integers(0, 256, (5, 4, 4)) / np.float32(255)
    layout = Layout.of(side=4, pixel_range=pixel_range, first_label=3, first_index=1, classes=10)
    for name in ("a.jf", "a.txt"):
        formats.write(Dataset(images.astype(np.float32), np.arange(5)), tmp_path / name, layout)
        assert len((tmp_path / name).read_text()) < 5 * 16 * 16
        back = formats.read(tmp_path / name, layout).data
        np.testing.assert_array_equal(back.images, images.astype(np.float32))
        assert back.labels.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("name", ["mine.jf", "mine.txt"])
def test_compression_and_format_are_told_by_content(
    tmp_path: Path, name: str, compress: Callable[[bytes], bytes]
) -> None:
    (tmp_path / name).write_bytes(compress(JF.encode()))
    reading = formats.read(tmp_path / name, SIGNED)
    assert reading.data.labels.tolist() == [6, 3]
    assert reading.data.images.tolist() == PIXELS
    assert (reading.statistics.low, reading.statistics.high) == (-1, 1)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("first", [2, 20_000])
def test_archives_one_behind_the_other_are_read_and_broken_ones_named(
    tmp_path: Path, compress: Callable[[bytes], bytes], first: int
) -> None:
    records = "".join(f"{number % 10} 2:.5 3:-1 4:1\n" for number in range(2000)).encode()
    path = tmp_path / "mine.z"
    whole = compress(records[:first]) + compress(records[first:])
    path.write_bytes(whole)
    assert len(formats.read(path, SIGNED).data) == 2000
    for broken in (whole[:-1], whole[:30] + bytes(10) + whole[40:]):
        path.write_bytes(broken)
        with pytest.raises(InputError, match=r"mine.z: cannot be read, broken or cut short"):
            formats.read(path, SIGNED)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"images": [[0, 1]]}', "this is a NumPy array, a pickle or JSON"),
        (b"\x93NUMPY\x01", "this is a NumPy array, a pickle or JSON"),
        (pickle.dumps([1]), "this is a NumPy array, a pickle or JSON"),
        (b"PAR1", "this is a Parquet file"),
        (b"% mine\n@RELATION a\n", "this is an ARFF file"),
        (b"1.0000 " * 256 + b"0 " * 9 + b"1 \n", "this is the data set semeion"),
        (b"<!DOCTYPE html>\n<html>404</html>\n", "this is a web page"),
        (b"\x89PNG\r\n\x1a\n", "this is a picture"),
        (b"RIFF\x2a\0\0\0WEBP", "this is a picture"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "this is a HEIC or AVIF picture"),
        (b"\0" * 257 + b"ustar\0" + bytes(300), "this is an archive"),
        (b"\xff\xfe6\0 \0", "this is a binary file"),
        # A decimal comma makes no number.
        (b"5 0,5 0 1 0\n", "line 1: found '0,5'; expected a finite decimal number. `lenet inspect"),
        (b" \r\n", "the file is empty"),
    ],
    ids=range(14),
)
def test_a_file_of_another_kind_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "mine"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"^{path}.*{re.escape(message)}"):
        formats.read(path, LAYOUT)


def test_labels_start_at_first_label_and_need_not_be_there_for_a_prediction(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("1 1:1\n10 2:1\n")
    layout = SIGNED.changed({"first_label": 1})
    assert formats.read(path, layout).data.labels.tolist() == [0, 9]
    for text in (
        "0 0 0.5 1\n0 1 1 1",
        "-1 0 0 0.5 1\n77 0 1 1 1",
        "3:0.5 4:1\n2:1 3:1 4:1",
        "-1 3:0.5 4:1\n-1 2:1 3:1 4:1",
        "4 4\n0 0 0.5 1\n0 1 1 1\n-1\n",
    ):
        path.write_text(text)
        data = formats.read(path, SIGNED, needs_labels=False).data
        assert data.images.tolist() == [[[0.5, 0.5], [0.75, 1]], [[0.5, 1], [1, 1]]]
        assert data.labels.tolist() == [0, 0]
        with pytest.raises(InputError, match=r"label|end of the file"):
            formats.read(path, SIGNED)


def test_places_are_lines_and_records(tmp_path: Path, random_digits: Dataset) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("# mine\n1 1:1\n\n9 2:1\n")
    assert formats.places(path, SIGNED) == [Place(path, 2, 1), Place(path, 4, 2)]
    npz.save(random_digits, tmp_path / "a.npz")
    places = formats.places(tmp_path / "a.npz", LAYOUT)
    assert [place.inside for place in places[:2]] == ["record 1", "record 2"]


def test_what_stood_at_the_target_stays_when_the_source_is_faulty(tmp_path: Path) -> None:
    source, target = tmp_path / "bad.jf", tmp_path / "out.npz"
    source.write_text("6 0 0 0 0\n3 0 0 0 0\n1 0\n")
    target.write_text("from before")
    with pytest.raises(InputError, match="line 3, record 3"):
        formats.convert([source], target, SIGNED)
    assert target.read_text() == "from before"
    assert sorted(tmp_path.iterdir()) == [source, target]


def test_files_are_joined_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "a.jf").write_text("6 1 1 1 1\n3 0 0 0 1\n")
    (tmp_path / "b.txt").write_text("2 1:0.5 4:1\n")
    target = tmp_path / "joined.txt"
    counts = formats.convert([tmp_path / "a.jf", tmp_path / "b.txt"], target, SIGNED)
    assert [each.images for each in counts] == [2, 1]
    joined = formats.read(target, SIGNED).data
    assert joined.labels.tolist() == [6, 3, 2]
    assert joined.images[2].tolist() == [[0.75, 0.5], [0.5, 1]]


def test_a_target_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "in.jf").write_text(JF)
    (tmp_path / "folder.npz").mkdir()
    for target, message in (
        ("folder.npz", "is a folder"),
        ("in.jf/out.npz", "cannot be written"),
        ("./in.jf", "is read and would be overwritten"),
    ):
        with pytest.raises(InputError, match=f"{tmp_path / target}: {message}"):
            formats.convert([tmp_path / "in.jf"], tmp_path / target, SIGNED)
