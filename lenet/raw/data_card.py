"""The data card: a set of digits in a few numbers."""

from pathlib import Path

import numpy as np

from lenet.core.files import md5
from lenet.core.npz import CLASSES, Digits, fingerprint


def data_card(digits: Digits, pixel_range: tuple[float, float], *, raw: Path, npz: Path) -> dict:
    """Describe `digits` for a diff between versions of the data.

    Args:
        digits: the set.
        pixel_range: the least and greatest pixel value found in the raw file.
        raw, npz: the files that hold the digits.

    Returns the number of images; images_per_class, from digit 0 on, as text because DVC shows no
    lists; mean_ink, the mean pixel in [0, 1]; and pixel_min and pixel_max of the raw file. Then
    duplicates, the images equal to an earlier image; and the hashes raw_md5 and npz_md5.
    """
    per_class = np.bincount(digits.labels, minlength=CLASSES)
    return {
        "images": len(digits),
        "images_per_class": " ".join(map(str, per_class)),
        "mean_ink": float(digits.images.mean(dtype=np.float64)),
        "pixel_min": pixel_range[0],
        "pixel_max": pixel_range[1],
        "raw_md5": md5(raw),
        "npz_md5": md5(npz),
        "duplicates": len(digits) - len(set(map(fingerprint, digits.images))),
    }
