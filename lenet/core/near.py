"""Images that are nearly equal: shifted by a pixel, or with all grey levels scaled."""

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

# Levels from 0 to 1 that differ by less are the same, after scaling to the strongest ink.
_LEVEL = 0.02
# Images are searched for by random projections; near ones differ by less than the radius.
_PROJECTIONS, _RADIUS = 8, 0.03
# Candidates that each image is compared with pixel by pixel.
_CANDIDATES = 4


def nearly_equal_image(
    images: NDArray[np.float32], *, among: NDArray[np.float32], earlier: bool = False
) -> NDArray[np.int64]:
    """Find each image among others, shifted by at most a pixel, its levels scaled or not.

    Ink that a shift moves out of the image does not count, and neither do the outermost pixels.

    Args:
        images: (n, side, side) in [0, 1], 0 = background. Images without ink match none.
        among: (m, side, side), the images to search.
        earlier: whether `among` is `images`, and only earlier ones count.

    Returns the index of the first such image among the four likeliest of each shift, -1 where there
    is none, (n,) int64.
    """
    inner = images.shape[1] - 2
    if inner < 1:
        return np.full(len(images), -1, np.int64)
    projections = np.random.default_rng(0).normal(size=(inner**2, _PROJECTIONS)) / inner
    others = _scaled(among, 1, 1)
    tree = cKDTree(others @ projections)
    first = np.full(len(images), len(among), np.int64)
    limit = np.arange(len(images)) if earlier else first.copy()
    for top, left in product(range(3), repeat=2):
        own = _scaled(images, top, left)
        _, near = tree.query(
            own @ projections, k=_CANDIDATES, distance_upper_bound=_RADIUS, workers=-1
        )
        for i, candidate in np.argwhere(near < limit[:, None]):
            other = near[i, candidate]
            if own[i].any() and (np.abs(others[other] - own[i]) <= _LEVEL).all():
                first[i] = min(first[i], other)
    return np.where(first < len(among), first, -1)


def _scaled(images: NDArray[np.float32], top: int, left: int) -> NDArray[np.float32]:
    """Return all but two rows and columns of images, flat, with their strongest ink as 1."""
    inner = images.shape[1] - 2
    part = images[:, top : top + inner, left : left + inner].reshape(len(images), -1)
    strongest = part.max(axis=1, keepdims=True)
    return np.divide(part, strongest, out=np.zeros_like(part), where=strongest > 0)
