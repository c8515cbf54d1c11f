"""The characters in a user's pictures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError
from lenet.pictures import decode, frame
from lenet.pictures.frame import Character


def read(path: Path) -> list[Character]:
    """Find the characters in a picture, dark on light or light on dark, of any size, on any paper.

    Returns them in reading order, page by page. The first frame of an animation that shows
    something counts.

    Raises InputError where the file cannot be read, or nothing is found.
    """
    # It takes a while to import, and pictures that are read whole do not need it.
    from lenet.pictures import ink

    characters: list[Character] = []
    with decode.opened(path) as picture:
        for number, (grey, scale) in enumerate(decode.pages(picture, path)):
            characters += [_scaled(one, scale, number) for one in ink.find(grey)]
            if characters and picture.format != "TIFF":
                break
    if not characters:
        raise _nothing(path)
    return characters


def read_one(path: Path, side: int) -> NDArray[np.float32]:
    """Return all that a picture shows as one character, (side, side) float32 in [0, 1].

    Raises InputError as `read` does.
    """
    from lenet.pictures import ink

    with decode.opened(path) as picture:
        for grey, _ in decode.pages(picture, path):
            if characters := ink.find(grey):
                return frame.joined(characters).framed(side)
    raise _nothing(path)


def _nothing(path: Path) -> InputError:
    expected = "characters darker or lighter than the paper around them"
    return InputError(path, "found nothing", expected)


def _scaled(one: Character, factor: float, page: int) -> Character:
    """Return a character of a page that was shrunk, with its box in the pixels of the picture."""
    top, left, bottom, right = (round(edge * factor) for edge in one.box)
    # A character of a tiny picture may be lower or narrower than half a pixel.
    bottom, right = max(bottom, 1), max(right, 1)
    box = min(top, bottom - 1), min(left, right - 1), bottom, right
    return replace(one, box=box, page=page)
