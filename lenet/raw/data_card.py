"""The data card: a set of digits in a few numbers."""

from pathlib import Path

import numpy as np

from lenet.core.files import md5
from lenet.core.npz import CLASSES, Digits, fingerprint


def data_card(digits: Digits, extremes: tuple[float, float], *, raw: Path, npz: Path) -> dict:
    """Describe `digits` for a diff between versions of the data.

    Args:
        digits: the set.
        extremes: the least and greatest pixel value found in the raw file.
        raw, npz: the files that hold the digits.

    The keys are images, images_per_class, mean_ink, pixel_min, pixel_max, duplicates, raw_md5 and
    npz_md5. Images per class are text, from digit 0 on, because DVC shows no lists. Ink is the mean
    pixel in [0, 1], and pixel_min and pixel_max are those of the raw file. Duplicates are images
    equal to an earlier image.
    """
    per_class = np.bincount(digits.labels, minlength=CLASSES)
    return {
        "images": len(digits),
        "images_per_class": " ".join(map(str, per_class)),
        "mean_ink": float(digits.images.mean(dtype=np.float64)),
        "pixel_min": extremes[0],
        "pixel_max": extremes[1],
        "raw_md5": md5(raw),
        "npz_md5": md5(npz),
        "duplicates": len(digits) - len(set(map(fingerprint, digits.images))),
    }
