"""Images and labels together, and their npz file."""

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, see_inspect, untrusted
from lenet.core.files import MAX_EXPANSION, expands_too_far, whole_file

_NAMES = ("images", "labels", "names")
_ARRAYS = (
    "the arrays images, float32 (n, side, side), and labels, int64 (n,), and perhaps names, "
    "text (n,)"
)


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
    if not path.exists():
        raise InputError(
            path, "no such file", advice="`dvc repro convert` makes the files in data/npz."
        )
    with (
        untrusted(
            path,
            "not an npz file with images and labels",
            "`lenet convert` makes one from files of other formats.",
        ),
        path.open("rb") as file,
        np.load(file, allow_pickle=False) as archive,
    ):
        size = sum(member.file_size for member in archive.zip.infolist())
        if expands_too_far(path, size):
            raise InputError(
                path, f"unpacks to {size} bytes, more than {MAX_EXPANSION} times its size", _ARRAYS
            )
        # NumPy returns bytes where a member does not begin like an array.
        arrays = {name: np.asanyarray(archive[name]) for name in _NAMES if name in archive.files}
        members = ", ".join(sorted(archive.files)) or "nothing"
    if not needs_labels and "images" in arrays:
        arrays["labels"] = np.zeros(arrays["images"].shape[:1], np.int64)
    if not {"images", "labels"} <= arrays.keys():
        raise InputError(path, f"holds {members}", _ARRAYS)
    images, labels, names = arrays["images"], arrays["labels"], arrays.get("names")
    is_square = images.ndim == 3 and images.shape[1] == images.shape[2]
    typed = images.dtype == np.float32 and labels.dtype == np.int64
    named = names is None or (names.dtype.kind == "U" and names.shape == labels.shape)
    if not (is_square and typed and named and labels.shape == images.shape[:1]):
        forms = (f"{name} {array.dtype} {array.shape}" for name, array in arrays.items())
        raise InputError(path, f"found {', '.join(forms)}", _ARRAYS)
    if images.size == 0:
        raise InputError(path, "holds no images")
    if not (images.min() >= 0 and images.max() <= 1):
        raise InputError(path, f"found pixels in [{images.min()}, {images.max()}]", "[0, 1]")
    if labels.min() < 0 or (classes is not None and labels.max() >= classes):
        expected = "0 or more" if classes is None else f"0..{classes - 1}"
        raise InputError(
            path, f"found labels in {labels.min()}..{labels.max()}", expected, see_inspect(path)
        )
    return Dataset(images, labels, names)
