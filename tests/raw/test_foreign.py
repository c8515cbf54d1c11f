"""Files of other kinds are named, with what to do, instead of the first word that is no number."""

import gzip
import io
import pickle
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from lenet.core.errors import InputError
from lenet.raw import formats, inspection
from lenet.raw.layout import Layout

IMAGES, LABELS = load_digits(return_X_y=True)
IMAGES, LABELS = IMAGES[:40], LABELS[:40]
LAYOUT = Layout(side=8, pixel_range=(0, 16), first_label=0, first_index=1, classes=10)


def rows(separator: str = " ", *, last: bool = False, label: bool = True) -> str:
    """Return a line of numbers an image, with the label in front, behind, or not at all."""
    lines = []
    for number, image in zip(LABELS, IMAGES, strict=True):
        pixels = [f"{value:g}" for value in image]
        words = [*pixels, str(number)] if last else [str(number), *pixels]
        lines.append(separator.join(words if label else pixels))
    return "\n".join(lines) + "\n"


def picture(form: str) -> bytes:
    file = io.BytesIO()
    Image.new("L", (8, 8), 200).save(file, form)
    return file.getvalue()


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        members.writestr("mine.jf", rows())
    return file.getvalue()


def array() -> bytes:
    file = io.BytesIO()
    np.save(file, IMAGES)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (rows(","), "this seems to be CSV"),
        ("label" + ",pixel" * 64 + "\n" + rows(","), "this seems to be CSV"),
        (rows(";"), "this seems to be CSV, by semicolons"),
        (f"40\n64\n{rows(last=True)}", "the label seems to be the last number"),
        (rows(label=False), "lines hold 8 x 8 numbers, so there is no label"),
        ("".join(f"-1 {line}\n" for line in rows(label=False).splitlines()), "there are no labels"),
        ("".join(f"? {line}\n" for line in rows(label=False).splitlines()), "there are no labels"),
        ("? 1:5 64:3\n" * 4, "there are no labels"),
        ("1:5 2:6 64:3\n" * 4, "lines begin with an index:value pair"),
        ("".join(f"A {line}\n" for line in rows(label=False).splitlines()), "labels are words"),
        ("A 1:5 64:3\nB 1:5 64:2\nB 1:5 64:2\n", "labels are words"),
        ('{"images": [[0, 1]]}', "this seems to be JSON"),
        ("<!DOCTYPE html>\n<html>404</html>\n", "this is a web page"),
        ("P2\n2 2\n255\n0 0 0 0\n", "this is a PBM, PGM or PPM picture"),
        (picture("PNG"), "this is a PNG picture"),
        (picture("JPEG"), "this is a JPEG picture"),
        (picture("TIFF"), "this is a TIFF picture"),
        (archive(), r"this is a zip archive of mine.jf. Unpack it"),
        (array(), "this is a single NumPy array"),
        (pickle.dumps(IMAGES), "this is a pickle of Python"),
        (b"\0\0\x08\x03" + bytes(800), "images in MNIST's IDX format"),
        (gzip.compress(b"\0\0\x08\x01\0\0\0\x01\x05"), "labels in MNIST's IDX format"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "this is a HEIC picture. Save it as JPEG or PNG"),
        (b"\0\0\0\x18ftypavif" + bytes(40), "this is an AVIF picture. Save it as JPEG or PNG"),
        (b"%PDF-1.7\n" + bytes(40), "this is a PDF document. Save it as JPEG or PNG"),
        (b"\0" * 257 + b"ustar\0" + bytes(300), "this is a tar archive"),
    ],
    ids=range(26),
)
def test_a_file_of_another_kind_is_named(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    path = tmp_path / "mine"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    for target in ("out.npz", "out.jf"):
        with pytest.raises(InputError, match=f"{path}: .*{message}"):
            formats.convert([path], tmp_path / target, LAYOUT)
        assert not (tmp_path / target).exists()


@pytest.mark.parametrize(
    "content",
    [rows(","), rows(";"), "label" + ",p" * 64 + "\n" + rows(","), rows(last=True)],
    ids=["CSV", "semicolons", "heading", "last"],
)
def test_the_command_that_is_advised_makes_a_file_that_is_read(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "my mine.txt").write_text(content)
    with pytest.raises(InputError) as error:
        inspection.inspect(tmp_path / "my mine.txt")
    command = str(error.value).split("`")[1]
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)
    data = formats.read(tmp_path / "my mine_new.jf", LAYOUT).data
    assert data.labels.tolist() == LABELS.tolist()
    np.testing.assert_array_equal(data.images.reshape(-1, 64) * 16, IMAGES)


def test_advice_never_overwrites_the_file_and_words_become_numbers(tmp_path: Path) -> None:
    words = [
        f"{'ABCDEFGHIJ'[n]} {line}"
        for n, line in zip(LABELS, rows(label=False).splitlines(), strict=True)
    ]
    for name, content in (("last.jf", rows(last=True)), ("two words.jf", "\n".join(words) + "\n")):
        (tmp_path / name).write_text(content)
        with pytest.raises(InputError) as error:
            inspection.inspect(tmp_path / name)
        subprocess.run(["sh", "-c", str(error.value).split("`")[1]], cwd=tmp_path, check=True)
        assert (tmp_path / name).read_text() == content
    # Numbered in the order in which the words first occur.
    first = list(dict.fromkeys(LABELS.tolist()))
    found = formats.read(tmp_path / "two words_new.jf", LAYOUT).data.labels
    assert found.tolist() == [first.index(label) for label in LABELS]


def test_labels_behind_pixels_that_look_like_labels_in_front_are_noticed(tmp_path: Path) -> None:
    """The first pixel is 0 in every image, and the last number is a whole number up to 9."""
    (tmp_path / "mine.jf").write_text(rows(last=True))
    # A single class is possible, so that reading warns, and training refuses it.
    (warning, *_) = formats.read(tmp_path / "mine.jf", LAYOUT).warnings(LAYOUT)
    assert "all 40 images have the label 0. Do labels stand elsewhere" in str(warning)
    with pytest.raises(InputError, match="the label seems to be the last number"):
        inspection.inspect(tmp_path / "mine.jf")


def test_a_file_of_a_single_class_is_read_with_a_warning(tmp_path: Path) -> None:
    first = [line for line in rows().splitlines() if line.startswith("3 ")]
    (tmp_path / "mine.jf").write_text("\n".join(first))
    reading = formats.read(tmp_path / "mine.jf", LAYOUT)
    (warning,) = reading.warnings(LAYOUT)
    assert str(warning).startswith(f"all {len(first)} images have the label 3. Do")


def test_a_compressed_file_is_unpacked_before_the_command(tmp_path: Path) -> None:
    (tmp_path / "mine.csv.gz").write_bytes(gzip.compress(rows(",").encode()))
    with pytest.raises(InputError, match=r"tail -n \+1 \S*/mine\.csv \| .* Unpack the file first"):
        inspection.inspect(tmp_path / "mine.csv.gz")
