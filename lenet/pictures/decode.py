"""A picture's file as grey levels, whatever its format, depth, colours and transparency."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps, ImageSequence

from lenet.core.errors import InputError, untrusted

# Pillow's well-maintained formats; others, such as EPS, start programs.
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
# The largest page that is read, in pixels: more than a telephone's camera takes.
_LARGEST_PAGE = 64_000_000
Image.MAX_IMAGE_PIXELS = _LARGEST_PAGE
# The longer side of the pages in which characters are searched, in pixels. Shrinking keeps the
# search fast; enlarging gives the strokes of tiny pictures some width.
_LONGEST_SIDE, _SHORTEST_LONGER_SIDE = 400, 96
# The smallest range of deep levels that shows something, in levels of the file.
_LEAST_RANGE = 32
# The share of pixels unlike both neighbours in the row, above which a picture is made of dots.
_LONE_PIXELS = 0.002


def is_picture(path: Path) -> bool:
    """Return whether the file at `path` is a picture, perhaps a broken picture."""
    try:
        with opened(path):
            return True
    except InputError as error:
        # Pillow raises OSError where a file is no picture, and others where a picture is broken.
        return not isinstance(error.__cause__, OSError)


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture; raise InputError where it is none, or cannot be decoded in the context."""
    with untrusted(
        path, "not a picture that can be read", "A PNG or JPEG file of a character is expected."
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(path, formats=_FORMATS)
        with picture:
            yield picture


def size(path: Path) -> tuple[int, int]:
    """Return width and height of a picture; raise InputError where it cannot be read."""
    with opened(path) as picture:
        return picture.size


def grey(path: Path) -> NDArray[np.float64]:
    """Return the grey levels of a picture as it is, (height, width), from 0 to 255.

    Levels of 16 bits are scaled by their depth. Raises InputError where the picture cannot be read.
    """
    with opened(path) as picture:
        upright = ImageOps.exif_transpose(picture)
        levels = np.asarray(upright, np.float64)
        if upright.mode.startswith("I") and levels.max() < 1 << 16:
            return levels / 257
        return _grey(upright)


def coloured(path: Path, number: int) -> Image.Image:
    """Return the page or frame of a number from 0, upright and in its full size, as RGB.

    Raises InputError where the picture cannot be read.
    """
    with opened(path) as picture:
        picture.seek(number)
        page = ImageOps.exif_transpose(picture)
        if _is_deep(page):
            page = Image.fromarray(_grey(page).astype(np.uint8))
        return _opaque(page).convert("RGB")


def pages(picture: Image.Image, path: Path) -> Iterator[tuple[list[NDArray[np.float64]], float]]:
    """Yield levels of grey and of colour of each page or frame in the size for the search, upright.

    Both are (height, width) from 0 to 255. A factor goes from their pixels to the picture's.
    Raises InputError where a page is too large, and any error where it is broken.
    """
    width, height = picture.size
    # A JPEG decoder can shrink the picture as it reads.
    picture.draft(None, (_LONGEST_SIDE, _LONGEST_SIDE))
    for number, page in enumerate(ImageSequence.Iterator(picture)):
        if number:
            width, height = page.size
        if width * height > _LARGEST_PAGE:
            expected = f"at most {_LARGEST_PAGE // 1_000_000} million pixels"
            raise InputError(path, f"page {number + 1} has {width} x {height} pixels", expected)
        upright = ImageOps.exif_transpose(page)
        if upright.mode in ("1", "P"):
            # Pillow shrinks neither by averages.
            upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
        dots = _has_dots(upright)
        upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.BOX)
        planes = [_for_search(levels, dots) for levels in (_grey(upright), _colour(upright))]
        yield planes, max(width, height) / max(planes[0].shape)


def _for_search(levels: NDArray[np.float64], dots: bool) -> NDArray[np.float64]:
    """Return levels without dots, and enlarged where they are few."""
    if dots:
        soft = ImageFilter.GaussianBlur(max(levels.shape) / 200)
        levels = np.asarray(Image.fromarray(levels.astype(np.uint8)).filter(soft), np.float64)
    factor = -(-_SHORTEST_LONGER_SIDE // max(levels.shape))
    if factor > 1:
        large = ImageOps.scale(Image.fromarray(levels.astype(np.float32)), factor)
        levels = np.clip(np.asarray(large, np.float64), 0, 255)
    return levels


def _has_dots(picture: Image.Image) -> bool:
    """Return whether dots of two colours stand for grey levels, as in print and in faxes."""
    grey = picture.convert("L")
    if _is_deep(picture) or picture.has_transparency_data or grey.getcolors(2) is None:
        return False
    changes = np.diff(np.asarray(grey), axis=1) != 0
    return float((changes[:, 1:] & changes[:, :-1]).sum()) > _LONE_PIXELS * grey.width * grey.height


def _is_deep(picture: Image.Image) -> bool:
    """Return whether a picture has 16 or more bits for each level."""
    return picture.mode.startswith("I") or picture.mode == "F"


def _opaque(picture: Image.Image) -> Image.Image:
    """Return a picture on a ground on which it can be seen: black for light ink, or white."""
    if not picture.has_transparency_data:
        return picture
    whole = picture.convert("RGBA")
    pixels = np.asarray(whole, np.float64)
    level = (pixels[..., :3].mean(axis=2) * pixels[..., 3]).sum() / max(pixels[..., 3].sum(), 1)
    ground = Image.new("RGBA", picture.size, "black" if level > 127 else "white")
    return Image.alpha_composite(ground, whole)


def _grey(picture: Image.Image) -> NDArray[np.float64]:
    """Return the grey levels, (height, width), from 0 to 255.

    Deep levels are stretched, because a file may use a small part of their range.
    """
    if _is_deep(picture):
        levels = np.asarray(picture, np.float64)
        low, high = levels.min(), levels.max()
        return (levels - low) / max(high - low, 1e-9) * 255 * (high - low >= _LEAST_RANGE)
    return np.asarray(_opaque(picture).convert("L"), np.float64)


def _colour(picture: Image.Image) -> NDArray[np.float64]:
    """Return levels along the axis in which colours of the same lightness differ most."""
    if _is_deep(picture):
        return np.zeros(picture.size[::-1])
    colours = np.asarray(_opaque(picture).convert("RGB"), np.float64)
    colours -= colours.mean(axis=2, keepdims=True)
    _, axes = np.linalg.eigh(np.cov(colours.reshape(-1, 3).T))
    return np.clip(128 + colours @ axes[:, -1], 0, 255)
