"""Whatever bytes come: a right result or one clear error, never a traceback.

`make fuzz` does the same for much longer. What ever broke something stays as an example.
"""

import bz2
import gzip
import io
import lzma
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from lenet import digits, pictures, raw
from lenet.errors import InputError
from lenet.params import AllParams
from lenet.records import Layout

Result = TypeVar("Result")

ROOT = Path(__file__).parents[1]
LAYOUT = Layout(side=2, pixel_range=(0, 2), first_label=0)
TEXTS = (
    b"10 4\n6 0 0.5 1 2\n3 2 0 0 1.25\n-1\n",
    b"6 0 0.5\n1 2\n3 2 0 0 1.25",
    b"6 1:0 2:0.5 3:1 4:2   \r\n3 2:1 # a comment\r\n",
)
TOKENS = (
    *(b"-1", b"0", b"10", b"1e999", b"1e-999", b"nan", b"inf", b"0x1", b"1_0", b"+", b"6.0000"),
    *(b":", b"1:", b"2147483648:1", b"-1:1", b"#", b"\n", b"\r", b"\r\n", b" ", b"\t", b"\0"),
    *(b"\xef\xbb\xbf", b"\xff", b"10 1000000000\n", b"9" * 400),
)
PACKERS: tuple[Callable[[bytes], bytes], ...] = (bytes, gzip.compress, bz2.compress, lzma.compress)


@st.composite
def edited(draw: st.DrawFn, origin: bytes, tokens: tuple[bytes, ...] = ()) -> bytes:
    """Any bytes made of `origin` by a few edits."""
    content = origin
    inserted = st.binary(max_size=4)
    if tokens:
        inserted |= st.sampled_from(tokens)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(content)))
        stop = min(len(content), start + draw(st.integers(0, 8)))
        content = content[:start] + draw(inserted) + content[stop:]
    return content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


@st.composite
def raw_files(draw: st.DrawFn) -> bytes:
    """A raw file, edited, perhaps packed, and perhaps edited again."""
    text = draw(edited(draw(st.sampled_from(TEXTS)), TOKENS))
    return draw(edited(draw(st.sampled_from(PACKERS))(text)))


def saved(kind: str) -> bytes:
    """Return a picture in a format."""
    file = io.BytesIO()
    shade = np.full((9, 7), 255, np.uint8)
    shade[2:7, 3] = 0
    Image.fromarray(shade).save(file, kind)
    return file.getvalue()


PICTURES = tuple(map(saved, ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")))


@pytest.fixture(scope="module")
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder, "file")


def attempt(read: Callable[[Path], Result], path: Path) -> Result | None:
    """Return what is read, or None where the file is refused, in an error that names it."""
    try:
        return read(path)
    except InputError as error:
        message = str(error)
    assert message.startswith(str(path))
    return None


@given(content=raw_files() | st.binary(max_size=60))
def test_any_raw_file_is_read_right_or_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    found = attempt(lambda path: raw.read(path, LAYOUT), path)
    if found is None:
        return
    data, (low, high) = found
    assert data.images.shape == (len(data.labels), 2, 2)
    assert data.images.min() == np.float32(low / 2) >= 0
    assert data.images.max() == np.float32(high / 2) <= 1
    assert set(data.labels.tolist()) <= set(range(10))
    # Written anew it is the same.
    again = path.with_suffix(".txt")
    raw.convert(path, again, LAYOUT)
    assert np.array_equal(raw.read(again, LAYOUT)[0].images, data.images)


@example(content=b"P5\n\x007 9\n255\n" + b"\xff" * 63)
@given(content=st.sampled_from(PICTURES).flatmap(edited) | st.binary(max_size=60))
def test_any_picture_gives_an_image_or_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with warnings.catch_warnings():
        # Of a fault that Pillow passes over it may warn.
        warnings.simplefilter("ignore")
        if not pictures.is_picture(path):
            return
        image = attempt(lambda path: pictures.read(path, 16), path)
    if image is None:
        return
    assert image.shape == (16, 16)
    assert image.dtype == np.float32
    assert 0 <= image.min() <= image.max() <= 1


@pytest.fixture(scope="module")
def npz(path: Path) -> bytes:
    images = np.linspace(0, 1, 8, dtype=np.float32).reshape(2, 2, 2)
    digits.save(digits.Digits(images, np.array([3, 8])), path)
    return path.read_bytes()


@given(data=st.data())
def test_any_npz_is_read_right_or_refused(path: Path, npz: bytes, data: st.DataObject) -> None:
    path.write_bytes(data.draw(edited(npz)))
    found = attempt(digits.load, path)
    if found is None:
        return
    assert 0 <= found.images.min() <= found.images.max() <= 1
    assert set(found.labels.tolist()) <= set(range(10))


@given(
    content=edited(
        (ROOT / "params.yaml").read_bytes(),
        (
            b"\n",
            b": ",
            b"- ",
            b"&a ",
            b"*a",
            b"[",
            b"{",
            b"!!python/object:os.system ",
            b"'",
            b"1e9",
        ),
    )
)
def test_any_params_are_understood_or_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    params = attempt(AllParams.load, path)
    assert params is None or 0 < params.lr <= 100
