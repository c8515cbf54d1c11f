"""Images and labels together, and their npz file."""

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, untrusted
from lenet.core.files import MAX_EXPANSION, expands_too_far, whole_file

CLASSES = 10


@dataclass(frozen=True)
class Digits:
    """Digit images with their labels.

    images: (n, side, side) float32 in [0, 1], 0 = background, 1 = ink.
    labels: (n,) int64 in 0..9.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        assert self.images.dtype == np.float32
        assert self.labels.dtype == np.int64
        assert self.images.shape[:1] == self.labels.shape

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: NDArray[np.int64] | slice) -> "Digits":
        return Digits(self.images[index], self.labels[index])


def fingerprint(image: NDArray[np.float32]) -> bytes:
    """Return a hash of an image: all images themselves would take their memory once more."""
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()


def save(digits: Digits, path: Path) -> None:
    """Write `digits` as npz, whole or not at all; the same digits give the same bytes."""
    with whole_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in (("images", digits.images), ("labels", digits.labels)):
            # Not by np.savez, which asks for headers of the large kind, whose bytes depend on
            # Python's version; of a known size zipfile takes those only where they are needed.
            member = zipfile.ZipInfo(f"{name}.npy")
            member.file_size = array.nbytes
            with archive.open(member, "w") as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)


def load(path: Path) -> Digits:
    """Read an npz file that `save` wrote.

    Raises InputError where the file is missing, broken, or holds something else.
    """
    try:
        with (
            untrusted(
                f"{path}: not an npz file with images and labels",
                "`python -m lenet convert` makes one from a .jf or image-text file.",
                passing=(FileNotFoundError,),
            ),
            path.open("rb") as file,
            np.load(file, allow_pickle=False) as arrays,
        ):
            _check_size(arrays.zip, path)
            images, labels = (_array(arrays, name) for name in ("images", "labels"))
    except FileNotFoundError as error:
        raise InputError(
            f"{path}: no such file; `dvc repro convert` makes the npz files."
        ) from error
    found = f"images {images.dtype} {images.shape}, labels {labels.dtype} {labels.shape}"
    if (
        images.dtype != np.float32
        or labels.dtype != np.int64
        or images.ndim != 3
        or images.shape[1] != images.shape[2]
        or labels.shape != images.shape[:1]
    ):
        raise InputError(
            f"{path}: found {found}; expected images float32 (n, side, side), labels int64 (n,)."
        )
    if images.size == 0:
        raise InputError(f"{path}: holds no images.")
    if not (images.min() >= 0 and images.max() <= 1):
        raise InputError(
            f"{path}: found pixels in [{images.min()}, {images.max()}]; expected [0, 1]."
        )
    if labels.min() < 0 or labels.max() >= CLASSES:
        raise InputError(f"{path}: found labels in {labels.min()}..{labels.max()}; expected 0..9.")
    return Digits(images, labels)


def _array(arrays: Mapping[str, NDArray], name: str) -> NDArray:
    array = arrays[name]
    # NumPy hands out as bytes what does not begin like an array.
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{name} is no array")  # noqa: TRY004  (of the file, not of a caller)
    return array


def _check_size(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise InputError where an archive's files are said to be larger than any such data are."""
    size = sum(member.file_size for member in archive.infolist())
    if expands_too_far(path, size):
        raise InputError(
            f"{path}: unpacks to {size} bytes, more than {MAX_EXPANSION} times its size; "
            "expected images and labels."
        )
