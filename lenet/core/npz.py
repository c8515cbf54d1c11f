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


@dataclass(frozen=True)
class Dataset:
    """Images with their labels.

    images: (n, side, side) float32 in [0, 1], 0 = background, 1 = ink.
    labels: (n,) int64, the class of each image, from 0.
    names: (n,) str, the picture that each image was read from; None unless they were pictures.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    names: NDArray[np.str_] | None = None

    def __post_init__(self) -> None:
        assert self.images.dtype == np.float32
        assert self.labels.dtype == np.int64
        assert self.images.shape[:1] == self.labels.shape
        assert self.names is None or self.names.shape == self.labels.shape

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: NDArray[np.int64] | slice) -> "Dataset":
        names = None if self.names is None else self.names[index]
        return Dataset(self.images[index], self.labels[index], names)


def fingerprint(image: NDArray[np.float32]) -> bytes:
    """Return a hash of an image, which takes less memory than the image."""
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()


def save(data: Dataset, path: Path) -> None:
    """Write `data` as npz, whole or not at all; the same data give the same bytes."""
    arrays: dict[str, NDArray] = {"images": data.images, "labels": data.labels}
    if data.names is not None:
        arrays["names"] = data.names
    with whole_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            # np.savez always writes headers for large members, whose bytes depend on Python's
            # version. zipfile writes them only if the size, which is known here, needs them.
            member = zipfile.ZipInfo(f"{name}.npy")
            member.file_size = array.nbytes
            with archive.open(member, "w") as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)


def load(path: Path, classes: int | None = None, *, needs_labels: bool = True) -> Dataset:
    """Read an npz file that `save` wrote.

    Args:
        path: the file.
        classes: the number of classes that the labels may be of; None for any number.
        needs_labels: whether labels have to be there; if not, all labels become 0.

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
            if not {"images", "labels"} <= {*arrays.files, *([] if needs_labels else ["labels"])}:
                raise _other_arrays(path, arrays.files)
            images = _array(arrays, "images")
            labels = (
                _array(arrays, "labels") if needs_labels else np.zeros(images.shape[:1], np.int64)
            )
            names = _array(arrays, "names") if "names" in arrays.files else None
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
    data = Dataset(images, labels)
    _check_values(path, data, classes)
    if names is None:
        return data
    if names.dtype.kind != "U" or names.shape != labels.shape:
        raise InputError(
            f"{path}: found names {names.dtype} {names.shape}; expected text ({len(labels)},)."
        )
    return Dataset(images, labels, names)


def _check_values(path: Path, data: Dataset, classes: int | None) -> None:
    """Raise InputError where pixels are not in [0, 1], or labels are not of `classes`."""
    if not (data.images.min() >= 0 and data.images.max() <= 1):
        raise InputError(
            f"{path}: found pixels in [{data.images.min()}, {data.images.max()}]; expected [0, 1]."
        )
    if data.labels.min() < 0 or (classes is not None and data.labels.max() >= classes):
        least, most = int(data.labels.min()), int(data.labels.max())
        expected = "0 or more" if classes is None else f"0..{classes - 1}"
        raise InputError(
            f"{path}: found labels in {least}..{most}; expected {expected}.",
            settings={"raw.classes": most + 1} if least >= 0 else None,
        )


def _other_arrays(path: Path, found: list[str]) -> InputError:
    message = f"{path}: holds the arrays {', '.join(sorted(found)) or '(none)'}; expected images "
    message += "float32 (n, side, side) in [0, 1] and labels int64 (n,)."
    if {"x_train", "y_train"} <= set(found):
        message += (
            ' In a data set of Keras x_train and y_train are images and labels: `python -c "import '
            f"numpy as np; a = np.load('{path}'); np.savez('train.npz', images=(a['x_train'] / "
            "255).astype('float32'), labels=a['y_train'].astype('int64'))\"` writes them as "
            "train.npz. Do the same with x_test and y_test."
        )
    return InputError(message)


def _array(arrays: Mapping[str, NDArray], name: str) -> NDArray:
    array = arrays[name]
    # NumPy returns bytes where a member does not begin like an array.
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{name} is no array")  # noqa: TRY004  (the file is wrong, not the caller)
    return array


def _check_size(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise InputError where the members of an archive are too large for its size."""
    size = sum(member.file_size for member in archive.infolist())
    if expands_too_far(path, size):
        raise InputError(
            f"{path}: unpacks to {size} bytes, more than {MAX_EXPANSION} times its size; "
            "expected images and labels."
        )
