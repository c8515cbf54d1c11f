"""Raw files of images in all formats: recognised, read and converted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core import npz
from lenet.core.errors import InputError, Place, see_inspect
from lenet.core.files import MAX_EXPANSION, expands_too_far, whole_file
from lenet.core.npz import Dataset
from lenet.raw import image_text, jf
from lenet.raw.layout import Layout
from lenet.raw.records import Records
from lenet.raw.statistics import Statistics
from lenet.raw.text import open_text

_WRITERS = {".jf": jf.write, ".txt": image_text.write}


@dataclass(frozen=True)
class Reading:
    """A raw file that was read.

    data: the images, with labels from 0; without labels all are 0.
    statistics: the numbers of the file.
    first_index: the index of the first pixel, if the file has indices.
    """

    data: Dataset
    statistics: Statistics
    first_index: int | None = None


def read_blocks(path: Path, layout: Layout, *, needs_labels: bool = True) -> Iterator[Records]:
    """Yield the records of text or of a folder of pictures as they are, block by block.

    The format is recognised by content. Text may be compressed.

    Args:
        path: the file or folder.
        layout: how it is to be read.
        needs_labels: whether labels have to be there; if not, they are 0 where there are none.

    Raises InputError at a fault of the file, and where it holds no record.
    """
    if path.is_dir():
        # Text does not wait for the import of Pillow.
        from lenet.raw import folder

        yield from folder.read(path, layout, needs_labels=needs_labels)
        return
    count = 0
    with open_text(path) as file:
        reader = image_text.read if image_text.recognise(file) else jf.read
        for block in reader(file, layout, needs_labels=needs_labels):
            count += len(block)
            if len(block):
                yield block
    if not count:
        raise InputError(path, "holds no images", "at least one record")


def places(path: Path, layout: Layout) -> list[Place]:
    """Return the place of each record in a file; raise InputError as `read` does."""
    if is_npz(path):
        return [Place(path, record=i + 1) for i in range(len(npz.load(path)))]
    return [block.place(i) for block in read_blocks(path, layout) for i in range(len(block))]


def is_npz(path: Path) -> bool:
    """Return whether the file at `path` is an npz file, or another zip archive."""
    # A pipe can be read only once, so its content is not looked at.
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def read(path: Path, layout: Layout, *, needs_labels: bool = True) -> Reading:
    """Read a file in any of the formats, or a folder of pictures.

    Args:
        path, layout: see `read_blocks`.
        needs_labels: whether labels have to be there; if not, all labels become 0.

    Raises InputError at a fault of the file.
    """
    statistics = Statistics()
    if is_npz(path):
        data = npz.load(path, layout.classes if needs_labels else None, needs_labels=needs_labels)
        side = data.images.shape[1]
        if side != layout.side:
            raise InputError(path, f"found side {side}", str(layout.side), see_inspect(path))
        statistics.add(Records(data.labels, _unscaled(data, layout)))
        return Reading(data, statistics)
    # NumPy resizes in place; joined at the end, the images would be in memory twice.
    images = np.empty((0, layout.side, layout.side), np.float32)
    labels: list[NDArray[np.int64]] = []
    names: list[NDArray[np.str_]] = []
    first_index = None
    count = 0
    for block in read_blocks(path, layout, needs_labels=needs_labels):
        records = block.check(layout, needs_labels=needs_labels)
        statistics.add(records)
        labels.append(records.labels - layout.first_label)
        first_index = records.first_index
        if records.names is not None:
            names.append(records.names)
        start, count = count, count + len(records)
        if count > len(images):
            _check_expansion(path, count, layout)
            room = max(count, len(images) * 5 // 4)
            images.resize((room, layout.side, layout.side), refcheck=False)
        images[start:count].reshape(-1, layout.features)[:] = _scaled(records.pixels, layout)
    images.resize((count, layout.side, layout.side), refcheck=False)
    all_names = np.concatenate(names) if names else None
    return Reading(Dataset(images, np.concatenate(labels), all_names), statistics, first_index)


def _check_expansion(path: Path, count: int, layout: Layout) -> None:
    """Raise InputError where `count` images take far more memory than any such file's images.

    Lines that state next to nothing are such images if raw.side is too large.
    """
    if path.is_file() and expands_too_far(path, 4 * layout.features * count):
        images = f"{count} images of {layout.side} x {layout.side}"
        times = f"more than {MAX_EXPANSION} times the size of the file"
        raise InputError(path, f"{images} take {times}", "smaller images", see_inspect(path))


def convert(sources: Sequence[Path], target: Path, layout: Layout) -> list[Statistics]:
    """Write the images of `sources`, one source after the other, to `target`.

    Args:
        sources: .jf or image-text, plain or compressed, npz, or folders of pictures; recognised by
            content.
        target: see `write`.
        layout: how text is to be read and written.

    Returns the numbers of each source.
    Raises InputError where a source is faulty, and as `write` does.
    """
    check_target(target)
    if target.resolve() in [source.resolve() for source in sources]:
        raise InputError(target, "is read and would be overwritten", "another file")
    for source in sources[1:]:
        check_same_kind(source, sources[0])
    readings = [read(source, layout) for source in sources]
    write(_joined([reading.data for reading in readings]), target, layout)
    return [reading.statistics for reading in readings]


def _joined(parts: Sequence[Dataset]) -> Dataset:
    if len(parts) == 1:
        return parts[0]
    names = [part.names for part in parts if part.names is not None]
    return Dataset(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate(names) if len(names) == len(parts) else None,
    )


def check_same_kind(path: Path, other: Path) -> None:
    """Raise InputError where folders of pictures have other classes, or are read in another way.

    Files that are no folders say nothing of it.
    """
    if not (path.is_dir() and other.is_dir()):
        return
    from lenet.raw import folder

    if folder.class_names(path) != folder.class_names(other):
        raise InputError(
            path,
            "its subfolders have other names, and so other classes",
            f"the names of {other}, or numbers in both folders, such as 0 for A and 1 for B",
        )
    if (folder.common_side(path) is None) != (folder.common_side(other) is None):
        raise InputError(
            path,
            f"does not fit {other}: squares of one size are read pixel by pixel, and from other "
            "pictures the characters are cut out",
            "pictures of one kind in both",
        )


def check_target(target: Path) -> None:
    """Raise InputError where the suffix of a file to write names no format."""
    if target.suffix not in (".npz", *_WRITERS):
        raise InputError(target, "unknown suffix", ".jf, .txt (image-text) or .npz")


def write(data: Dataset, target: Path, layout: Layout) -> None:
    """Write images to `target`, whose suffix chooses the format: .jf, .txt (image-text) or .npz.

    In text, pixels are rounded as far as `read` still returns the same images.
    Raises InputError where the suffix is another, or the layout's pixel range is too coarse. What
    stood at `target` then stays.
    """
    check_target(target)
    if target.suffix == ".npz":
        npz.save(data, target)
        return
    records = Records(data.labels + layout.first_label, _rounded(data, layout, target))
    with whole_file(target) as file:
        _WRITERS[target.suffix](file, [records], layout)


def _rounded(data: Dataset, layout: Layout, target: Path) -> NDArray[np.float64]:
    """Return pixels in the layout's range, with as few decimals as the images need."""
    exact = _unscaled(data, layout)
    for decimals in (*range(10), None):
        pixels = exact if decimals is None else np.round(exact, decimals)
        pixels = np.clip(pixels, *layout.extremes)
        if np.array_equal(_scaled(pixels, layout), data.images.reshape(len(data), -1)):
            return pixels
    background, ink = layout.pixel_range
    raise InputError(
        target,
        f"the pixels are too fine for the range {background:g} to {ink:g}",
        "a range such as 0 to 1 or 0 to 2, which keeps them",
    )


def _unscaled(data: Dataset, layout: Layout) -> NDArray[np.float64]:
    background, ink = layout.pixel_range
    flat = data.images.reshape(len(data), -1).astype(np.float64)
    return flat * (ink - background) + background


def _scaled(pixels: NDArray[np.float64], layout: Layout) -> NDArray[np.float32]:
    background, ink = layout.pixel_range
    return ((pixels - background) / (ink - background)).astype(np.float32)
