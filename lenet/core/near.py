"""Images that are nearly equal: shifted by a pixel, or with all grey levels scaled."""

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

# Levels from 0 to 1 that differ by less are the same, after scaling to the strongest ink.
_LEVEL = 0.02
# Images are searched for by random projections; near ones differ by less than the radius.
_PROJECTIONS, _RADIUS = 8, 0.03
# So many candidates of each image are compared with it pixel by pixel.
_CANDIDATES = 4
# The places of the inner pixels in an image that is shifted by at most a pixel; unshifted first.
_SHIFTS = sorted(product((1, 0, 2), repeat=2), key=lambda shift: shift != (1, 1))


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
    count = min(_CANDIDATES, len(among))
    first = np.full(len(images), len(among), np.int64)
    for top, left in _SHIFTS:
        own = _scaled(images, top, left)
        _, found = tree.query(
            own @ projections, k=[*range(1, count + 1)], distance_upper_bound=_RADIUS, workers=-1
        )
        limits = np.arange(len(images)) if earlier else np.full(len(images), len(among))
        for i in np.flatnonzero((found < limits[:, None]).any(axis=1)):
            near = found[i][found[i] < limits[i]]
            same = (np.abs(others[near] - own[i]) <= _LEVEL).all(axis=1) & own[i].any()
            first[i] = min(first[i], *near[same], len(among))
    return np.where(first < len(among), first, -1)


def _scaled(images: NDArray[np.float32], top: int, left: int) -> NDArray[np.float32]:
    """Return all but two rows and columns of images, flat, with their strongest ink as 1."""
    inner = images.shape[1] - 2
    part = images[:, top : top + inner, left : left + inner].reshape(len(images), -1)
    strongest = part.max(axis=1, keepdims=True)
    return np.divide(part, strongest, out=np.zeros_like(part), where=strongest > 0)
