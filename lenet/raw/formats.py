"""Raw files of images in all formats: recognised, read and converted."""

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import numpy as np
from numpy.typing import NDArray

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.files import MAX_EXPANSION, expands_too_far, whole_file
from lenet.core.npz import Dataset
from lenet.raw import foreign, image_text, jf
from lenet.raw.layout import Layout
from lenet.raw.records import Found, Records
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

    def warnings(self, layout: Layout) -> list[InputError]:
        """Return what seems wrong, with settings that would be right; see `Statistics.warnings`."""
        return self.statistics.warnings(layout)


def found(path: Path, layout: Layout, *, needs_labels: bool = True) -> Iterator[Found]:
    """Yield the records of a .jf or image-text file or a folder of pictures, block by block.

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
    with explained(path, needs_labels=needs_labels), open_text(path) as file:
        reader = image_text.read if image_text.recognise(file) else jf.read
        for block in reader(file, layout, needs_labels=needs_labels):
            count += len(block)
            yield block
    if not count:
        raise InputError(f"{path}: holds no images; expected at least one record.")


@contextmanager
def explained(path: Path, *, needs_labels: bool = True) -> Iterator[None]:
    """Where the file turns out to be of another kind, say so instead of naming its first fault."""
    try:
        yield
    except InputError as error:
        # A pipe cannot be read again.
        if path.is_file():
            try:
                with open_text(path) as file:
                    reason = foreign.explain(path, file.start, needs_labels=needs_labels)
            except InputError:
                raise error from None
            if reason:
                raise InputError(f"{path}: {reason}") from error
        raise


def read_records(path: Path, layout: Layout) -> Iterator[Records]:
    """Yield the records of a file in any of the formats, npz among them, block by block.

    Raises InputError at a fault of the file, and where it holds no record.
    """
    if is_npz(path):
        data = _load_npz(path, layout)
        try:
            yield as_records(data, layout)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
        return
    with explained(path):
        for block in found(path, layout):
            yield block.check(layout)


def places(path: Path, layout: Layout) -> list[str]:
    """Return the place of each record in a file: `line 13, record 12`, or the name of a picture.

    Raises InputError as `found` does.
    """
    if is_npz(path):
        return [f"record {i + 1}" for i in range(len(_load_npz(path, layout)))]
    return [
        block.place(i).removeprefix(str(path)).lstrip(",/ ")
        for block in found(path, layout)
        for i in range(len(block))
    ]


def is_npz(path: Path) -> bool:
    """Return whether the file at `path` is an npz file, perhaps a broken one.

    Raises InputError where it is another zip archive.
    """
    try:
        # A pipe can be read only once, so its content is not looked at.
        if not path.is_file() or not zipfile.is_zipfile(path):
            return False
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        # The npz reader says that the file is broken.
        return True
    if names and not any(name.endswith(".npy") for name in names):
        shown = ", ".join(names[:5]) + ", ..." * (len(names) > 5)
        raise InputError(
            f"{path}: this is a zip archive of {shown}. Unpack it: `unzip {quote(str(path))}`."
        )
    return True


def _load_npz(path: Path, layout: Layout, *, needs_labels: bool = True) -> Dataset:
    data = npz.load(path, layout.classes) if needs_labels else npz.load(path, needs_labels=False)
    side = data.images.shape[1]
    if side != layout.side:
        raise InputError(
            f"{path}: found images of side {side}; expected {layout.side}.",
            settings={"raw.side": side} if side > 1 else None,
        )
    return data


def read(path: Path, layout: Layout, *, needs_labels: bool = True) -> Reading:
    """Read a file in any of the formats, or a folder of pictures.

    Args:
        path, layout: see `found`.
        needs_labels: whether labels have to be there; if not, all labels become 0.

    Raises InputError at a fault of the file.
    """
    if is_npz(path):
        data = _load_npz(path, layout, needs_labels=needs_labels)
        statistics = Statistics()
        flat = data.images.reshape(len(data), -1)
        background, ink = layout.pixel_range
        statistics.add(Records(data.labels, flat * (ink - background) + background))
        return Reading(data, statistics)
    # NumPy resizes in place; joined at the end, the images would be in memory twice.
    images = np.empty((0, layout.side, layout.side), np.float32)
    labels: list[NDArray[np.int64]] = []
    names: list[NDArray[np.str_]] = []
    statistics, first_index = Statistics(), None
    count = 0
    try:
        with explained(path, needs_labels=needs_labels):
            for block in found(path, layout, needs_labels=needs_labels):
                if not len(block):
                    continue
                if needs_labels:
                    labels.append(block.check(layout).labels - layout.first_label)
                else:
                    block.check_pixels(layout)
                    labels.append(np.zeros(len(block), np.int64))
                statistics.add(block)
                first_index = block.first_index
                if block.names is not None:
                    names.append(block.names)
                start, count = count, count + len(block)
                if count > len(images):
                    _check_expansion(path, count, layout)
                    room = max(count, len(images) * 5 // 4)
                    images.resize((room, layout.side, layout.side), refcheck=False)
                rows = images[start:count].reshape(-1, layout.features)
                rows[:] = _scaled(block.pixels, layout)
        images.resize((count, layout.side, layout.side), refcheck=False)
        all_names = np.concatenate(names) if names else None
        return Reading(Dataset(images, np.concatenate(labels), all_names), statistics, first_index)
    except MemoryError as error:
        raise InputError(
            f"{path}: after {count} images there is no memory for more. Split the file, or take a "
            "machine, container or job with more."
        ) from error


def _check_expansion(path: Path, count: int, layout: Layout) -> None:
    """Raise InputError where `count` images take far more memory than any such file's images.

    Lines that state next to nothing are such images if raw.side is too large.
    """
    if path.is_file() and expands_too_far(path, 4 * layout.features * count):
        raise InputError(
            f"{path}: its first {count} images of {layout.side} x {layout.side} take more than "
            f"{MAX_EXPANSION} times its size, so most pixels are not in the file. Check the side "
            "of the images."
        )


def as_records(data: Dataset, layout: Layout) -> Records:
    """Return `data`, images of the layout's side, in the numbers of a raw file.

    The pixels are rounded as far as `read` still returns the same images. Raises InputError where
    the layout's pixel range is too coarse for them.
    """
    background, ink = layout.pixel_range
    flat = data.images.reshape(len(data), -1)
    pixels = flat.astype(np.float64) * (ink - background) + background
    for decimals in range(10):
        rounded = np.clip(np.round(pixels, decimals), *layout.extremes)
        if np.array_equal(_scaled(rounded, layout), flat):
            pixels = rounded
            break
    if not np.array_equal(_scaled(pixels, layout), flat):
        raise InputError(
            f"pixels as fine as these do not survive the pixel range {background:g} to {ink:g}; "
            "0 to 1 or 0 to 2 keeps them."
        )
    return Records(data.labels + layout.first_label, pixels, data.names)


def _scaled(pixels: NDArray[np.float64], layout: Layout) -> NDArray[np.float32]:
    background, ink = layout.pixel_range
    return ((pixels - background) / (ink - background)).astype(np.float32)


def convert(
    sources: Sequence[Path],
    target: Path,
    layout: Layout,
    *,
    chosen: NDArray[np.bool_] | None = None,
) -> list[Statistics]:
    """Write the images of `sources` to `target`, whose suffix chooses the format.

    Args:
        sources: .jf or image-text, plain or compressed, npz, or folders of pictures; recognised by
            content. Their images follow one another.
        target: .jf, .txt (image-text) or .npz. From text to text every number stays the same.
        layout: how text is to be read and written.
        chosen: (n,), which of all images are written; None for all.

    Returns the numbers of each source.
    Raises InputError where a source is faulty or `target` has another suffix; a file that stood at
    `target` then stays.
    """
    if target.resolve() in [source.resolve() for source in sources]:
        raise InputError(f"{target}: is read and would be overwritten; expected another file.")
    statistics = [Statistics() for _ in sources]
    if target.suffix == ".npz":
        npz.save(_joined(sources, layout, statistics, chosen), target)
    elif target.suffix in _WRITERS:
        with whole_file(target) as file:
            records = _chain(sources, layout, statistics, chosen)
            _WRITERS[target.suffix](file, records, layout)
    else:
        raise InputError(f"{target}: unknown suffix; expected .jf, .txt (image-text) or .npz.")
    return statistics


def _joined(
    sources: Sequence[Path],
    layout: Layout,
    statistics: list[Statistics],
    chosen: NDArray[np.bool_] | None,
) -> Dataset:
    readings = [read(source, layout) for source in sources]
    statistics[:] = [reading.statistics for reading in readings]
    data = [reading.data for reading in readings]
    names = [part.names for part in data if part.names is not None]
    joined = data[0]
    if len(data) > 1:
        joined = Dataset(
            np.concatenate([part.images for part in data]),
            np.concatenate([part.labels for part in data]),
            np.concatenate(names) if len(names) == len(data) else None,
        )
    return joined if chosen is None else joined[np.flatnonzero(chosen)]


def _chain(
    sources: Sequence[Path],
    layout: Layout,
    statistics: list[Statistics],
    chosen: NDArray[np.bool_] | None,
) -> Iterator[Records]:
    done = 0
    for source, counted in zip(sources, statistics, strict=True):
        for records in read_records(source, layout):
            counted.add(records)
            here = slice(done, done + len(records))
            yield records if chosen is None else records[np.flatnonzero(chosen[here])]
            done += len(records)
