"""A folder of pictures: a subfolder for each class, with a PNG or JPEG file for each image.

Pictures that are squares of one size are read pixel by pixel, as grey levels from 0 to 255. Other
pictures are cut out and scaled, as `lenet predict` does.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, Place, see_inspect
from lenet.pictures import decode
from lenet.raw.layout import Layout
from lenet.raw.records import Records

_SUFFIXES = (".png", ".jpg", ".jpeg")
# Files that systems leave in folders of pictures.
_LEFT_BEHIND = ("Thumbs.db", "desktop.ini")


def read(path: Path, layout: Layout) -> Iterator[Records]:
    """Yield the pictures of a folder, each by itself, class by class, in the order of their names.

    Subfolders whose names are all whole numbers give the labels. Other names are labels in their
    alphabetical order, from `first_label` on. Pictures in `path` itself have the label NaN.

    Raises InputError where the folder holds something else, or a picture cannot be read; and where
    most pictures, but not all, are squares of the side: a few must not decide how all are read.
    """
    pictures = _pictures(path, layout.first_label)
    sizes = {file: decode.size(file) for file in pictures}
    others = [file for file in sizes if sizes[file] != (layout.side, layout.side)]
    if 0 < len(others) < len(pictures) / 2:
        width, height = sizes[others[0]]
        expected = f"{layout.side} x {layout.side}, as most other pictures have"
        raise InputError(others[0], f"has {width} x {height} pixels", expected)
    for file, label in pictures.items():
        place = Place(path, picture=file.relative_to(path).as_posix())
        pixels = _cut_out(file, layout) if others else decode.grey(file)
        yield Records(
            np.array([label]),
            pixels.reshape(1, -1),
            place=lambda _, place=place: place,  # type: ignore[misc]
            names=np.array([place.inside]),
        )


def check(path: Path, layout: Layout) -> None:
    """Raise InputError where a folder cannot be trained on: labels, classes or side are others."""
    beside = [each for each in _visible(path) if not each.is_dir()]
    if beside:
        expected = f"a subfolder for each class, such as {path}/0 and {path}/1"
        raise InputError(beside[0], "stands in no subfolder", expected)
    names = class_names(path)
    if names and len(names) != layout.classes:
        found = f"found {len(names)} subfolders"
        raise InputError(path, found, str(layout.classes), see_inspect(path))
    side = common_side(path)
    if side not in (None, layout.side):
        found = f"the pictures have {side} x {side} pixels"
        raise InputError(path, found, f"{layout.side} x {layout.side}", see_inspect(path))


def class_names(path: Path) -> tuple[str, ...]:
    """Return the names of a folder's subfolders in order, or () where all are whole numbers."""
    names = tuple(each.name for each in _visible(path) if each.is_dir())
    return () if all(name.isascii() and name.isdigit() for name in names) else names


def common_side(path: Path) -> int | None:
    """Return the side of a folder's pictures if all are squares of one size, or None.

    Raises InputError where a picture cannot be read.
    """
    (width, height), *different = {decode.size(file) for file in _pictures(path, 0)}
    return width if width == height and not different else None


def _pictures(path: Path, first_label: int) -> dict[Path, float]:
    """Return the label of each picture of a folder, in order."""
    subfolders = [each for each in _visible(path) if each.is_dir()]
    if class_names(path):
        labelled = list(enumerate(subfolders, first_label))
    else:
        labelled = sorted((int(each.name), each) for each in subfolders)
    pictures = {each: np.nan for each in _visible(path) if not each.is_dir()}
    pictures |= {file: label for label, each in labelled for file in _visible(each)}
    for file in pictures:
        if file.is_dir() or file.suffix.lower() not in _SUFFIXES:
            raise InputError(file, "found something else", "a PNG or JPEG picture")
    if not pictures:
        raise InputError(path, "holds no pictures", "subfolders with PNG or JPEG files")
    return pictures


def _visible(folder: Path) -> list[Path]:
    return sorted(
        each for each in folder.iterdir() if each.name[0] != "." and each.name not in _LEFT_BEHIND
    )


def _cut_out(file: Path, layout: Layout) -> NDArray[np.float64]:
    """Return the characters of a picture as one, in the layout's pixel range, (side, side)."""
    # It takes a while to import, and pictures that are read whole do not need it.
    from lenet.pictures import characters

    background, ink = layout.pixel_range
    character, *_ = characters.read(file, as_one=True)
    return character.framed(layout.side).astype(np.float64) * (ink - background) + background
