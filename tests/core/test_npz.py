import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.npz import Dataset


def test_what_is_saved_comes_back_and_its_bytes_do_not_change(
    tmp_path: Path, random_digits: Dataset
) -> None:
    npz.save(random_digits, tmp_path / "a.npz")
    npz.save(random_digits, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
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
        ({"images": IMAGES}, "holds images; expected the arrays images, float32"),
        ({"images": IMAGES.astype(float), "labels": LABELS}, "found images float64"),
        ({"images": IMAGES, "labels": LABELS.astype(np.int32)}, "labels int32"),
        ({"images": IMAGES[:1], "labels": LABELS}, r"images float32 \(1, 4, 4\), labels int64"),
        ({"images": IMAGES[:, :3], "labels": LABELS}, r"found images float32 \(2, 3, 4\)"),
        ({"images": IMAGES[0], "labels": LABELS}, r"found images float32 \(4, 4\)"),
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


def test_names_are_kept_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    npz.save(Dataset(IMAGES, LABELS, np.array(["a.png", "b.png"])), path)
    back = npz.load(path)
    assert back.names is not None
    (kept,) = [part.names for part in [back[np.array([1])]] if part.names is not None]
    assert kept.tolist() == ["b.png"]
    for names in (np.array([1, 2]), np.array(["a.png"])):
        np.savez(path, images=IMAGES, labels=LABELS, names=names)
        with pytest.raises(InputError, match=r"found images .*, names (int64|<U5) "):
            npz.load(path)


def test_labels_may_be_missing_where_they_are_not_needed(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=IMAGES)
    assert npz.load(tmp_path / "a.npz", needs_labels=False).labels.tolist() == [0, 0]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"text", b"\x93NUMPY"])
def test_refuses_other_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not an npz file with images and labels"):
        npz.load(path)
    with pytest.raises(InputError, match="no such file"):
        npz.load(tmp_path / "none.npz")


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
        (bytes(80 * MIB), "unpacks to 167772160 bytes, more than 200 times its size"),
        (header("(1000000000000, 16, 16)"), "not an npz file with images and labels"),
        (header("(10**18,)"), "not an npz file with images and labels"),
    ],
    ids=["zeros", "terabytes", "power"],
)
def test_npz_that_claims_more_than_it_holds(tmp_path: Path, member: bytes, message: str) -> None:
    (tmp_path / "a.npz").write_bytes(npz_of(member))
    with pytest.raises(InputError, match=message):
        npz.load(tmp_path / "a.npz")
