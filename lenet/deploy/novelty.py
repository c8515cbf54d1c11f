"""How unlike the training images an image is: its distance to the nearest of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

# At most this many training images are kept, and at most half of them. More would hardly improve
# the measure, and would enlarge the file.
_KEPT = 2000
# The distances of at most this many other training images define the unit.
_OTHERS = 5000
# Edges count less where images are blurred, by a standard deviation of this share of the side.
_BLUR = 0.0375
# The share of training images that are no farther from those that are kept.
_USUAL = 0.98


@dataclass(frozen=True)
class Novelty:
    """A measure of how unlike the training images an image is.

    kernel: (side, side) float32; blurred images are kernel @ image @ kernel.T.
    images: (n, side, side) uint8, some blurred training images, from 0 to 255.
    unit: the distance between images from 0 to 1 that is called 1.
    """

    kernel: NDArray[np.float32]
    images: NDArray[np.uint8]
    unit: float

    @classmethod
    def learn(cls, images: NDArray[np.float32]) -> "Novelty":
        """Learn the measure from training images, (n, side, side) float32 in [0, 1].

        The same images give the same measure.
        """
        side = images.shape[1]
        kernel = gaussian_filter(np.eye(side), (_BLUR * side, 0), mode="constant")
        order = np.random.default_rng(0).permutation(len(images))[: _KEPT + _OTHERS]
        kept, others = np.split(order, [min(_KEPT, -(-len(images) // 2))])
        blurred = np.einsum("ij,njk,lk->nil", kernel, images[order], kernel, optimize=True)
        levels = np.round(255 * blurred[: len(kept)]).astype(np.uint8)
        stored = levels.reshape(len(kept), -1) / 255
        rest = blurred[len(kept) : len(kept) + len(others)].reshape(len(others), -1)
        squared = (rest**2).sum(1)[:, None] + (stored**2).sum(1) - 2 * rest @ stored.T
        distances = np.sqrt(squared.min(axis=1).clip(0))
        unit = max(round(float(np.quantile(distances, _USUAL)), 3), 1e-3)
        return cls(kernel.astype(np.float32), levels, unit)
