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
from lenet.raw import formats
from lenet.raw.inspection import inspect
from lenet.raw.layout import Layout

IMAGES, LABELS = load_digits(return_X_y=True)
IMAGES, LABELS = IMAGES[:40], LABELS[:40]
LAYOUT = Layout(side=8, pixel_range=(0, 16), first_label=0, first_index=1, classes=10)


def rows(separator: str = " ", *, last: bool = False) -> str:
    """Return a line of numbers an image, with the label in front or behind."""
    lines = []
    for number, image in zip(LABELS, IMAGES, strict=True):
        pixels = [f"{value:g}" for value in image]
        words = [*pixels, str(number)] if last else [str(number), *pixels]
        lines.append(separator.join(words))
    return "\n".join(lines) + "\n"


def picture(form: str) -> bytes:
    file = io.BytesIO()
    Image.new("L", (8, 8), 200).save(file, form)
    return file.getvalue()


def array() -> bytes:
    file = io.BytesIO()
    np.save(file, IMAGES)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (rows(","), "this seems to be CSV"),
        ('{"images": [[0, 1]]}', "this is JSON"),
        ("<!DOCTYPE html>\n<html>404</html>\n", "this is a web page"),
        ("P2\n2 2\n255\n0 0 0 0\n", "this is a picture"),
        (picture("PNG"), "this is a PNG picture"),
        (picture("JPEG"), "this is a JPEG picture"),
        (picture("TIFF"), "this is a picture"),
        (picture("WEBP"), "this is a picture"),
        (array(), "this is a single NumPy array"),
        (pickle.dumps(IMAGES), "this is a pickle of Python"),
        (gzip.compress(b"\0\0\x08\x01\0\0\0\x01\x05"), "a file of MNIST's IDX format"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "this is a HEIC picture. Save it as JPEG"),
        (b"%PDF-1.7\n" + bytes(40), "this is a PDF document. Save it as JPEG"),
        (b"\0" * 257 + b"ustar\0" + bytes(300), "this is an archive. Unpack it"),
        (b"\xff\xfe6\0 \0", "a binary file"),
    ],
    ids=range(15),
)
def test_a_file_of_another_kind_is_named(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    path = tmp_path / "mine"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError) as caught:
        formats.read(path, LAYOUT)
    text = str(caught.value).replace(f"; expected {caught.value.expected}", "")
    assert text.startswith(f"{path}: ")
    assert message in text


def test_an_archive_of_other_files_names_them(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("mine.jf", rows())
    with pytest.raises(InputError, match="a.zip: holds mine.jf; expected the arrays images"):
        formats.read(tmp_path / "a.zip", LAYOUT)


HEADING = ",".join(["label", *(f"pixel{i}" for i in range(64))]) + "\n"
COUNTING = ",".join(map(str, range(65))) + "\n"
ARFF = "% mine\n@relation digits\n" + "@attribute p numeric\n" * 65 + "@data\n"


@pytest.mark.parametrize(
    "content",
    [
        rows(","),
        HEADING + rows(","),
        COUNTING + rows(","),
        "# the label is last\n" + rows(",", last=True),
        rows(";").replace("16", "16,00").replace(";1;", ";1,0;"),
        ARFF + rows(",", last=True),
        rows(last=True),
        f"40\n64\n{rows(last=True)}",
    ],
    ids=["CSV", "heading", "counting", "comment", "German", "ARFF", "last", "header"],
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_command_that_is_advised_makes_a_file_that_is_read(
    tmp_path: Path, content: str, packed: bool
) -> None:
    path = tmp_path / ("my mine.csv.gz" if packed else "my mine.jf")
    path.write_bytes(gzip.compress(content.encode()) if packed else content.encode())
    before = path.read_bytes()
    with pytest.raises(InputError) as caught:
        inspect(path)
    command = str(caught.value).split("`")[1]
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)
    data = formats.read(tmp_path / "my mine_new.jf", LAYOUT).data
    assert data.labels.tolist() == LABELS.tolist()
    np.testing.assert_array_equal(data.images.reshape(-1, 64) * 16, IMAGES)
    # The command never overwrites the file.
    assert path.read_bytes() == before


def test_comments_with_commas_are_no_csv(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("3 1:16 64:1 # a, b, c, d\n4 1:16 64:1 # e, f, g, h\n" * 3)
    assert len(formats.read(tmp_path / "a.txt", LAYOUT).data) == 6


def test_a_file_of_a_single_class_is_read_with_a_warning(tmp_path: Path) -> None:
    """Without inspection, labels behind the pixels look like this too."""
    first = [line for line in rows().splitlines() if line.startswith("0 ")]
    for content, images in (("\n".join(first), len(first)), (rows(last=True), 40)):
        (tmp_path / "mine.jf").write_text(content)
        warnings = formats.read(tmp_path / "mine.jf", LAYOUT).statistics.warnings(LAYOUT)
        assert f"all {images} images have the label 0; labels may stand elsewhere" in warnings
