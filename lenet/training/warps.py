"""Random warps of training images: a map and a power for each image and epoch."""

import numpy as np
from numpy.typing import NDArray


def random_affine(
    generator: np.random.Generator,
    n: int,
    *,
    rotation: float,
    shear: float,
    scale: float,
    aspect: float,
    shift: float,
) -> NDArray[np.float32]:
    """Draw `n` affine maps from the enlarged image's coordinates to the digit's, both in [-1, 1].

    Args:
        generator: the source of the draws, all uniform.
        n: how many.
        rotation: largest angle in degrees, either way.
        shear: largest horizontal shear, the shift of a row per unit of height.
        scale: largest change of size either way, as a natural logarithm.
        aspect: largest change of width, and the opposite one of height, likewise.
        shift: largest shift in each direction, in half-widths of the digit.

    Returns (n, 2, 3) float32, a matrix [A | t] each.
    """
    angle = np.deg2rad(generator.uniform(-rotation, rotation, n))
    slant = generator.uniform(-shear, shear, n)
    size = np.exp(generator.uniform(-scale, scale, n))
    stretch = np.exp(generator.uniform(-aspect, aspect, n))
    width, height = size * stretch, size / stretch
    affine = np.empty((n, 2, 3), np.float32)
    affine[:, 0, 0] = width * np.cos(angle)
    affine[:, 0, 1] = width * (slant * np.cos(angle) - np.sin(angle))
    affine[:, 1, 0] = height * np.sin(angle)
    affine[:, 1, 1] = height * (slant * np.sin(angle) + np.cos(angle))
    affine[:, :, 2] = generator.uniform(-shift, shift, (n, 2))
    return affine


def random_gamma(
    generator: np.random.Generator, images: NDArray[np.float32], *, gamma: float
) -> NDArray[np.float32]:
    """Make strokes thinner or thicker by raising each image to a power of its own.

    Args:
        generator: the source of the draws, uniform.
        images: (n, side, side) float32 in [0, 1].
        gamma: largest natural logarithm of the power, either way.

    Returns (n, side, side) float32 in [0, 1].
    """
    power = np.exp(generator.uniform(-gamma, gamma, (len(images), 1, 1))).astype(np.float32)
    return images**power
