"""The contents of a file of images, found out from the file alone."""

from collections import Counter
from dataclasses import dataclass
from math import isqrt
from pathlib import Path

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.raw import folder, formats, image_text, jf
from lenet.raw.foreign import first_lines, refuse_last_label
from lenet.raw.layout import LARGEST_SIDE, Layout
from lenet.raw.statistics import Statistics
from lenet.raw.text import TextFile, open_text

_ANY_PIXELS = (-1e300, 1e300)
_MOST_CLASSES = 1000


@dataclass(frozen=True)
class Inspection:
    """The contents of one file.

    path: the file or folder.
    form: its format, in words.
    side: width and height of its images in pixels.
    statistics: its labels and pixel values.
    has_labels: whether the images have labels.
    classes: the number of classes that the file states, or None.
    first_indices: the indices that the first pixel may have: (0,), (1,), or (1, 0) where the file
        does not show it; () where the format has no indices.
    side_is_least: whether the images may be larger, because the file states no more.
    class_names: the names of a folder's subfolders, if these are no numbers.
    """

    path: Path
    form: str
    side: int
    statistics: Statistics
    has_labels: bool = True
    classes: int | None = None
    first_indices: tuple[int, ...] = ()
    side_is_least: bool = False
    class_names: tuple[str, ...] = ()

    def __str__(self) -> str:
        low, high = self.statistics.low, self.statistics.high
        counts = sorted(self.statistics.labels.items())
        labels = ", ".join(f"{label:g} ({count})" for label, count in counts[:100])
        rows = {
            "format": self.form,
            "images": f"{self.statistics.images}, of {self.side} x {self.side} pixels",
            "labels": labels + ", ..." * (len(counts) > 100) if self.has_labels else "none",
            "pixels": f"from {low:g} to {high:g}, mean {self.statistics.mean:.3g}",
            "first index": " or ".join(map(str, self.first_indices)),
        }
        lines = [f"  {name:<13}{value}" for name, value in rows.items() if value]
        return "\n".join([str(self.path), *lines, *(f"  note: {each}." for each in self._notes())])

    def _notes(self) -> list[str]:
        """Return what is odd, each without a full stop."""
        notes = []
        if self.side_is_least:
            notes.append(
                f"the file does not state the side; {self.side} is the least that holds all indices"
            )
        if len(self.first_indices) > 1:
            notes.append(
                "LIBSVM writes indices from 1, scikit-learn's dump_svmlight_file from 0; choose "
                "one of the two settings below"
            )
        if self.class_names:
            named = ", ".join(f"{i} = {name}" for i, name in enumerate(self.class_names[:100]))
            notes.append(f"classes in alphabetical order: {named}")
        labels = self.statistics.labels if self.has_labels else {0: 1}
        low, high = int(min(labels)), int(max(labels))
        if 0 < high - low + 1 - len(labels) <= 20:
            missing = (str(label) for label in range(low, high) if label not in labels)
            notes.append(f"no image has the label {', '.join(missing)}")
        return notes + self.statistics.oddities(has_labels=self.has_labels)


def inspect(path: Path) -> Inspection:
    """Find out what a .jf or image-text file, an npz file or a folder of pictures holds.

    Raises InputError where the file is none of these, or faulty.
    """
    if path.is_dir():
        return _inspect_folder(path)
    if path.exists() and not path.is_file():
        raise InputError(path, "is a pipe, which can be read just once", "a file")
    if formats.is_npz(path):
        side = npz.load(path).images.shape[1]
        layout = Layout.of_npz(side=_checked(path, side), classes=_MOST_CLASSES)
        return Inspection(path, "npz", side, formats.read(path, layout).statistics)
    with open_text(path) as file:
        refuse_last_label(path, file.start)
        if image_text.recognise(file):
            return _inspect_image_text(file)
        return _inspect_jf(path, file.start)


def _inspect_folder(path: Path) -> Inspection:
    names = folder.class_names(path)
    side = folder.common_side(path)
    form = "pictures in a subfolder for each class"
    if side is None:
        form = "pictures of several sizes, whose characters are cut out and scaled to any raw.side"
    return Inspection(
        path,
        form,
        side or 16,
        _count(path, side or 16, pixel_range=_ANY_PIXELS if side else (0, 1), classes=len(names)),
        classes=len(names) or None,
        class_names=names,
    )


def _inspect_image_text(file: TextFile) -> Inspection:
    has_labels = not _unlabelled(file.start)
    lowest, highest, stated = image_text.extent(file)
    first_indices: tuple[int, ...] = (1, 0)
    if lowest == 0:
        first_indices = (0,)
    elif stated is not None:
        first_indices = (stated,)
    elif _root(highest):
        first_indices = (1,)
    pixels = highest + (first_indices == (0,))
    side = _checked(file.path, max(2, isqrt(max(pixels - 1, 0)) + 1))
    return Inspection(
        file.path,
        "image-text",
        side,
        _count(file.path, side, needs_labels=has_labels, first_index=first_indices[0]),
        has_labels,
        first_indices=first_indices,
        side_is_least=pixels != side**2,
    )


def _inspect_jf(path: Path, start: bytes) -> Inspection:
    header = jf.HEADER.match(start)
    body = start[header.end() :] if header else start
    classes = None
    has_labels = not _unlabelled(body)
    side = _root(_usual_count(start) - 1)
    if header and (header[3] or not side) and _root(int(header[2])):
        side, classes = _root(int(header[2])), int(header[1])
        has_labels &= _usual_count(body) != side**2
    elif not side:
        side, has_labels = _root(_usual_count(start)), False
    if not side:
        raise InputError(
            path,
            "the side of the images cannot be told",
            "a first line with the number of classes and that of the features of a square, or "
            "lines of a label and the pixels of a square",
        )
    form = f".jf, header of {classes} classes" if classes else ".jf, no header"
    statistics = _count(path, side, needs_labels=has_labels, classes=classes or _MOST_CLASSES)
    return Inspection(path, form, side, statistics, has_labels, classes)


def _checked(path: Path, side: int) -> int:
    if not 2 <= side <= LARGEST_SIDE:
        raise InputError(path, f"found images of side {side}", f"2 to {LARGEST_SIDE}")
    return side


def _root(features: int) -> int:
    """Return the side of square images of so many features, 0 if there are none."""
    side = isqrt(max(features, 0))
    return side if side**2 == features and 2 <= side <= LARGEST_SIDE else 0


def _unlabelled(start: bytes) -> bool:
    """Return whether lines begin with -1, a question mark or an index:value pair."""
    rows = [words for words in map(bytes.split, first_lines(start)) if len(words) > 2]
    first = {words[0] for words in rows}
    return bool(first) and (first <= {b"-1", b"?"} or all(b":" in word for word in first))


def _usual_count(text: bytes) -> int:
    """Return how many words most lines have, by the words in them."""
    lengths = Counter(len(line.split()) for line in text.splitlines()[:1000])
    return max(lengths, key=lambda length: length * lengths[length], default=0)


def _count(
    path: Path,
    side: int,
    *,
    needs_labels: bool = True,
    classes: int = _MOST_CLASSES,
    first_index: int = 1,
    pixel_range: tuple[float, float] = _ANY_PIXELS,
) -> Statistics:
    """Return the numbers of a file, whatever its labels and pixels are."""
    layout = Layout.model_construct(
        pixel_range=pixel_range, side=side, first_label=0, first_index=first_index, classes=classes
    )
    statistics = Statistics()
    for block in formats.read_blocks(path, layout, needs_labels=needs_labels):
        statistics.add(block)
    return statistics
