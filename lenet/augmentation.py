"""Digits as the network sees them: enlarged, and for training randomly warped, a batch at once."""

import numpy as np
from numpy.typing import NDArray

from lenet._mxnet import mx


def random_affine(
    generator: np.random.Generator,
    n: int,
    *,
    rotation: float,
    shear: float,
    scale: float,
    shift: float,
) -> NDArray[np.float32]:
    """Draw `n` affine maps from the enlarged image's coordinates to the digit's, both in [-1, 1].

    Args:
        generator: the source of the draws, all uniform.
        n: how many.
        rotation: largest angle in degrees, either way.
        shear: largest horizontal shear, the shift of a row per unit of height.
        scale: largest change of size either way, as a natural logarithm.
        shift: largest shift in each direction, in half-widths of the digit.

    Returns (n, 2, 3) float32, a matrix [A | t] each.
    """
    angle = np.deg2rad(generator.uniform(-rotation, rotation, n))
    slant = generator.uniform(-shear, shear, n)
    size = np.exp(generator.uniform(-scale, scale, n))
    affine = np.empty((n, 2, 3), np.float32)
    affine[:, 0, 0] = size * np.cos(angle)
    affine[:, 0, 1] = size * (slant * np.cos(angle) - np.sin(angle))
    affine[:, 1, 0] = size * np.sin(angle)
    affine[:, 1, 1] = size * (slant * np.sin(angle) + np.cos(angle))
    affine[:, :, 2] = generator.uniform(-shift, shift, (n, 2))
    return affine


def identity_affine(n: int) -> NDArray[np.float32]:
    """Return `n` maps that change nothing, (n, 2, 3) float32."""
    return np.tile(np.eye(2, 3, dtype=np.float32), (n, 1, 1))


def network_input(
    images: NDArray[np.float32],
    affine: NDArray[np.float32],
    *,
    image_size: int,
    margin: float,
    input_range: tuple[float, float],
    context: mx.Context,
) -> mx.nd.NDArray:
    """Warp and enlarge images for the network, bilinearly, with background around them.

    Args:
        images: (n, side, side) float32 in [0, 1], 0 = background.
        affine: (n, 2, 3) float32, from the enlarged image to the digit; see `random_affine`.
        image_size: side of the result.
        margin: background around the digit as a share of its size: at 0.2 a digit takes
            1/1.2 of the result's width.
        input_range: what background and full ink become.
        context: where the result lies.

    Returns (n, 1, image_size, image_size) float32 on `context`.
    """
    # The margin widens the field of view; the shift stays in half-widths of the digit.
    field = affine * np.array([1 + margin, 1 + margin, 1], np.float32)
    grid = mx.nd.GridGenerator(
        mx.nd.array(field.reshape(-1, 6), ctx=context),
        transform_type="affine",
        target_shape=(image_size, image_size),
    )
    batch = mx.nd.array(images[:, None], ctx=context)
    background, ink = input_range
    return mx.nd.BilinearSampler(batch, grid) * (ink - background) + background
