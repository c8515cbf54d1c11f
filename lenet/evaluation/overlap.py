"""Which test images are training images too."""

import numpy as np
from numpy.typing import NDArray

from lenet.core.npz import fingerprint


def equal_image(images: NDArray[np.float32], among: NDArray[np.float32]) -> NDArray[np.int64]:
    """Find each of `images` (n, side, side) among others (m, side, side), pixel for pixel.

    Returns the index of the first equal image, -1 where none is equal, (n,) int64.
    """
    place = {fingerprint(image): len(among) - 1 - index for index, image in enumerate(among[::-1])}
    return np.array([place.get(fingerprint(image), -1) for image in images], np.int64)
