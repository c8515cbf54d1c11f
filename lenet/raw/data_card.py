"""The data card: a data set in a few numbers."""

from pathlib import Path

import numpy as np

from lenet.core.files import md5
from lenet.core.near import nearly_equal_image
from lenet.core.npz import fingerprint, named
from lenet.raw.formats import Reading


def data_card(reading: Reading, *, classes: int, raw: Path, npz: Path) -> dict:
    """Describe a data set for a diff between its versions.

    Args:
        reading: what was read from the raw file.
        classes: the number of classes.
        raw, npz: the files that hold the images.

    The keys are images, classes, mean_ink, pixel_min, pixel_max, duplicates, near_duplicates,
    raw_md5 and npz_md5, and first_index if the raw file has indices. Classes is a list of the
    number of images of each class, which DVC draws. Ink is the mean pixel in [0, 1], and pixel_min
    and pixel_max are those of the raw file. Duplicates are images equal to an earlier image. Near
    duplicates are other images that equal an earlier one after a shift of a pixel or a scaling of
    grey levels.
    """
    data = reading.data
    _, first = np.unique([fingerprint(image) for image in data.images], return_index=True)
    different = data.images[np.sort(first)]
    near = nearly_equal_image(different, among=different, earlier=True)
    per_class = np.bincount(data.labels, minlength=classes)
    names = named(np.arange(classes), data.class_names)
    card = {
        "images": len(data),
        "classes": [
            {"class": name, "images": count}
            for name, count in zip(names.tolist(), per_class.tolist(), strict=True)
        ],
        "mean_ink": float(data.images.mean(dtype=np.float64)),
        "pixel_min": reading.statistics.low,
        "pixel_max": reading.statistics.high,
        "raw_md5": md5(raw),
        "npz_md5": md5(npz),
        "duplicates": len(data) - len(different),
        "near_duplicates": int((near >= 0).sum()),
    }
    first_index = reading.statistics.first_index
    return card if first_index is None else card | {"first_index": first_index}
