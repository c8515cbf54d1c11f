"""Images and labels together, and their npz file."""

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, see_inspect, untrusted
from lenet.core.files import check_expansion, whole_file

_NAMES = ("images", "labels", "names", "class_names", "reading")
_ARRAYS = (
    "the arrays images, float32 (n, side, side), and labels, int64 (n,); perhaps names, text (n,), "
    "class_names, text (classes,), and reading, JSON"
)
# Images are equal if their pixels are equal in this many levels of ink.
FULL_LEVEL = 10_000


@dataclass(frozen=True)
class Dataset:
    """Images with their labels.

    images: (n, side, side) float32 in [0, 1], 0 = background, 1 = ink.
    labels: (n,) int64, the class of each image, from 0.
    names: (n,) str, the picture that each image was read from; None unless they were pictures.
    class_names: the names of the classes; () where they are the numbers from 0.
    reading: the settings by which the raw file was read, by name.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    names: NDArray[np.str_] | None = None
    class_names: tuple[str, ...] = ()
    reading: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.images.dtype == np.float32
        assert self.labels.dtype == np.int64
        assert self.images.shape[:1] == self.labels.shape
        assert self.names is None or self.names.shape == self.labels.shape

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: NDArray[np.int64] | slice) -> "Dataset":
        names = None if self.names is None else self.names[index]
        return replace(self, images=self.images[index], labels=self.labels[index], names=names)


def named(labels: NDArray[np.int64], class_names: Sequence[str]) -> NDArray[Any]:
    """Return the names of classes, (n,) str; or `labels` where the classes are numbers."""
    return np.array(class_names)[labels] if class_names else labels


def fingerprint(image: NDArray[np.float32]) -> bytes:
    """Return a hash of an image, which takes less memory than the image."""
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()


def levels(images: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Return images in [0, 1], of any shape, in levels of 1/10000 of full ink."""
    # Different pixel ranges give rounding. A pixel in the middle between two levels must not go up
    # or down by the noise of float32, so all pixels go up a little.
    return np.rint(images.astype(np.float64) * FULL_LEVEL + 0.002).astype(np.uint16)


def content_hash(image: NDArray[np.float32]) -> str:
    """Return what is the same for images, (side, side) in [0, 1], of equal levels, as text."""
    return hashlib.blake2b(levels(image).tobytes(), digest_size=16).hexdigest()


def save(data: Dataset, path: Path) -> None:
    """Write `data` as npz, whole or not at all; the same data give the same bytes."""
    arrays: dict[str, NDArray] = {"images": data.images, "labels": data.labels}
    if data.names is not None:
        arrays["names"] = data.names
    if data.class_names:
        arrays["class_names"] = np.array(data.class_names)
    if data.reading:
        arrays["reading"] = np.array(json.dumps(data.reading, sort_keys=True))
    with whole_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            # np.savez always writes headers for large members, whose bytes depend on Python's
            # version. zipfile writes them only if the size, which is known here, needs them.
            member = zipfile.ZipInfo(f"{name}.npy")
            member.file_size = array.nbytes
            with archive.open(member, "w") as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)


def load(path: Path, classes: int | None = None) -> Dataset:
    """Read an npz file that `save` wrote.

    Args:
        path: the file.
        classes: the number of classes that the labels may be of, unless the file names its classes;
            None if labels are not needed. Missing labels then become 0.

    Raises InputError where the file is missing, broken, or holds something else.
    """
    advice = "`dvc repro convert` and `lenet convert` make such files."
    with (
        untrusted(path, "not an npz file with images and labels", advice),
        path.open("rb") as file,
        np.load(file, allow_pickle=False) as archive,
    ):
        check_expansion(path, sum(member.file_size for member in archive.zip.infolist()))
        # NumPy returns bytes where a member does not begin like an array.
        arrays = {name: np.asanyarray(archive[name]) for name in _NAMES if name in archive.files}
        shapes = [f"{name} {array.dtype} {array.shape}" for name, array in arrays.items()]
        others = [name for name in archive.files if name not in _NAMES]
        reading = dict(json.loads(str(arrays.get("reading", "{}"))))
    images = arrays.get("images", np.empty(0))
    blank = np.zeros(images.shape[:1], np.int64)
    labels = arrays.get("labels", np.empty(0) if classes else blank)
    names = arrays.get("names")
    is_square = images.ndim == 3 and images.shape[1] == images.shape[2]
    is_typed = images.dtype == np.float32 and labels.dtype == np.int64
    is_named = names is None or (names.dtype.kind == "U" and names.shape == labels.shape)
    class_names = arrays.get("class_names", np.empty(0, str))
    is_named &= class_names.dtype.kind == "U" and class_names.ndim == 1
    if not (is_square and is_typed and is_named and labels.shape == images.shape[:1]):
        raise InputError(path, f"found {', '.join(shapes + others) or 'nothing'}", _ARRAYS)
    if images.size == 0:
        raise InputError(path, "holds no images")
    if not (images.min() >= 0 and images.max() <= 1):
        raise InputError(path, f"found pixels in [{images.min()}, {images.max()}]", "[0, 1]")
    most = len(class_names) or classes
    if most and not (labels.min() >= 0 and labels.max() < most):
        found = f"found labels in {labels.min()}..{labels.max()}"
        raise InputError(path, found, f"0..{most - 1}", see_inspect(path))
    return Dataset(images, labels, names, tuple(class_names.tolist()), reading)
