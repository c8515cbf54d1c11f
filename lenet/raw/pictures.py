"""A user's pictures of characters, made into images like the images of USPS."""

import itertools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from lenet.core.errors import InputError, untrusted

# A smaller range of grey levels, from 0 to 255, shows nothing.
_LEAST_CONTRAST = 32
# The largest picture that is read, in pixels: more than a telephone's camera takes.
_MOST_PIXELS = 64_000_000
Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
# Pillow's well-maintained formats; others, such as EPS, start programs.
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
# A larger picture is first shrunk to this longer side in pixels, which keeps the search fast.
_LARGEST = 400
# A smaller picture is enlarged to this longer side at least, so that its strokes have some width.
_SMALLEST = 96
# A wider character is probably two that touch: its width as a share of its height.
_WIDE = 1.25
# Where more pixels than this share differ from those on their left and right, they are dots.
_DOTS = 0.002
_NOTHING = "{}: found nothing: expected characters darker or lighter than the paper around them."


@dataclass(frozen=True)
class Character:
    """A character that was found in a picture.

    image: (side, side) float32 in [0, 1], 0 = background, 1 = full ink.
    page: the number of the page or frame, from 0.
    box: left, top, right and bottom in pixels of the picture, upright.
    joined: whether it is so wide that it may be several characters that touch.
    """

    image: NDArray[np.float32]
    page: int
    box: tuple[int, int, int, int]
    joined: bool


def is_picture(path: Path) -> bool:
    """Return whether the file at `path` is a picture, perhaps a broken picture."""
    try:
        with untrusted(f"{path}: a broken picture", passing=(OSError,)), _open(path):
            return True
    except OSError:
        return False
    except InputError:
        # `read` says what is wrong with the picture.
        return True


def _open(path: Path) -> Image.Image:
    """Open a picture of one of the formats that are read; the pixels are not decoded yet.

    Raises OSError where the file is no picture, and any error where it is broken or too large.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return Image.open(path, formats=_FORMATS)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture; raise InputError where it is none, or cannot be decoded."""
    with (
        untrusted(
            f"{path}: not a picture that can be read",
            "A PNG or JPEG file of a character is expected.",
        ),
        _open(path) as picture,
    ):
        yield picture


def size(path: Path) -> tuple[int, int]:
    """Return width and height of a picture; raise InputError where it cannot be read."""
    with _opened(path) as picture:
        return picture.size


def grey(path: Path) -> NDArray[np.float64]:
    """Return the grey levels of a picture as it is, (height, width), from 0 to 255.

    Transparent pixels are white. Raises InputError where the picture cannot be read.
    """
    with _opened(path) as picture:
        return _grey(ImageOps.exif_transpose(picture))


def read(path: Path, side: int) -> list[Character]:
    """Find the characters in a picture, dark on light or light on dark, of any size, on any paper.

    Each is cut out, scaled to fit `side` x `side` with its proportions kept, and centred. The
    digits of USPS were prepared in the same way.

    Returns them in reading order, page by page. The first frame of an animation that shows
    something counts.

    Raises InputError where the file cannot be read, or nothing is found.

    Source: LeCun et al. 1989, Backpropagation applied to handwritten zip code recognition,
    section 2.2.
    """
    # It takes a while to import, and pictures that are read whole do not need it.
    from lenet.raw import ink

    found = []
    with _opened(path) as picture:
        for page, (grey, scale) in enumerate(_pages(picture, path)):
            for one in ink.characters(grey):
                top, left, bottom, right = (round(edge * scale) for edge in one.box)
                # A character of a tiny picture may be lower or narrower than half a pixel.
                bottom, right = max(bottom, 1), max(right, 1)
                top, left = min(top, bottom - 1), min(left, right - 1)
                joined = one.ink.shape[1] > _WIDE * one.ink.shape[0]
                found.append(
                    Character(_fit(one.ink, side), page, (left, top, right, bottom), joined)
                )
            if found and picture.format != "TIFF":
                break
    if not found:
        raise InputError(_NOTHING.format(path))
    return found


def read_one(path: Path, side: int) -> NDArray[np.float32]:
    """Return all that a picture shows as one character, (side, side) float32 in [0, 1].

    Raises InputError as `read` does.
    """
    from lenet.raw import ink

    with _opened(path) as picture:
        for grey, _ in _pages(picture, path):
            if (one := ink.everything(grey)) is not None:
                return _fit(one.ink, side)
    raise InputError(_NOTHING.format(path))


def page(path: Path, number: int) -> Image.Image:
    """Return a page or frame of a picture, upright, in colours, as `Character.box` counts pixels.

    Raises InputError where the picture cannot be read.
    """
    with _opened(path) as picture:
        picture.seek(number)
        upright = ImageOps.exif_transpose(picture)
        if _is_deep(upright):
            upright = Image.fromarray(_grey(upright).astype(np.uint8))
        ground = Image.new("RGBA", upright.size, _ground(upright))
        return Image.alpha_composite(ground, upright.convert("RGBA")).convert("RGB")


def _pages(picture: Image.Image, path: Path) -> Iterator[tuple[NDArray[np.float64], float]]:
    """Yield the grey levels of each page or frame, shrunk, and by how much they were shrunk."""
    size = picture.size
    # A JPEG decoder can shrink the picture as it reads.
    picture.draft(None, (_LARGEST, _LARGEST))
    for number in itertools.count():
        try:
            picture.seek(number)
        except EOFError:
            return
        if number:
            size = picture.size
        if size[0] * size[1] > _MOST_PIXELS:
            raise InputError(
                f"{path}: page {number + 1} has {size[0]} x {size[1]} pixels; expected at most "
                f"{_MOST_PIXELS // 1_000_000} million pixels."
            )
        page = ImageOps.exif_transpose(picture)
        if page.mode in ("1", "P"):
            # Pillow shrinks neither by averages.
            page = page.convert("RGBA" if page.has_transparency_data else "RGB")
        dots = _has_dots(page)
        page.thumbnail((_LARGEST, _LARGEST), Image.Resampling.BOX)
        grey = _grey(page, _ground(page))
        if dots:
            # Patterns of black and white dots become grey again.
            soft = ImageFilter.GaussianBlur(max(grey.shape) / 200)
            grey = np.asarray(Image.fromarray(grey.astype(np.uint8)).filter(soft), np.float64)
        grey = _enlarged(grey)
        yield grey, max(size) / max(grey.shape)


def _has_dots(picture: Image.Image) -> bool:
    """Return whether dots of two colours stand for grey levels, as in print and in faxes."""
    if _is_deep(picture) or picture.has_transparency_data or picture.width < 3:
        return False
    grey = picture.convert("L")
    if grey.getcolors(2) is None:
        return False
    levels = np.asarray(grey)
    middle = levels[:, 1:-1]
    alone = (middle != levels[:, :-2]) & (middle != levels[:, 2:])
    return float(alone.mean()) > _DOTS


def _enlarged(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return grey levels enlarged by a whole number, if the picture is very small."""
    factor = -(-_SMALLEST // max(grey.shape))
    if factor == 1:
        return grey
    size = grey.shape[1] * factor, grey.shape[0] * factor
    large = Image.fromarray(grey.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    return np.clip(np.asarray(large, np.float64), 0, 255)


def _is_deep(picture: Image.Image) -> bool:
    """Return whether a picture has 16 or more bits for each level."""
    return picture.mode.startswith("I") or picture.mode == "F"


def _ground(picture: Image.Image) -> str:
    """Return the colour on which all that is opaque can be seen: black for light ink, or white."""
    if not picture.has_transparency_data:
        return "white"
    pixels = np.asarray(picture.convert("RGBA"), np.float64)
    opaque = pixels[..., 3]
    level = (pixels[..., :3].mean(axis=2) * opaque).sum() / max(opaque.sum(), 1)
    return "black" if level > 127 else "white"


def _grey(picture: Image.Image, ground: str = "white") -> NDArray[np.float64]:
    """Return the grey levels, (height, width), from 0 to 255, with transparent pixels as `ground`.

    Deep levels are stretched, because a file may use a small part of their range.
    """
    if _is_deep(picture):
        levels = np.asarray(picture, np.float64)
        low, high = levels.min(), levels.max()
        return (levels - low) / max(high - low, 1e-9) * 255 * (high - low >= _LEAST_CONTRAST)
    if picture.has_transparency_data:
        page = Image.new("RGBA", picture.size, ground)
        picture = Image.alpha_composite(page, picture.convert("RGBA"))
    return np.asarray(picture.convert("L"), np.float64)


def _fit(digit: NDArray[np.float64], side: int) -> NDArray[np.float32]:
    """Return `digit` scaled to fit a square of `side`, its proportions kept, in the middle."""
    height, width = digit.shape
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # Pillow antialiases when it shrinks, so that edges are as soft as in USPS.
    small = np.asarray(
        Image.fromarray(digit.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
    )
    image = np.zeros((side, side), np.float32)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    image[top : top + size[1], left : left + size[0]] = small / small.max()
    return np.clip(image, 0, 1)
