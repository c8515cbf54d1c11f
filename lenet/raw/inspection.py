"""The contents of files of images, and the settings that fit them, from the files alone."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

import numpy as np

from lenet.core import npz
from lenet.core.errors import InputError, as_typed, see_inspect
from lenet.raw import folder, formats
from lenet.raw.layout import Layout, options
from lenet.raw.recognition import format_of
from lenet.raw.records import About, Records
from lenet.raw.statistics import Statistics
from lenet.raw.text import open_raw

_MOST_CLASSES = 1000
# The share of images that `lenet split` leaves for testing, and the share of the training images
# that is kept for validation, unless they are too few.
_TESTED, _VALIDATION = 0.2, 0.1
# The most letters in a row and a column of a drawn image, and letters for more and more ink.
_DRAWN, _INK = 16, " .:*#"
_ORDERS = {
    None: "",
    True: "column by column; raw.transpose=true turns the images upright",
    False: "row by row, unless the drawing lies on its side, as of EMNIST's and MATLAB's files; "
    "these need raw.transpose=true",
}
# Parameters and their values.
Settings = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Inspection(About):
    """The contents of one file.

    path: the file or folder.
    statistics: its labels and pixel values.
    otherwise: the first picture of a folder by the other reading, or why it cannot be read so.
    """

    path: Path
    statistics: Statistics
    otherwise: Statistics | str = ""

    @property
    def has_labels(self) -> bool:
        """Whether the images have labels; -1 for every image is none."""
        return bool(self.statistics.labels.keys() - {-1})

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
            "pixels": f"from {low:g} to {high:g}",
            "first index": " or ".join(map(str, self.first_indices)),
            "pictures": f"{self.pictures}, because {self.reason}" if self.reason else "",
            "pixel order": _ORDERS[self.by_columns],
        }
        lines = [f"  {name:<13}{row}" for name, row in rows.items() if row]
        drawn = _drawn(self.statistics)
        if self.otherwise:
            other = "cut" if self.pictures == "whole" else "whole"
            text = self.otherwise if isinstance(self.otherwise, str) else _drawn(self.otherwise)
            drawn = f"{self.pictures}, advised:\n{drawn}\n\n{other}, the first picture:\n{text}"
        return "\n".join([str(self.path), *lines, "", indent(drawn, "  ")])

    @property
    def _sides(self) -> str:
        if self.pictures == "cut":
            return "any raw.side, because the characters are cut out"
        return f"{self.side} x {self.side} pixels" + " at least" * self.side_is_least


def _drawn(statistics: Statistics) -> str:
    """Return the samples beside each other as text, ink as dark letters."""
    background, ink = statistics.pixel_range()
    drawn = []
    for sample in statistics.samples.values():
        step = -(-len(sample) // _DRAWN)
        pixels = np.pad(sample, (0, -len(sample) % step), constant_values=background)
        small = pixels.reshape(len(pixels) // step, step, -1, step).mean(axis=(1, 3))
        levels = ((small - background) / (ink - background) * (len(_INK) - 1)).round()
        drawn.append(["".join(2 * _INK[int(level)] for level in row) for row in levels])
    lines = ("  ".join(rows).rstrip() for rows in zip(*drawn, strict=True))
    return "\n".join(lines).strip("\n")


def inspect(path: Path) -> Inspection:
    """Describe a file of any format, or a folder of pictures.

    Raises InputError where the file has no known format, or is faulty.
    """
    try:
        return _inspect(path)
    except InputError as error:
        # This advice would lead here again.
        error.advice = error.advice.replace(see_inspect(path), "")
        raise


def _inspect(path: Path) -> Inspection:
    otherwise: Statistics | str = ""
    if path.is_dir():
        about = folder.about(path)
        otherwise = _otherwise(path, about)
    elif path.exists() and not path.is_file():
        raise InputError(path, "is a pipe, which can be read just once", "a file")
    elif formats.is_npz(path):
        data = npz.load(path, _MOST_CLASSES)
        side, names = data.images.shape[1], data.class_names
        layout = Layout.of(side=side, classes=_MOST_CLASSES)
        statistics = formats.read(path, layout).statistics
        known = About(form="npz", side=side, classes=len(names), class_names=names, by_columns=None)
        return Inspection(path=path, statistics=statistics, **vars(known))
    else:
        with open_raw(path) as file:
            about = format_of(file).about(file)
    # Whatever its labels and pixels are.
    layout = Layout.of(side=about.side, classes=_MOST_CLASSES, first_index=1)
    layout = layout.changed({"pixel_range": (-1e9, 1e9), **about.known})
    layout = layout.of_names(path, about.class_names)
    statistics = Statistics()
    for block in formats.read_blocks(path, layout):
        statistics.add(block)
    return Inspection(path=path, statistics=statistics, otherwise=otherwise, **vars(about))


def _otherwise(path: Path, about: About) -> Statistics | str:
    statistics = Statistics()
    try:
        pixels = folder.read_otherwise(path, about)
    except InputError as error:
        return f"{error.place.file}: {error.found}"
    statistics.add(Records(np.zeros(1), pixels.reshape(1, -1)))
    return statistics


def settings(inspections: Sequence[Inspection]) -> list[Settings]:
    """Return the settings by which all the files can be read: one, or two to choose from.

    Raises InputError where there are no such settings.
    """
    ranges = {each.statistics.pixel_range(): each.path for each in inspections}
    values: Settings = {
        "side": _side(inspections),
        # A file that by chance has no strong ink fills less of the range.
        "pixel_range": max(ranges, key=lambda pair: abs(pair[1] - pair[0])),
        **_classes(inspections),
    }
    if readings := {each.pictures for each in inspections if each.pictures}:
        values["pictures"] = min(readings)
    darker = {low > high: path for (low, high), path in ranges.items()}
    orders = {each.by_columns: each.path for each in inspections if each.by_columns is not None}
    for different, found, expected in (
        (darker, "its ink is darker than its background", "lighter"),
        (orders, "its pixels stand column by column", "row by row"),
    ):
        if len(different) > 1:
            expected = f"{expected}, as in {different[False]}"
            advice = "Convert one of the files to npz first."
            raise InputError(different[True], found, expected, advice)
    if orders:
        values["transpose"] = True in orders
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
    """Return first_label, classes and class_names, which hold the labels of all files.

    Files with the same names need no other names.
    """
    every = {each.class_names for each in inspections}
    if () not in every:
        names = tuple(sorted(set().union(*every)))
        return {"classes": len(names), "class_names": names if len(every) > 1 else ()}
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
    is_npz = any(each.form == "npz" for each in inspections)
    first_label = 0 if high < stated or is_npz else low
    classes = max(2, high - first_label + 1, stated)
    return {"first_label": first_label, "classes": classes, "class_names": ()}


def _quoted(value: object) -> str:
    """Return a value as `dvc exp run -S` takes it, with text in quotes if it is no plain word."""
    if isinstance(value, tuple):
        return f"[{','.join(map(_quoted, value))}]"
    text = as_typed(value)
    is_text = isinstance(value, str | Path)
    if not is_text or re.fullmatch(
        r"(?!(?i:true|false|null|nan|inf)$)[A-Za-z_/][\w./ -]*", text, re.A
    ):
        return text
    escaped = text.replace("'", "\\'")
    return f"'{escaped}'"


def advice(inspections: Sequence[Inspection]) -> str:
    """Return commands to train on the files, ready to paste into a shell.

    A single file is divided first. Two are the training and the test file. More are joined.
    The commands set all that the files need, whatever params.yaml has from other files.
    Raises InputError where no settings fit all the files.
    """
    if not all(each.has_labels for each in inspections):
        return "No settings: training and testing need labels. `lenet predict` needs none."
    images, counts = inspections[0].statistics.images, inspections[0].statistics.labels
    least, trained = min(counts.values()), 1.0
    if len(inspections) == 1:
        if least < 2 or _TESTED * images < len(counts):
            return (
                "No settings: `lenet split` needs two images or more of each class, and five times "
                "as many as classes. Inspect the file together with one to test on, or add images."
            )
        trained -= _TESTED
    choices = settings(inspections)
    paths = [str(each.path) for each in inspections]
    stem = paths[0].removesuffix(inspections[0].path.suffix)
    pair = paths if len(paths) == 2 else [f"{stem}-train.npz", f"{stem}-test.npz"]
    lines = []
    for chosen in choices:
        if len(choices) > 1:
            lines.append(f"# If the first pixel has the index {chosen['first_index']}:")
        if len(paths) == 1:
            lines.append(f"lenet split {shlex.join(paths + pair)} {options(chosen)}")
        if len(paths) > 2:
            joined = shlex.join([*paths, f"{stem}-joined.npz"])
            lines.append(f"lenet convert {joined} {options(chosen)}")
            continue
        # DVC takes files of the project that no stage writes.
        own = [path for path in pair if not path.startswith(("/", "..", "data/sources/"))]
        if own:
            lines.append(f"dvc add {shlex.join(own)}")
        values: Settings = {"train_file": Path(pair[0]), "test_file": Path(pair[1])}
        is_enough = trained * min(least / 2, _VALIDATION * images / len(counts)) >= 1
        values["validation_fraction"] = _VALIDATION if is_enough else 0
        values |= {f"raw.{name}": value for name, value in chosen.items()}
        # Some shells would take brackets for a pattern of file names.
        words = [shlex.quote(f"{name}={_quoted(value)}") for name, value in values.items()]
        lines.append(" -S ".join(["dvc exp run", *words]))
    return "\n".join(lines)
