"""A user's pictures of single characters, made into images like the images of USPS."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from lenet.core.errors import InputError, untrusted

# A smaller difference from the background, in grey levels from 0 to 255, is no ink.
_LEAST_CONTRAST = 32
# Ink above this share of the strongest ink counts for where the character begins and ends.
_EDGE = 0.35
# A row or column with less than this share of the ink of the fullest row or column is a speck.
_SPECK = 0.04
# The largest picture that is read, in pixels: more than a telephone's camera takes.
Image.MAX_IMAGE_PIXELS = 64_000_000
# Pillow's well-maintained formats; others, such as EPS, start programs.
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
# A larger picture is first shrunk to this side in pixels; images of 16 x 16 lose nothing by that.
_LARGEST = 1024


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


def read(path: Path, side: int) -> NDArray[np.float32]:
    """Read a picture of one character, dark on light or light on dark, of any size.

    The character is cut out, scaled to fit `side` x `side` with its proportions kept, and centred.
    The digits of USPS were prepared in the same way.

    Returns (side, side) float32 in [0, 1], 0 = background, 1 = the strongest ink.

    Raises InputError where the file cannot be read, or the picture shows nothing.

    Source: LeCun et al. 1989, Backpropagation applied to handwritten zip code recognition,
    section 2.2.
    """
    with _opened(path) as picture:
        # A JPEG decoder can shrink the picture as it reads.
        picture.draft("L", (_LARGEST, _LARGEST))
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((_LARGEST, _LARGEST), Image.Resampling.BOX)
        ink = _ink(_grey(upright))
    if ink is None:
        raise InputError(
            f"{path}: found nothing: the picture has a single grey level; expected ink darker "
            "or lighter than its background."
        )
    rows, columns = (_extent((ink > _EDGE).sum(axis=axis)) for axis in (1, 0))
    return _fit(ink[rows, columns], side)


def _extent(profile: NDArray[np.int64]) -> slice:
    """Return the rows or columns that the digit takes up, given the inked pixels of each."""
    lines = np.flatnonzero(profile > _SPECK * profile.max())
    return slice(lines[0], lines[-1] + 1)


def _grey(picture: Image.Image) -> NDArray[np.float64]:
    """Return the grey levels, (height, width), from 0 to 255; transparent pixels are white."""
    if picture.mode.startswith("I") or picture.mode == "F":
        # These modes have 16 or more bits, and a file may use a small part of their range.
        levels = np.asarray(picture, np.float64)
        low, high = levels.min(), levels.max()
        return (levels - low) / max(high - low, 1e-9) * 255 * (high - low >= _LEAST_CONTRAST)
    if picture.has_transparency_data:
        page = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(page, picture.convert("RGBA"))
    return np.asarray(picture.convert("L"), np.float64)


def _ink(grey: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the ink of each pixel, from 0 to 1; None where the contrast is too low.

    The background is the median of the border. The ink is the level that differs most from it.
    """
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    contrast = grey - np.median(border)
    # The extremes themselves may belong to a speck.
    low, high = np.percentile(contrast, [0.5, 99.5])
    strongest = low if -low > high else high
    if abs(strongest) < _LEAST_CONTRAST:
        return None
    return np.clip(contrast / strongest, 0, 1)


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
