"""Raw files of images in all formats: recognised, read and converted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core import npz
from lenet.core.errors import InputError, Place, see_inspect
from lenet.core.files import check_expansion, whole_file
from lenet.core.npz import Dataset
from lenet.raw import folder, image_text, jf
from lenet.raw.layout import Layout, options, same_name
from lenet.raw.recognition import format_of
from lenet.raw.records import Records
from lenet.raw.statistics import Statistics
from lenet.raw.text import open_raw

_WRITERS = {".jf": jf.write, ".txt": image_text.write}


@dataclass(frozen=True)
class Reading:
    """The images of a raw file, with labels from 0, or all 0; and the numbers of the file."""

    data: Dataset
    statistics: Statistics


def read_blocks(path: Path, layout: Layout) -> Iterator[Records]:
    """Yield the records of a file, no npz, or of a folder of pictures as they are, block by block.

    Raises InputError at a fault of the file, and where it holds no record.
    """
    if path.is_dir():
        yield from folder.read(path, layout)
        return
    is_empty = True
    with open_raw(path) as file:
        for block in format_of(file).read(file, layout):
            if len(block):
                is_empty = False
                yield block
    if is_empty:
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
    """Read a file in any of the formats, recognised by content, or a folder of pictures.

    If labels are not needed, they may be missing or anything, and become 0.
    Raises InputError at a fault of the file.
    """
    statistics = Statistics()
    if is_npz(path):
        classes = len(layout.class_names) or layout.classes
        data = npz.load(path, classes if needs_labels else None)
        side = data.images.shape[1]
        if side != layout.side:
            raise InputError(path, f"found side {side}", str(layout.side), see_inspect(path))
        statistics.add(Records(data.labels, _unscaled(data, layout)))
        if not needs_labels:
            blank = replace(data, labels=np.zeros_like(data.labels), class_names=())
            return Reading(blank, statistics)
        data = replace(data, class_names=tuple(map(same_name, data.class_names)))
        order = layout.of_names(path, data.class_names).class_names
        return Reading(renamed(data, order), statistics)
    reading: dict[str, object] = {"pixel_range": layout.pixel_range, "transpose": layout.transpose}
    if path.is_dir():
        reading = {"pixel_range": layout.pixel_range, "pictures": layout.pictures}
    if needs_labels:
        layout = layout.of_names(path, folder.class_names(path) if path.is_dir() else ())
    # NumPy resizes in place; joined at the end, the images would be in memory twice.
    images = np.empty((0, layout.side, layout.side), np.float32)
    labels, names, count = [], [], 0
    for block in read_blocks(path, layout):
        records = block.check(layout, needs_labels=needs_labels)
        statistics.add(records)
        labels.append(records.labels - layout.first_label)
        names.append(records.names)
        start, count = count, count + len(records)
        if count > len(images):
            # Lines that state next to nothing are large images if raw.side is too large.
            check_expansion(path, 4 * layout.features * count)
            room = max(count, len(images) * 5 // 4)
            images.resize((room, layout.side, layout.side), refcheck=False)
        images[start:count].reshape(-1, layout.features)[:] = scaled(records.pixels, layout)
        if layout.transpose and not path.is_dir():
            images[start:count] = images[start:count].transpose(0, 2, 1).copy()
    images.resize((count, layout.side, layout.side), refcheck=False)
    class_names = layout.class_names if needs_labels else ()
    data = Dataset(images, np.concatenate(labels), _joined(names), class_names, reading)
    return Reading(data, statistics)


def renamed(data: Dataset, names: Sequence[str]) -> Dataset:
    """Return a data set whose labels are the places of their classes in `names`."""
    places = [names.index(name) for name in data.class_names or names]
    labels = np.array(places, np.int64)[data.labels] if names else data.labels
    return replace(data, labels=labels, class_names=tuple(names))


def _joined(names: Sequence[NDArray[np.str_] | None]) -> NDArray[np.str_] | None:
    """Return all names, or None where a part has none."""
    known = [each for each in names if each is not None]
    return np.concatenate(known) if len(known) == len(names) else None


def convert(sources: Sequence[Path], target: Path, layout: Layout) -> list[Statistics]:
    """Write the images of `sources`, one source after the other, to `target`.

    Returns the numbers of each source. Raises InputError as `read` and `write` do.
    """
    check_target(target)
    if target.resolve() in [source.resolve() for source in sources]:
        raise InputError(target, "is read and would be overwritten", "another file")
    readings = [read(source, layout) for source in sources]
    names = {name for reading in readings for name in reading.data.class_names}
    for source, reading in zip(sources, readings, strict=True):
        if names and not reading.data.class_names:
            found, expected = "its classes have no names", f"names, such as {min(names)}"
            advice = "--class-names says the names of its classes, in the order of their numbers."
            raise InputError(source, found, expected, advice)
    order = layout.class_names or tuple(sorted(names))
    parts = [renamed(reading.data, order) for reading in readings]
    data = parts[0]
    if len(parts) > 1:
        data = Dataset(
            np.concatenate([part.images for part in parts]),
            np.concatenate([part.labels for part in parts]),
            _joined([part.names for part in parts]),
            order,
            data.reading,
        )
    write(data, target, layout)
    return [reading.statistics for reading in readings]


def split(
    source: Path, train: Path, test: Path, layout: Layout, *, test_fraction: float, seed: int
) -> tuple[Statistics, int]:
    """Divide the images of `source` into a training and a test file, stratified by label.

    The images stay in their order. The same seed gives the same files. The suffixes choose the
    formats; `test_fraction`, between 0 and 1, is the share of the images for testing.

    Returns the numbers of the source, and how many of its images are in the test file.
    Raises InputError where a class has too few images for both files.
    """
    from sklearn.model_selection import train_test_split  # To predict, it need not be installed.

    if len({path.resolve() for path in (source, train, test)}) < 3:
        raise InputError(source, f"is to be divided into {train} and {test}", "three files")
    check_target(train)
    check_target(test)
    reading = read(source, layout)
    data = reading.data
    try:
        parts = train_test_split(
            np.arange(len(data)), test_size=test_fraction, stratify=data.labels, random_state=seed
        )
    except ValueError as error:
        found = f"a share of {test_fraction:g} cannot be cut out of {len(data)} images: {error}"
        raise InputError(source, found.rstrip("."), "some of each class in both files") from error
    for part, target in zip(parts, (train, test), strict=True):
        write(data[np.sort(part)], target, layout)
    return reading.statistics, len(parts[1])


def check_target(target: Path) -> None:
    """Raise InputError where the suffix of a file to write names no format."""
    if target.suffix not in (".npz", *_WRITERS):
        raise InputError(target, "unknown suffix", ".jf, .txt (image-text) or .npz")


def write(data: Dataset, target: Path, layout: Layout) -> None:
    """Write images to `target`, whose suffix chooses the format: .jf, .txt (image-text) or .npz.

    In text, pixels are rounded as far as `read` still returns the same images.
    Raises InputError where the suffix is another, or text would lose names of classes that the
    layout does not say.
    """
    check_target(target)
    if target.suffix == ".npz":
        npz.save(data, target)
        return
    if data.class_names and not layout.class_names:
        found = f"text has no room for the names of the classes: {', '.join(data.class_names)}"
        option = options({"class_names": data.class_names})
        advice = f"Or say their order, by {option} or by raw.class_names."
        raise InputError(target, found, "an npz file", advice)
    layout = layout.changed({"classes": len(data.class_names) or layout.classes})
    records = Records(data.labels + layout.first_label, _rounded(data, layout))
    with whole_file(target) as file:
        _WRITERS[target.suffix](file, records, layout)


def _rounded(data: Dataset, layout: Layout) -> NDArray[np.float64]:
    """Return pixels in the layout's range, with as few decimals as the images need."""
    exact = _unscaled(data, layout)
    low, high = sorted(layout.pixel_range)
    for decimals in range(10):
        pixels = exact.round(decimals).clip(low, high)
        if np.array_equal(scaled(pixels, layout), data.images.reshape(len(data), -1)):
            return pixels
    return exact


def _unscaled(data: Dataset, layout: Layout) -> NDArray[np.float64]:
    background, ink = layout.pixel_range
    flat = data.images.reshape(len(data), -1).astype(np.float64)
    return flat * (ink - background) + background


def scaled(pixels: NDArray[np.float64], layout: Layout) -> NDArray[np.float32]:
    """Return pixels in the layout's range, of any shape, as ink from 0 to 1."""
    background, ink = layout.pixel_range
    return ((pixels - background) / (ink - background)).astype(np.float32)
