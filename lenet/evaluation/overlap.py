"""The test images that occur in the training set."""

import numpy as np
from numpy.typing import NDArray

from lenet.core.npz import fingerprint


def equal_image(images: NDArray[np.float32], *, among: NDArray[np.float32]) -> NDArray[np.int64]:
    """Find each image among others; two images are equal if all their pixels are.

    Args:
        images: (n, side, side).
        among: (m, side, side), the images to search.

    Returns the index of the first equal image, -1 where there is none, (n,) int64.
    """
    # Later images come first, so that the first image with a fingerprint overwrites the others.
    index = {fingerprint(image): len(among) - 1 - i for i, image in enumerate(among[::-1])}
    return np.array([index.get(fingerprint(image), -1) for image in images], np.int64)
