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
_PIXELS_AT_ONCE = 1 << 22


def read(path: Path, layout: Layout, *, needs_labels: bool = True) -> Iterator[Records]:
    """Yield the pictures of a folder, class by class, in the order of their names.

    Subfolders whose names are all whole numbers give the labels. Other names are labels in their
    alphabetical order, from `first_label` on; there must be as many as the layout has classes.

    Args:
        path: the folder.
        layout: the side of the images, and the grey levels of background and full ink.
        needs_labels: whether subfolders are needed; if not, pictures may be in `path` itself too.

    Raises InputError where the folder holds something else, or a picture cannot be read.
    """
    names = class_names(path)
    if needs_labels and names and len(names) != layout.classes:
        found = f"found {len(names)} subfolders"
        raise InputError(path, found, str(layout.classes), see_inspect(path))
    side = common_side(path, layout.side, needs_labels=needs_labels)
    if needs_labels and side not in (None, layout.side):
        found = f"the pictures have {side} x {side} pixels"
        raise InputError(path, found, f"{layout.side} x {layout.side}", see_inspect(path))
    files = _labelled(path, needs_labels=needs_labels)
    first_label = layout.first_label if names else 0
    step = max(1, _PIXELS_AT_ONCE // layout.features)
    for start in range(0, len(files), step):
        labels, paths = zip(*files[start : start + step], strict=True)
        pixels = np.array([_pixels(file, layout, whole=side == layout.side) for file in paths])
        inside = [file.relative_to(path).as_posix() for file in paths]
        yield Records(
            np.array(labels, np.float64) + first_label,
            pixels.reshape(len(paths), -1),
            place=lambda i, inside=inside: Place(path, picture=inside[i]),  # type: ignore[misc]
            names=np.array(inside),
        )


def class_names(path: Path) -> tuple[str, ...]:
    """Return the names of a folder's subfolders in order, or () where all are whole numbers."""
    names = tuple(each.name for each in _visible(path) if each.is_dir())
    return () if all(name.isascii() and name.isdigit() for name in names) else names


def common_side(path: Path, side: int | None = None, *, needs_labels: bool = True) -> int | None:
    """Return the side of a folder's pictures if all are squares of one size, or None.

    Args:
        path, needs_labels: see `read`.
        side: the side of the images that are expected, if it is known.

    Raises InputError where a picture cannot be read; and where most pictures, but not all, are
    squares of `side`, because a few must not decide how all are read.
    """
    sizes = {file: decode.size(file) for _, file in _labelled(path, needs_labels=needs_labels)}
    others = [file for file, size in sizes.items() if size != (side, side)]
    if needs_labels and 0 < len(others) < len(sizes) / 2:
        width, height = sizes[others[0]]
        found = f"has {width} x {height} pixels"
        raise InputError(others[0], found, f"{side} x {side}, as most other pictures have")
    (width, height), *different = set(sizes.values())
    return width if width == height and not different else None


def _labelled(path: Path, *, needs_labels: bool = True) -> list[tuple[int, Path]]:
    """Return the pictures of a folder in order, each with its number or that of its class."""
    subfolders = [each for each in _visible(path) if each.is_dir()]
    beside = [each for each in _visible(path) if not each.is_dir()]
    if needs_labels and (not subfolders or beside):
        raise InputError(
            path,
            f"found the file {beside[0].name}" if beside else "found no subfolders",
            f"a subfolder for each class, such as {path}/0 and {path}/1, with PNG or JPEG pictures",
        )
    if class_names(path) or not needs_labels:
        numbered = list(enumerate(subfolders))
    else:
        numbered = sorted((int(each.name), each) for each in subfolders)
    files = [(0, file) for file in beside]
    files += [(label, file) for label, each in numbered for file in _visible(each)]
    for _, file in files:
        if file.is_dir() or file.suffix.lower() not in _SUFFIXES:
            raise InputError(file, "found something else", "a PNG or JPEG picture")
    if not files:
        raise InputError(path, "holds no pictures", "PNG or JPEG files")
    return files


def _visible(folder: Path) -> list[Path]:
    return sorted(
        each for each in folder.iterdir() if each.name[0] != "." and each.name not in _LEFT_BEHIND
    )


def _pixels(file: Path, layout: Layout, *, whole: bool) -> NDArray[np.float64]:
    """Return a picture in the layout's pixel range, (side, side)."""
    if whole:
        return decode.grey(file)
    # It takes a while to import, and pictures that are read whole do not need it.
    from lenet.pictures import characters

    background, ink = layout.pixel_range
    character, *_ = characters.read(file, as_one=True)
    image = character.framed(layout.side).astype(np.float64)
    return image * (ink - background) + background
