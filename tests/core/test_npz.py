import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.npz import Dataset


def test_what_is_saved_comes_back(tmp_path: Path, random_digits: Dataset) -> None:
    npz.save(random_digits, tmp_path / "a.npz")
    back = npz.load(tmp_path / "a.npz")
    np.testing.assert_array_equal(back.images, random_digits.images)
    np.testing.assert_array_equal(back.labels, random_digits.labels)


def test_no_version_of_python_or_numpy_changes_the_bytes(tmp_path: Path) -> None:
    images = np.linspace(0, 1, 512, dtype=np.float32).reshape(2, 16, 16)
    npz.save(Dataset(images, np.array([3, 8])), tmp_path / "a.npz")
    md5 = hashlib.md5((tmp_path / "a.npz").read_bytes(), usedforsecurity=False)
    # The same with Python 3.10 to 3.13.
    assert md5.hexdigest() == "7a04176251ae082353d383d8a958b8b6"


MIB = 1 << 20
IMAGES = np.zeros((2, 4, 4), np.float32)
LABELS = np.array([1, 2], np.int64)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": IMAGES}, r"found images float32 \(2, 4, 4\); expected the arrays images, flo"),
        ({"images": IMAGES.astype(float), "labels": LABELS}, "found images float64"),
        ({"mine": LABELS}, "found mine; expected the arrays images"),
        ({"images": IMAGES, "labels": LABELS.astype(np.int32)}, "labels int32"),
        ({"images": IMAGES[:1], "labels": LABELS}, r"images float32 \(1, 4, 4\), labels int64"),
        ({"images": IMAGES[:, :3], "labels": LABELS}, r"found images float32 \(2, 3, 4\)"),
        ({"images": IMAGES, "labels": LABELS, "names": LABELS}, r"names int64 \(2,\)"),
        ({"images": IMAGES[:0], "labels": LABELS[:0]}, "holds no images"),
        ({"images": IMAGES + 2, "labels": LABELS}, r"found pixels in \[2.0, 2.0\]"),
        ({"images": IMAGES * np.float32("nan"), "labels": LABELS}, "found pixels in .nan, nan."),
        ({"images": IMAGES, "labels": LABELS + 9}, "found labels in 10..11; expected 0..9"),
        ({"images": np.array([None]), "labels": LABELS}, "not an npz file with images and labels"),
    ],
)
def test_refuses_other_arrays(tmp_path: Path, arrays: dict, message: str) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=message):
        npz.load(tmp_path / "a.npz", 10)


def test_names_are_kept_and_labels_may_be_missing_where_they_are_not_needed(tmp_path: Path) -> None:
    npz.save(Dataset(IMAGES, LABELS, np.array(["a.png", "b.png"])), tmp_path / "a.npz")
    names = npz.load(tmp_path / "a.npz")[np.array([1])].names
    assert names is not None
    assert names.tolist() == ["b.png"]
    np.savez(tmp_path / "a.npz", images=IMAGES)
    assert npz.load(tmp_path / "a.npz").labels.tolist() == [0, 0]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"text", b"\x93NUMPY"])
def test_refuses_other_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    for file in (path, tmp_path / "none.npz"):
        with pytest.raises(InputError, match=f"{file}: not an npz file with images and labels"):
            npz.load(file)


def npz_of(member: bytes) -> bytes:
    """Return an npz file whose images are the bytes `member`."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", member)
        archive.writestr("labels.npy", member)
    return file.getvalue()


def header(shape: str) -> bytes:
    """Return the header of float32 arrays of `shape`, without any data."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (bytes(80 * MIB), "its images take more than 200 times the size of the file"),
        (header("(1000000000000, 16, 16)"), "not an npz file with images and labels"),
        (header("(10**18,)"), "not an npz file with images and labels"),
    ],
    ids=["zeros", "terabytes", "power"],
)
def test_npz_that_claims_more_than_it_holds(tmp_path: Path, member: bytes, message: str) -> None:
    (tmp_path / "a.npz").write_bytes(npz_of(member))
    with pytest.raises(InputError, match=message):
        npz.load(tmp_path / "a.npz")
