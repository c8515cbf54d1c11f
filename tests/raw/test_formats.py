import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from lenet.core import npz
from lenet.core.errors import InputError, Place
from lenet.core.npz import Dataset
from lenet.raw import formats
from lenet.raw.layout import Layout
from tests.strategies import digit_sets

LAYOUT = Layout(side=4, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)
JF = "10 4\n6 -1 0 0.5 1\n3 1 1 1 1\n-1\n"
PIXELS = [[[0, 0.5], [0.75, 1]], [[1, 1], [1, 1]]]
SIGNED = Layout(side=2, pixel_range=(-1, 1), first_label=0, first_index=1, classes=10)
COMPRESS = pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])


@given(data=digit_sets())
def test_any_images_come_back_from_either_format_as_the_same_npz(
    data: Dataset, scratch: Path
) -> None:
    npz.save(data, scratch / "a.npz")
    for step in ("a.npz b.jf", "a.npz b.txt", "b.jf c.txt", "b.txt c.jf"):
        source, target = step.split()
        formats.convert([scratch / source], scratch / target, LAYOUT)
    for name in ("b.jf", "b.txt", "c.jf", "c.txt"):
        formats.convert([scratch / name], scratch / "back.npz", LAYOUT)
        assert (scratch / "back.npz").read_bytes() == (scratch / "a.npz").read_bytes()


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("name", ["mine.jf", "mine.txt", "mine"])
def test_compression_and_format_are_told_by_content(
    tmp_path: Path, name: str, compress: Callable[[bytes], bytes]
) -> None:
    (tmp_path / name).write_bytes(compress(JF.encode()))
    reading = formats.read(tmp_path / name, SIGNED)
    assert reading.data.labels.tolist() == [6, 3]
    assert reading.data.images.tolist() == PIXELS
    assert (reading.statistics.low, reading.statistics.high) == (-1, 1)


@COMPRESS
@pytest.mark.parametrize("harm", ["cut", "garbled"])
def test_a_broken_archive_is_named(
    tmp_path: Path, compress: Callable[[bytes], bytes], harm: str
) -> None:
    path = tmp_path / "mine.jf.z"
    packed = bytearray(compress(JF.encode() * 1000))
    if harm == "cut":
        del packed[-20:]
    else:
        packed[30:40] = bytes(10)
    path.write_bytes(packed)
    with pytest.raises(InputError, match=r"mine.jf.z: cannot be read, broken or cut short"):
        formats.read(path, SIGNED)


@COMPRESS
@pytest.mark.parametrize("first", [2, 20_000])
def test_archives_one_behind_the_other_are_read_as_one(
    tmp_path: Path, compress: Callable[[bytes], bytes], first: int
) -> None:
    records = "".join(f"{number % 10} 2:.5 3:-1 4:1\n" for number in range(2000)).encode()
    path = tmp_path / "mine.z"
    whole = compress(records[:first]) + compress(records[first:])
    path.write_bytes(whole)
    assert len(formats.read(path, SIGNED).data) == 2000
    path.write_bytes(whole[:-1])
    with pytest.raises(InputError, match=r"mine.z: cannot be read, broken or cut short"):
        formats.read(path, SIGNED)


def test_labels_start_at_first_label(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("1 1:1\n10 2:1\n")
    assert formats.read(path, SIGNED.changed({"first_label": 1})).data.labels.tolist() == [0, 9]


def test_places_are_lines_and_records(tmp_path: Path, random_digits: Dataset) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("# mine\n1 1:1\n\n9 2:1\n")
    assert formats.places(path, SIGNED) == [Place(path, 2, 1), Place(path, 4, 2)]
    npz.save(random_digits, tmp_path / "a.npz")
    places = formats.places(tmp_path / "a.npz", LAYOUT)
    assert [place.inside for place in places[:2]] == ["record 1", "record 2"]


@pytest.mark.parametrize("pixel_range", [(-1, 1), (0, 255), (0, 1)])
def test_rounded_images_survive_any_pixel_range(
    tmp_path: Path, pixel_range: tuple[float, float]
) -> None:
    generator = np.random.default_rng(1)
    images = (generator.integers(0, 256, (5, 4, 4)) / 255).astype(np.float32)
    data = Dataset(images, np.arange(5))
    layout = Layout(side=4, pixel_range=pixel_range, first_label=3, first_index=1, classes=10)
    for name in ("a.jf", "a.txt"):
        formats.write(data, tmp_path / name, layout)
        back = formats.read(tmp_path / name, layout).data
        np.testing.assert_array_equal(back.images, images)
        np.testing.assert_array_equal(back.labels, data.labels)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path, found in (
        (tmp_path / "none.jf", "cannot be read"),
        (tmp_path, "found no subfolders"),
    ):
        with pytest.raises(InputError, match=f"{path}: {found}"):
            formats.read(path, LAYOUT)


def test_what_stood_at_the_target_stays_when_the_source_is_faulty(tmp_path: Path) -> None:
    source = tmp_path / "bad.jf"
    source.write_text("6 0 0 0 0\n3 0 0 0 0\n1 0\n")
    for name in ("out.npz", "out.jf", "out.txt"):
        target = tmp_path / name
        target.write_text("from before")
        with pytest.raises(InputError, match="line 3, record 3"):
            formats.convert([source], target, SIGNED)
        assert target.read_text() == "from before"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.jf", "out.jf", "out.npz", "out.txt"]
    # The source is never overwritten.
    with pytest.raises(InputError, match="is read and would be overwritten"):
        formats.convert([source], tmp_path / "." / "bad.jf", SIGNED)


def test_files_are_joined_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "a.jf").write_text("6 1 1 1 1\n3 0 0 0 1\n")
    (tmp_path / "b.txt").write_text("2 1:0.5 4:1\n")
    for target in ("joined.npz", "joined.jf", "joined.txt"):
        counts = formats.convert([tmp_path / "a.jf", tmp_path / "b.txt"], tmp_path / target, SIGNED)
        assert [each.images for each in counts] == [2, 1]
        joined = formats.read(tmp_path / target, SIGNED).data
        assert joined.labels.tolist() == [6, 3, 2]
        assert joined.images[2].tolist() == [[0.75, 0.5], [0.5, 1]]


def test_images_of_another_side_are_refused(tmp_path: Path, random_digits: Dataset) -> None:
    npz.save(random_digits, tmp_path / "a.npz")
    with pytest.raises(InputError, match=r"a.npz: found side 16; expected 4. `lenet inspect"):
        formats.convert([tmp_path / "a.npz"], tmp_path / "a.jf", LAYOUT)


def test_pixels_that_a_range_would_lose_are_refused(tmp_path: Path) -> None:
    fine = Dataset(np.full((1, 2, 2), 1e-30, np.float32), np.array([3]))
    with pytest.raises(InputError, match=r"a.jf: the pixels are too fine for the range -1 to 1"):
        formats.write(fine, tmp_path / "a.jf", SIGNED)
    formats.write(fine, tmp_path / "a.jf", SIGNED.changed({"pixel_range": (0.0, 1.0)}))


def test_a_target_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "in.jf").write_text(JF)
    (tmp_path / "folder.npz").mkdir()
    for target in ("folder.npz", "in.jf/out.npz", "out.csv"):
        with pytest.raises(
            InputError, match=f"{target}: (is a folder|cannot be written|unknown suffix)"
        ):
            formats.convert([tmp_path / "in.jf"], tmp_path / target, SIGNED)
