"""A folder of pictures: a subfolder for each class, with a picture for each image.

By the parameter `raw.pictures`, pictures are read pixel by pixel, as grey levels from 0 to 255; or
their characters are found, cut out and framed, as `lenet predict` does.
"""

import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, Place, see_inspect
from lenet.raw.layout import LARGEST_SIDE, Layout, same_name
from lenet.raw.records import About, Records

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
# Images of a larger side are pictures in which a character is searched.
_LARGEST_WHOLE = 64
# Files that systems leave in folders of pictures.
_LEFT_BEHIND = ("thumbs.db", "desktop.ini", "__macosx", "icon\r")


def read(path: Path, layout: Layout) -> Iterator[Records]:
    """Yield the pictures of a folder, each by itself, class by class, in the order of their names.

    Subfolders whose names are all whole numbers give the labels, unless the layout has names. Other
    names have the labels of their classes. Pictures in `path` itself have the label NaN.

    Raises InputError where the folder holds something else, or a picture cannot be read, or has
    another size than the layout's if it is to be read whole.
    """
    for file, label in _pictures(path, layout).items():
        place = Place(path, picture=file.relative_to(path).as_posix())
        yield Records(
            np.array([label]),
            pixels(file, layout).reshape(1, -1),
            place=lambda _, place=place: place,  # type: ignore[misc]
            names=np.array([place.inside]),
        )


def pixels(file: Path, layout: Layout) -> NDArray[np.float64]:
    """Return a picture as an image in the layout's pixel range, (side, side).

    Raises InputError where it cannot be read so.
    """
    from lenet.pictures import decode  # Text does not wait for the import of Pillow.

    if layout.pictures == "whole":
        width, height = decode.size(file)
        if (width, height) != (layout.side, layout.side):
            expected = f"{layout.side} x {layout.side}, because raw.pictures is whole"
            advice = "Take it out of the folder; or set raw.pictures=cut, by which pictures of any "
            advice += "size are searched for characters. "
            advice += see_inspect(file.parent.parent)
            raise InputError(file, f"has {width} x {height} pixels", expected, advice)
        return decode.grey(file)
    # It takes a while to import, and pictures that are read whole do not need it.
    from lenet.pictures import characters

    background, ink = layout.pixel_range
    character, *_ = characters.read(file, as_one=True)
    return character.framed(layout.side).astype(np.float64) * (ink - background) + background


def read_otherwise(path: Path, about: About) -> NDArray[np.float64]:
    """Return the first picture as the reading that `about` advises against has it, (side, side).

    Raises InputError where the picture cannot be read so.
    """
    from lenet.pictures import decode

    file, *_ = _pictures(path, Layout.of(side=2))
    if about.pictures == "whole":
        return pixels(file, Layout.of(side=about.side, pictures="cut"))
    return pixels(file, Layout.of(side=min(max(*decode.size(file), 2), LARGEST_SIDE)))


def class_names(path: Path) -> tuple[str, ...]:
    """Return the names of a folder's subfolders in order, or () where all are whole numbers.

    Raises InputError where pictures are in no subfolder, folders are in one, or two names are one.
    """
    beside = [each for each in _visible(path) if not each.is_dir()]
    if beside:
        expected = f"a subfolder for each class, such as {path}/0 and {path}/1"
        raise InputError(beside[0], "stands in no subfolder", expected)
    nested = [each for folder in _visible(path) for each in _visible(folder) if each.is_dir()]
    if nested:
        found = f"found the folder {nested[0].name} in the subfolder {nested[0].parent.name}"
        order = sorted(_visible(path), key=lambda each: each.name.lower()[:5] != "train")
        paths = shlex.join(map(str, order))
        advice = f"Perhaps these are folders to train and test on: `lenet inspect {paths}`."
        raise InputError(path, found, "a subfolder for each class", advice)
    names: dict[str, Path] = {}
    for each in _visible(path):
        other = names.setdefault(same_name(each.name), each)
        if other != each:
            raise InputError(each, f"has the name of {other}", "one subfolder for each class")
    return () if all(name.isascii() and name.isdigit() for name in names) else tuple(sorted(names))


def about(path: Path) -> About:
    """Return what is known of a folder, and how its pictures are best read.

    Raises InputError where a picture cannot be read.
    """
    # Text does not wait for the import of Pillow.
    from lenet.pictures import decode

    names = class_names(path)
    sizes = Counter(map(decode.size, _pictures(path, Layout.of(side=2))))
    ((width, height), most), *_ = sizes.most_common()
    total = sizes.total()
    whole = width == height <= _LARGEST_WHOLE and 2 * most > total
    reason = f"{width} x {height} pixels is the size of {most} of {total} pictures"
    if whole and most < total:
        reason += ", the others do not fit"
    pictures = "whole" if whole else "cut"
    known: dict[str, object] = {"pictures": pictures}
    if not whole:
        known["pixel_range"] = (0, 1)
    return About(
        form="pictures in a subfolder for each class",
        side=width if whole else 16,
        classes=len(names),
        side_is_least=not whole,
        class_names=names,
        pictures=pictures,
        reason=reason,
        by_columns=None,
        known=known,
    )


def files(path: Path) -> list[Path]:
    """Return the files in a folder and in its subfolders, in the order of their names."""
    return [file for each in _visible(path) for file in (files(each) if each.is_dir() else [each])]


def _pictures(path: Path, layout: Layout) -> dict[Path, float]:
    """Return the label of each picture of a folder, in order."""
    labels = {name: layout.first_label + i for i, name in enumerate(layout.class_names)}
    labelled = []
    for each in (each for each in _visible(path) if each.is_dir()):
        name = same_name(each.name)
        known = labels.get(name, np.nan if labels or not name.isdecimal() else int(name))
        labelled.append((known, each))
    pictures = {each: np.nan for each in _visible(path) if not each.is_dir()}
    pictures |= {file: label for label, each in sorted(labelled) for file in _visible(each)}
    for file in pictures:
        if file.is_dir() or file.suffix.lower() not in _SUFFIXES:
            raise InputError(file, "found something else", f"a picture, {', '.join(_SUFFIXES)}")
    if not pictures:
        raise InputError(path, "holds no pictures", "subfolders with pictures")
    return pictures


def _visible(folder: Path) -> list[Path]:
    return sorted(
        each
        for each in folder.iterdir()
        if each.name[0] != "." and each.name.lower() not in _LEFT_BEHIND
    )
