"""A folder of pictures: a subfolder for each class, with a PNG or JPEG file for each image.

Pictures that are squares of one size are read pixel by pixel, as grey levels from 0 to 255. Other
pictures are cut out and scaled, as `lenet predict` does.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError
from lenet.pictures import decode
from lenet.raw.layout import Layout
from lenet.raw.records import Found

_SUFFIXES = (".png", ".jpg", ".jpeg")
# Files that systems leave in folders of pictures.
_LEFT_BEHIND = ("Thumbs.db", "desktop.ini")
_PIXELS_AT_ONCE = 1 << 22


def read(path: Path, layout: Layout, *, needs_labels: bool = True) -> Iterator[Found]:
    """Yield the pictures of a folder, class by class, in the order of their names.

    Subfolders whose names are all whole numbers give the labels. Other names are labels in their
    alphabetical order, from `first_label` on; there must be as many as the layout has classes.

    Args:
        path: the folder.
        layout: the side of the images, and the grey levels of background and full ink.
        needs_labels: whether subfolders are needed; if not, pictures may be in `path` itself too.

    Raises InputError where the folder holds something else, or a picture cannot be read.
    """
    if needs_labels:
        files = labelled(path, layout)
    else:
        own = [each for each in _visible(path) if not each.is_dir()]
        inside = [file for part in subfolders(path) for file in _visible(part)]
        files = {0: _checked([*own, *inside])}
    everything = [(label, file) for label, found in files.items() for file in found]
    if not everything:
        raise InputError(f"{path}: holds no pictures; expected PNG or JPEG files.")
    side = common_side([file for _, file in everything])
    if side != layout.side and not needs_labels:
        side = None
    if side is not None and side != layout.side:
        raise InputError(
            f"{path}: the pictures have {side} x {side} pixels; expected {layout.side} x "
            f"{layout.side}.",
            settings={"raw.side": side},
        )
    step = max(1, _PIXELS_AT_ONCE // layout.features)
    for start in range(0, len(everything), step):
        labels, paths = zip(*everything[start : start + step], strict=True)
        pixels = np.array([_pixels(file, layout, as_it_is=side is not None) for file in paths])
        yield Found(
            np.array(labels, np.float64),
            pixels.reshape(len(paths), -1),
            place=lambda i, paths=paths: str(paths[i]),  # type: ignore[misc]
            names=np.array([file.relative_to(path).as_posix() for file in paths]),
        )


def subfolders(path: Path) -> list[Path]:
    """Return the subfolders of a folder, in the order of their names, without hidden ones."""
    return sorted(each for each in path.iterdir() if each.is_dir() and each.name[0] != ".")


def has_numbers(path: Path) -> bool:
    """Return whether the names of all subfolders are whole numbers."""
    return all(each.name.isascii() and each.name.isdigit() for each in subfolders(path))


def labelled(path: Path, layout: Layout) -> dict[int, list[Path]]:
    """Return the files of each label; see `read`."""
    folders = subfolders(path)
    beside = [each for each in _visible(path) if not each.is_dir()]
    if not folders or beside:
        found = f"the file {beside[0].name}" if beside else "no subfolders"
        raise InputError(
            f"{path}: found {found}; expected a subfolder for each class, such as {path}/0 and "
            f"{path}/1, with PNG or JPEG pictures."
        )
    if has_numbers(path):
        folders.sort(key=lambda folder: int(folder.name))
        files: dict[int, list[Path]] = {}
        for folder in folders:
            files.setdefault(int(folder.name), []).extend(_files(folder))
        return files
    if len(folders) != layout.classes:
        names = ", ".join(folder.name for folder in folders[:5]) + ", ..." * (len(folders) > 5)
        raise InputError(
            f"{path}: found {len(folders)} subfolders ({names}); expected {layout.classes}, "
            "one for each class. Subfolders whose names are no numbers are classes in alphabetical "
            "order, so none may be missing.",
            settings={"raw.classes": len(folders)} if 2 <= len(folders) <= 1000 else None,
        )
    return {layout.first_label + i: _files(folder) for i, folder in enumerate(folders)}


def _visible(folder: Path) -> list[Path]:
    return sorted(
        each for each in folder.iterdir() if each.name[0] != "." and each.name not in _LEFT_BEHIND
    )


def _files(folder: Path) -> list[Path]:
    return _checked(_visible(folder))


def _checked(files: list[Path]) -> list[Path]:
    for file in files:
        if file.is_dir() or file.suffix.lower() not in _SUFFIXES:
            raise InputError(f"{file}: expected a PNG or JPEG picture.")
    return files


def common_side(files: list[Path]) -> int | None:
    """Return the side of the pictures if all are squares of one size, or None.

    Raises InputError where a picture cannot be read.
    """
    sizes = {decode.size(file) for file in files}
    (width, height), *others = sizes
    return width if width == height and not others else None


def _pixels(file: Path, layout: Layout, *, as_it_is: bool) -> NDArray[np.float64]:
    """Return a picture in the layout's pixel range, (side, side)."""
    if as_it_is:
        return decode.grey(file)
    # It takes a while to import, and pictures that are read whole do not need it.
    from lenet.pictures import characters

    background, ink = layout.pixel_range
    character, *_ = characters.read(file, as_one=True)
    image = character.framed(layout.side).astype(np.float64)
    return image * (ink - background) + background
