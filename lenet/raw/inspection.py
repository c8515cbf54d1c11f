"""The contents of files of images, and the settings that fit them, from the files alone."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from math import isqrt
from pathlib import Path
from textwrap import indent
from typing import Any

import numpy as np

from lenet.core import npz
from lenet.core.errors import InputError, as_typed, see_inspect
from lenet.raw import folder, formats, image_text, jf
from lenet.raw.layout import LARGEST_SIDE, Layout
from lenet.raw.numbers import parse_numbers, whole_words
from lenet.raw.statistics import Statistics
from lenet.raw.text import PIECE_BYTES, TextFile, open_text

_ANY_PIXELS = (-1e9, 1e9)
_MOST_CLASSES = 1000
# The most letters in a row and a column of a drawn image, and letters for more and more ink.
_DRAWN, _INK = 16, " .:*#"
# Images of a larger side are pictures in which a character is searched.
_LARGEST_WHOLE = 64
# Parameters and their values.
Settings = dict[str, object]


@dataclass(frozen=True)
class Inspection:
    """The contents of one file.

    path: the file or folder.
    form: its format, in words.
    side: width and height of its images in pixels.
    statistics: its labels and pixel values.
    classes: the number of classes that the file states, or 0.
    first_indices: the indices that the first pixel may have: (0,), (1,), or (1, 0) where the file
        does not show it; () where the format has no indices.
    side_is_least: whether the images may be larger, because the file states no more.
    class_names: the names of the classes, if these are no numbers.
    pictures: how a folder's pictures are best read, as in `raw.pictures`; "" for other formats.
    reason: why they are best read so.
    """

    path: Path
    form: str
    side: int
    statistics: Statistics
    classes: int = 0
    first_indices: tuple[int, ...] = ()
    side_is_least: bool = False
    class_names: tuple[str, ...] = ()
    pictures: str = ""
    reason: str = ""

    @property
    def has_labels(self) -> bool:
        """Whether the images have labels; -1 for every image is none."""
        return bool(self.statistics.labels.keys() - {-1})

    @property
    def _missing(self) -> list[int]:
        """The first whole labels between the lowest and the highest that no image has."""
        known = self.statistics.labels.keys() - {-1} or {0}
        between = range(int(min(known)), int(max(known)))
        return [*islice((label for label in between if label not in known), 20)]

    def __str__(self) -> str:
        low, high = self.statistics.low, self.statistics.high
        names = {i: f" = {name}" for i, name in enumerate(self.class_names)}
        labels = [
            f"{label:g}{names.get(int(label), '')} ({count})"
            for label, count in sorted(self.statistics.labels.items())
        ]
        rows = {
            "format": self.form,
            "images": f"{self.statistics.images}, of {self._sides}",
            "labels": ", ".join(labels[:100]) if self.has_labels else "none",
            "missing": ", ".join(map(str, self._missing)),
            "pixels": f"from {low:g} to {high:g}",
            "first index": " or ".join(map(str, self.first_indices)),
            "pictures": f"{self.pictures}, because {self.reason}" if self.reason else "",
        }
        lines = [f"  {name:<13}{row}" for name, row in rows.items() if row]
        return "\n".join([str(self.path), *lines, "", indent(self._drawn(), "  ")])

    @property
    def _sides(self) -> str:
        if self.pictures == "cut":
            return "any raw.side, because the characters are cut out"
        return f"{self.side} x {self.side} pixels" + " at least" * self.side_is_least

    def _drawn(self) -> str:
        """Return the samples beside each other as text, ink as dark letters."""
        background, ink = self.statistics.pixel_range()
        drawn = []
        for sample in self.statistics.samples.values():
            step = -(-self.side // _DRAWN)
            pixels = np.pad(sample, (0, -self.side % step), constant_values=background)
            small = pixels.reshape(len(pixels) // step, step, -1, step).mean(axis=(1, 3))
            levels = ((small - background) / (ink - background) * (len(_INK) - 1)).round()
            drawn.append(["".join(2 * _INK[int(level)] for level in row) for row in levels])
        return "\n".join("  ".join(rows).rstrip() for rows in zip(*drawn, strict=True))


def inspect(path: Path) -> Inspection:
    """Describe a file: .jf or image-text, plain or compressed; npz; or a folder of pictures.

    Raises InputError where the file is none of these, or faulty.
    """
    try:
        return _inspect(path)
    except InputError as error:
        # This advice would lead here again.
        error.advice = error.advice.replace(see_inspect(path), "")
        raise


def _inspect(path: Path) -> Inspection:
    if path.is_dir():
        return _inspect_folder(path)
    if path.exists() and not path.is_file():
        raise InputError(path, "is a pipe, which can be read just once", "a file")
    if formats.is_npz(path):
        data = npz.load(path, _MOST_CLASSES)
        side, names = data.images.shape[1], data.class_names
        layout = Layout.of(side=side, classes=_MOST_CLASSES)
        statistics = formats.read(path, layout).statistics
        return Inspection(path, "npz", side, statistics, len(names), class_names=names)
    with open_text(path) as file:
        return _inspect_image_text(file) if image_text.recognise(file) else _inspect_jf(file)


def _inspect_folder(path: Path) -> Inspection:
    names, sizes = folder.class_names(path), folder.sizes(path)
    ((width, height), most), *_ = sizes.most_common()
    total = sizes.total()
    whole = width == height <= _LARGEST_WHOLE and 2 * most > total
    if most == total:
        reason = f"all pictures have {width} x {height} pixels"
    elif whole:
        reason = f"{most} of {total} pictures have {width} x {height} pixels, the others do not fit"
    else:
        reason = f"the pictures have {len(sizes)} sizes, most often {width} x {height} pixels"
    known: dict[str, Any] = {"pictures": "cut", "pixel_range": (0, 1), "class_names": names}
    if whole:
        known |= {"pictures": "whole", "pixel_range": _ANY_PIXELS}
    side = width if whole else 16
    return Inspection(
        path,
        "pictures in a subfolder for each class",
        side,
        _count(path, side, **known),
        len(names),
        side_is_least=not whole,
        class_names=names,
        pictures=known["pictures"],
        reason=reason,
    )


def _inspect_image_text(file: TextFile) -> Inspection:
    highest, first_index = image_text.extent(file)
    if first_index is None and _root(highest):
        first_index = 1
    first_indices = (1, 0) if first_index is None else (first_index,)
    pixels = highest + (first_indices == (0,))
    side = max(2, isqrt(max(pixels - 1, 0)) + 1)
    return Inspection(
        file.path,
        "image-text",
        side,
        _count(file.path, side, first_index=first_indices[0]),
        first_indices=first_indices,
        side_is_least=pixels != side**2,
    )


def _inspect_jf(file: TextFile) -> Inspection:
    text = file.start if len(file.start) < PIECE_BYTES else file.start[: whole_words(file.start)]
    _, counts = parse_numbers(file.path, text, 1).by_line()
    # How many numbers the lines hold that hold most numbers. A huge word makes no line.
    usual = int(np.bincount(counts, weights=counts).argmax()) if len(counts) else 0
    header = jf.HEADER.match(text)
    side, classes = _root(usual - 1) or _root(usual), 0
    if header and (header[3] or not side) and _root(int(header[2])):
        side, classes = _root(int(header[2])), int(header[1])
    if not side:
        raise InputError(
            file.path,
            "the side of the images cannot be told",
            "a first line with the number of classes and that of the features of a square, or "
            "lines of a label and the pixels of a square",
        )
    form = f".jf, header of {classes} classes" if classes else ".jf, no header"
    statistics = _count(file.path, side, classes=max(2, classes or _MOST_CLASSES))
    return Inspection(file.path, form, side, statistics, classes)


def _root(features: int) -> int:
    """Return the side of square images of so many features, 0 if there are none."""
    side = isqrt(max(features, 0))
    return side if side**2 == features and 2 <= side <= LARGEST_SIDE else 0


def _count(path: Path, side: int, **known: object) -> Statistics:
    """Return the numbers of a file, whatever its labels and pixels are."""
    layout = Layout.of(side=side, classes=_MOST_CLASSES)
    layout = layout.changed({"pixel_range": _ANY_PIXELS, "first_index": 1, **known})
    statistics = Statistics()
    for block in formats.read_blocks(path, layout):
        statistics.add(block)
    return statistics


def settings(inspections: Sequence[Inspection]) -> list[Settings]:
    """Return the settings by which all the files can be read: one, or two to choose from.

    Raises InputError where there are no such settings.
    """
    # A file that by chance has no strong ink fills less of the range.
    ranges = [each.statistics.pixel_range() for each in inspections]
    values: Settings = {
        "side": _side(inspections),
        "pixel_range": max(ranges, key=lambda pair: abs(pair[1] - pair[0])),
        **_classes(inspections),
    }
    if readings := {each.pictures for each in inspections if each.pictures}:
        values["pictures"] = min(readings)
    Layout.of(**values)
    indices = {each.first_indices for each in inspections if each.first_indices}
    if not indices:
        return [values]
    choices = (1, 0) if (1, 0) in indices else ("auto",)
    return [values | {"first_index": index} for index in choices]


def _side(inspections: Sequence[Inspection]) -> int:
    """Return the side of the images of files; raise InputError where a file has another.

    A side that a file states counts more than the least that holds the pixels of another file.
    """
    pattern = max(inspections, key=lambda each: (not each.side_is_least, each.side))
    for each in inspections:
        if each.side > pattern.side or (each.side < pattern.side and not each.side_is_least):
            found = f"found images of {each.side} x {each.side} pixels"
            expected = f"{pattern.side} x {pattern.side}, as in {pattern.path}"
            raise InputError(each.path, found, expected)
    return pattern.side


def _classes(inspections: Sequence[Inspection]) -> Settings:
    """Return first_label and classes, which hold the labels of all files; or class_names.

    Files with the same names need no setting but their number.
    """
    every = {each.class_names for each in inspections}
    if () not in every:
        names = tuple(sorted(set().union(*every)))
        return {"classes": len(names)} | ({"class_names": names} if len(every) > 1 else {})
    if len(every) > 1:
        (file, other), *_ = (
            (a, b) for a in inspections for b in inspections if a.class_names and not b.class_names
        )
        found = f"its classes have no names, but those of {file.path} have"
        raise InputError(other.path, found, "raw.class_names, the names in the order of the labels")
    labels = {label for each in inspections for label in each.statistics.labels}
    if any(label != int(label) for label in labels):
        found = f"found the label {min(label for label in labels if label != int(label)):g}"
        raise InputError(inspections[0].path, found, "whole numbers from 0 on")
    stated = max(each.classes for each in inspections)
    low, high = int(min(labels)), int(max(labels))
    first_label = 0 if high < stated else low
    return {"first_label": first_label, "classes": max(2, high - first_label + 1, stated)}


def _words(value: object) -> list[str]:
    return [as_typed(each) for each in (value if isinstance(value, tuple | list) else (value,))]


def advice(inspections: Sequence[Inspection]) -> str:
    """Return the settings as options, ready to paste: of `lenet convert`, and of `dvc exp run`.

    Two files are taken for the training and the test file.
    Raises InputError where no settings fit all the files.
    """
    if not all(each.has_labels for each in inspections):
        return "No settings: training and testing need labels. `lenet predict` needs none."
    choices = settings(inspections)
    common = {name: value for name, value in choices[0].items() if value == choices[-1][name]}
    options = " ".join(
        shlex.join([f"--{name.replace('_', '-')}", *_words(value)])
        for name, value in common.items()
    )
    files: Settings = {}
    if len(inspections) == 2:
        files = {"train_file": inspections[0].path, "test_file": inspections[1].path}
    lines = [f"for lenet convert and split: {options}", "for dvc exp run:"]
    for chosen in choices:
        values = files | {f"raw.{name}": value for name, value in chosen.items()}
        # Some shells would take brackets for a pattern of file names.
        words = [f"-S {shlex.quote(f'{name}={as_typed(value)}')}" for name, value in values.items()]
        lines.append(" ".join(["dvc exp run", *words] if files else words))
    return "\n".join(lines)
