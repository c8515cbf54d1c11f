import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.raw import formats
from lenet.raw.layout import Layout
from tests.strategies import digit_sets

LAYOUT = Layout(side=4, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)
JF = "10 4\n6 -1 0 0.5 1\n3 1 1 1 1\n-1\n"
PIXELS = [[[0, 0.5], [0.75, 1]], [[1, 1], [1, 1]]]
SIGNED = Layout(side=2, pixel_range=(-1, 1), first_label=0, first_index=1, classes=10)


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
    # From text to text every number stays the same.
    assert (scratch / "c.jf").read_bytes() == (scratch / "b.jf").read_bytes()
    assert (scratch / "c.txt").read_bytes() == (scratch / "b.txt").read_bytes()


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


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
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


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_archives_one_behind_the_other_are_read_as_one(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    records = "".join(f"{number % 10} 0 .5 -1 1\n" for number in range(2000)).encode()
    first, second = compress(records[:20_000]), compress(records[20_000:])
    path = tmp_path / "mine.z"
    path.write_bytes(first + second)
    assert len(formats.read(path, SIGNED).data) == 2000
    for broken in (
        first + b"?" + second[1:],
        first + second[:-1],
        first + second + b"behind the end",
    ):
        path.write_bytes(broken)
        with pytest.raises(InputError, match=r"mine.z: cannot be read, broken or cut short"):
            formats.read(path, SIGNED)


def test_xz_may_be_padded(tmp_path: Path) -> None:
    path = tmp_path / "mine.xz"
    path.write_bytes(lzma.compress(b"6 1:1\n") + bytes(4) + lzma.compress(b"3 2:1\n") + bytes(8))
    assert formats.read(path, SIGNED).data.labels.tolist() == [6, 3]


def test_labels_start_at_first_label(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("1 1:1\n10 2:1\n")
    data = formats.read(
        path, Layout(side=2, pixel_range=(-1, 1), first_label=1, first_index=1, classes=10)
    ).data
    assert data.labels.tolist() == [0, 9]


@pytest.mark.parametrize("pixel_range", [(-1, 1), (0, 255), (0, 1)])
def test_rounded_images_survive_any_pixel_range(
    tmp_path: Path, pixel_range: tuple[float, float]
) -> None:
    generator = np.random.default_rng(1)
    images = (generator.integers(0, 256, (5, 4, 4)) / 255).astype(np.float32)
    data = Dataset(images, np.arange(5))
    layout = Layout(side=4, pixel_range=pixel_range, first_label=3, first_index=1, classes=10)
    npz.save(data, tmp_path / "a.npz")
    for name in ("a.jf", "a.txt"):
        formats.convert([tmp_path / "a.npz"], tmp_path / name, layout)
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


def test_images_of_another_side_are_refused(tmp_path: Path, random_digits: Dataset) -> None:
    npz.save(random_digits, tmp_path / "a.npz")
    with pytest.raises(InputError, match=r"a.npz: found images of side 16; expected 4"):
        formats.convert([tmp_path / "a.npz"], tmp_path / "a.jf", LAYOUT)


def test_pixels_that_a_range_would_lose_are_refused(tmp_path: Path) -> None:
    fine = np.full((1, 2, 2), 1e-30, np.float32)
    npz.save(Dataset(fine, np.array([3])), tmp_path / "a.npz")
    with pytest.raises(
        InputError, match=r"a.npz: pixels .* do not survive the pixel range -1 to 1"
    ):
        formats.convert([tmp_path / "a.npz"], tmp_path / "a.jf", SIGNED)
    formats.convert([tmp_path / "a.npz"], tmp_path / "b.npz", SIGNED)
    assert (tmp_path / "b.npz").read_bytes() == (tmp_path / "a.npz").read_bytes()


def test_a_target_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "in.jf").write_text(JF)
    (tmp_path / "folder.npz").mkdir()
    for target in ("folder.npz", "in.jf/out.npz"):
        with pytest.raises(InputError, match=f"{target}: (is a folder|cannot be written)"):
            formats.convert([tmp_path / "in.jf"], tmp_path / target, SIGNED)


def test_an_archive_of_a_version_to_come_is_refused(tmp_path: Path, random_digits: Dataset) -> None:
    path = tmp_path / "a.npz"
    npz.save(random_digits, path)
    content = bytearray(path.read_bytes())
    # The version that is needed to unpack the first member, in the directory at the end.
    content[content.index(b"PK\x01\x02") + 6] = 64
    path.write_bytes(content)
    assert formats.is_npz(path)
    with pytest.raises(InputError, match="zip file version 6.4"):
        formats.read(path, LAYOUT)
