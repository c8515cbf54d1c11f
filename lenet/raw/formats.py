"""Raw files of digit images in all formats: recognised, read and converted."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.files import MAX_EXPANSION, expands_too_far, whole_file
from lenet.core.npz import Digits
from lenet.raw import image_text, jf
from lenet.raw.layout import Layout
from lenet.raw.records import Records
from lenet.raw.text import open_text

_WRITERS = {".jf": jf.write, ".txt": image_text.write}


def read_records(path: Path, layout: Layout) -> Iterator[Records]:
    """Yield the records of a .jf, image-text or npz file, block by block.

    The format is recognised by content. Text may be compressed. Raises InputError at a fault of
    the file, and where it holds no record.
    """
    if _is_npz(path):
        data = _load_npz(path, layout)
        try:
            yield as_records(data, layout)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
        return
    count = 0
    with open_text(path) as file:
        reader = image_text.read if image_text.recognise(file) else jf.read
        for records in reader(file, layout):
            count += len(records)
            yield records
    if not count:
        raise InputError(f"{path}: holds no images; expected at least one record.")


def _is_npz(path: Path) -> bool:
    try:
        # A pipe can be read only once, so its content is not looked at.
        return path.is_file() and zipfile.is_zipfile(path)
    except zipfile.BadZipFile:
        # The npz reader says that the file is broken.
        return True


def _load_npz(path: Path, layout: Layout) -> Digits:
    data = npz.load(path)
    side = data.images.shape[1]
    if side != layout.side:
        raise InputError(
            f"{path}: found images of side {side}; expected {layout.side}.",
            settings={"raw.side": side} if side > 1 else None,
        )
    return data


def read(path: Path, layout: Layout) -> tuple[Digits, tuple[float, float]]:
    """Read a .jf, image-text or npz file.

    Returns the digits, and the least and greatest pixel value found in the file.
    Raises InputError at a fault of the file.
    """
    if _is_npz(path):
        data = _load_npz(path, layout)
        return data, (float(data.images.min()), float(data.images.max()))
    # NumPy resizes in place; joined at the end, the images would be in memory twice.
    images = np.empty((0, layout.side, layout.side), np.float32)
    labels: list[NDArray[np.int64]] = []
    found: list[float] = []
    count = 0
    try:
        for records in read_records(path, layout):
            if not len(records):
                continue
            found += [records.pixels.min(), records.pixels.max()]
            labels.append(records.labels - layout.first_label)
            start, count = count, count + len(records)
            if count > len(images):
                _check_expansion(path, count, layout)
                room = max(count, len(images) * 5 // 4)
                images.resize((room, layout.side, layout.side), refcheck=False)
            images[start:count].reshape(-1, layout.features)[:] = _scaled(records.pixels, layout)
        images.resize((count, layout.side, layout.side), refcheck=False)
        return Digits(images, np.concatenate(labels)), (min(found), max(found))
    except MemoryError as error:
        raise InputError(
            f"{path}: after {count} images there is no memory for more. Split the file, or take a "
            "machine, container or job with more."
        ) from error


def _check_expansion(path: Path, count: int, layout: Layout) -> None:
    """Raise InputError where `count` images take far more memory than any such file's images.

    Lines that state next to nothing are such images if raw.side is too large.
    """
    if expands_too_far(path, 4 * layout.features * count):
        raise InputError(
            f"{path}: its first {count} images of {layout.side} x {layout.side} take more than "
            f"{MAX_EXPANSION} times its size, so most pixels are not in the file. Check the side "
            "of the images."
        )


def as_records(data: Digits, layout: Layout) -> Records:
    """Return `data`, images of the layout's side, in the numbers of a raw file.

    The pixels are rounded as far as `read` still returns the same digits. Raises InputError where
    the layout's pixel range is too coarse for them.
    """
    low, high = layout.pixel_range
    flat = data.images.reshape(len(data), -1)
    pixels = flat.astype(np.float64) * (high - low) + low
    for decimals in range(10):
        rounded = np.clip(np.round(pixels, decimals), low, high)
        if np.array_equal(_scaled(rounded, layout), flat):
            pixels = rounded
            break
    if not np.array_equal(_scaled(pixels, layout), flat):
        raise InputError(
            f"pixels as fine as these do not survive the pixel range {low:g} to {high:g}; "
            "0 to 1 or 0 to 2 keeps them."
        )
    return Records(data.labels + layout.first_label, pixels)


def _scaled(pixels: NDArray[np.float64], layout: Layout) -> NDArray[np.float32]:
    low, high = layout.pixel_range
    return ((pixels - low) / (high - low)).astype(np.float32)


def convert(source: Path, target: Path, layout: Layout) -> None:
    """Write the digits of `source` to `target`, whose suffix chooses the format.

    Args:
        source: .jf or image-text, plain or compressed, or npz; recognised by content.
        target: .jf, .txt (image-text) or .npz. From text to text every number stays the same.
        layout: how text is to be read and written.

    Raises InputError where `source` is faulty or `target` has another suffix; a file that stood
    at `target` then stays.
    """
    if target.suffix == ".npz":
        npz.save(read(source, layout)[0], target)
    elif target.suffix in _WRITERS:
        with whole_file(target) as file:
            _WRITERS[target.suffix](file, read_records(source, layout), layout)
    else:
        raise InputError(f"{target}: unknown suffix; expected .jf, .txt (image-text) or .npz.")
