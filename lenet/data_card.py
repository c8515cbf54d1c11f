"""What a set of digits is, in a few numbers; and which images stand in two sets."""

from collections import defaultdict

import numpy as np
import pandas as pd

from lenet.digits import CLASSES, Digits


def data_card(digits: Digits, pixel_range: tuple[float, float]) -> dict:
    """Describe `digits` for a diff between versions of the data.

    Args:
        digits: the set.
        pixel_range: the least and greatest pixel value found in the raw file.

    Returns images, images_per_class (digit to number), mean_ink (mean pixel, in [0, 1]),
    pixel_min, pixel_max, and duplicates (images equal to an earlier one, pixel for pixel).
    """
    per_class = np.bincount(digits.labels, minlength=CLASSES)
    return {
        "images": len(digits),
        "images_per_class": {str(digit): int(n) for digit, n in enumerate(per_class)},
        "mean_ink": float(digits.images.mean(dtype=np.float64)),
        "pixel_min": pixel_range[0],
        "pixel_max": pixel_range[1],
        "duplicates": len(digits) - len({image.tobytes() for image in digits.images}),
    }


def shared_images(train: Digits, test: Digits) -> pd.DataFrame:
    """Find the test images that are training images too, pixel for pixel.

    Returns a row a pair, columns test_index, test_label, train_index, train_label (int64), in
    ascending order of the indices, which count from 0.
    """
    places = defaultdict(list)
    for index, image in enumerate(train.images):
        places[image.tobytes()].append(index)
    pairs = [
        (test_index, int(test.labels[test_index]), train_index, int(train.labels[train_index]))
        for test_index, image in enumerate(test.images)
        for train_index in places.get(image.tobytes(), ())
    ]
    columns = ["test_index", "test_label", "train_index", "train_label"]
    return pd.DataFrame(pairs, columns=columns, dtype=np.int64)
