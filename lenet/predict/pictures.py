"""Pictures of single digits, as people have them, made into images like those of USPS."""

import struct
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from lenet.core.errors import InputError

# Of the 255 grey levels: what differs less than so from the background is no ink.
_LEAST_CONTRAST = 32
# Ink, as a share of the darkest, that counts for where the digit begins and ends.
_EDGE = 0.35
# Ink of a row or a column, as a share of the one with the most, that is taken for a speck.
_SPECK = 0.04
# Pixels of the largest picture that is read: what a telephone's camera gives, and some more.
Image.MAX_IMAGE_PIXELS = 64_000_000
# Well-kept formats of pictures; others of Pillow's, such as EPS, start programs.
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
# What Pillow raises of broken or too large pictures: next to anything.
_BROKEN = (
    *(OSError, ValueError, TypeError, SyntaxError, EOFError, MemoryError, RuntimeError),
    *(LookupError, ArithmeticError, AttributeError, struct.error),
    *(Image.DecompressionBombError, Image.DecompressionBombWarning),
)
# A digit larger than this is first made smaller: nothing of it is lost at 16 pixels a side.
_LARGEST = 1024


def is_picture(path: Path) -> bool:
    """Return whether the file at `path` is a picture of one of the formats that are read."""
    try:
        with _open(path):
            return True
    except (UnidentifiedImageError, OSError):
        return False
    except _BROKEN:
        # One that is broken or too large: `read` says so.
        return True


def _open(path: Path) -> Image.Image:
    """Open a picture; one that is too large raises Image.DecompressionBombWarning or -Error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return Image.open(path, formats=_FORMATS)


def read(path: Path, side: int) -> NDArray[np.float32]:
    """Read a picture of one digit, dark on light or light on dark, of any size.

    The digit is cut out, scaled to fit `side` x `side` with its proportions kept, and centred:
    as USPS's digits were (LeCun et al. 1989, Backpropagation applied to handwritten zip code
    recognition, section 2.2).

    Returns (side, side) float32 in [0, 1], 0 = background, 1 = the strongest ink.
    Raises InputError where the file cannot be read, or the picture shows nothing.
    """
    try:
        with _open(path) as picture:
            # JPEG can shrink as it is decoded.
            picture.draft("L", (_LARGEST, _LARGEST))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((_LARGEST, _LARGEST), Image.Resampling.BOX)
            grey = _grey(upright)
    except _BROKEN as error:
        raise InputError(
            f"{path}: not a picture that can be read ({error}); expected PNG, JPEG or the like."
        ) from error
    ink = _ink(grey)
    if ink is None:
        raise InputError(
            f"{path}: found no digit, the picture is of one grey; expected a digit darker or "
            "lighter than what surrounds it."
        )
    rows, columns = (_extent((ink > _EDGE).sum(axis=axis)) for axis in (1, 0))
    return _fit(ink[rows, columns], side)


def _extent(profile: NDArray[np.int64]) -> slice:
    """Return from where to where there is more than specks, given the ink line by line."""
    lines = np.flatnonzero(profile > _SPECK * profile.max())
    return slice(lines[0], lines[-1] + 1)


def _grey(picture: Image.Image) -> NDArray[np.float64]:
    """Return the grey levels, 0 to 255; what is transparent is white."""
    if picture.mode.startswith("I") or picture.mode == "F":
        # 16 bits and more, whatever of the range they use.
        levels = np.asarray(picture, np.float64)
        low, high = levels.min(), levels.max()
        return (levels - low) / max(high - low, 1e-9) * 255 * (high - low >= _LEAST_CONTRAST)
    if picture.has_transparency_data:
        page = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(page, picture.convert("RGBA"))
    return np.asarray(picture.convert("L"), np.float64)


def _ink(grey: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return how much ink there is, from 0 to 1; None where nothing stands out.

    The background is the commonest level at the border, and ink what is furthest from it.
    """
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    contrast = grey - np.median(border)
    # The background may be shaded, and no speck decides: so not the extremes themselves.
    low, high = np.percentile(contrast, [0.5, 99.5])
    strongest = low if -low > high else high
    if abs(strongest) < _LEAST_CONTRAST:
        return None
    return np.clip(contrast / strongest, 0, 1)


def _fit(digit: NDArray[np.float64], side: int) -> NDArray[np.float32]:
    """Scale `digit` to fit a square of `side`, its proportions kept, in the middle."""
    height, width = digit.shape
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # Antialiased on the way down, which gives edges as soft as USPS's.
    small = np.asarray(
        Image.fromarray(digit.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
    )
    image = np.zeros((side, side), np.float32)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    image[top : top + size[1], left : left + size[0]] = small / small.max()
    return np.clip(image, 0, 1)
