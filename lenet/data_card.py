"""What a set of digits is, in a few numbers; and which images stand in two sets."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from lenet.digits import CLASSES, Digits


def data_card(digits: Digits, pixel_range: tuple[float, float]) -> dict:
    """Describe `digits` for a diff between versions of the data.

    Args:
        digits: the set.
        pixel_range: the least and greatest pixel value found in the raw file.

    Returns images, images_per_class (the number of each digit from 0 on, in one line: DVC shows a
    column for each value, and lists not at all), mean_ink (mean pixel, in [0, 1]),
    pixel_min, pixel_max, and duplicates (images equal to an earlier one, pixel for pixel).
    """
    per_class = np.bincount(digits.labels, minlength=CLASSES)
    return {
        "images": len(digits),
        "images_per_class": " ".join(map(str, per_class)),
        "mean_ink": float(digits.images.mean(dtype=np.float64)),
        "pixel_min": pixel_range[0],
        "pixel_max": pixel_range[1],
        "duplicates": len(digits) - len(set(map(_fingerprint, digits.images))),
    }


def equal_image(images: NDArray[np.float32], among: NDArray[np.float32]) -> NDArray[np.int64]:
    """Find each of `images` (n, side, side) among others (m, side, side), pixel for pixel.

    Returns the index of the first that is equal, -1 where none is, (n,) int64.
    """
    place = {_fingerprint(image): len(among) - 1 - index for index, image in enumerate(among[::-1])}
    return np.array([place.get(_fingerprint(image), -1) for image in images], np.int64)


def _fingerprint(image: NDArray[np.float32]) -> bytes:
    """Return a hash of an image: all images themselves would take their memory once more."""
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()
