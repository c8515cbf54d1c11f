"""Digits as the network sees them: centred, enlarged, in training warped; a batch at once."""

import numpy as np
from numpy.typing import NDArray

from lenet.model._mxnet import mx

# Width to height of a digit, in deviations of its ink, as the recipe was chosen with; the USPS
# training digits have 0.67 on average.
PROPORTION = 0.75
# The smallest deviation that counts, in half-widths: that of a stroke a third of a pixel wide.
THINNEST = 0.02


def moment_affine(
    images: NDArray[np.float32], *, centering: float, proportion: float
) -> NDArray[np.float32]:
    """Return the maps that centre digits and make them alike in proportion, by their ink's moments.

    Args:
        images: (n, side, side) float32 in [0, 1].
        centering: how far the centre of the view moves from the centre of the image (0) to the
            centre of mass (1).
        proportion: how far the deviations of the ink in width and in height are brought from
            their own ratio (0) to `PROPORTION` (1), the area remaining the same.

    Returns (n, 2, 3) float32, from the view's coordinates to the image's, both in [-1, 1]; for an
    image without ink the identity.

    Source: Liu, Nakashima, Sako and Fujisawa, Handwritten digit recognition: investigation of
    normalization and feature extraction techniques, Pattern Recognition 37 (2004).
    """
    positions = np.linspace(-1, 1, images.shape[1])
    # Ink by column and by row; the floor leaves an image without ink where it is.
    profiles = images.sum(axis=1, dtype=np.float64), images.sum(axis=2, dtype=np.float64)
    ink = np.maximum(profiles[0].sum(axis=1), 1e-9)
    # No product of matrices: BLAS has kernels for each kind of processor, which differ in the last
    # bits, and training magnifies that.
    means = [(profile * positions).sum(axis=1) / ink for profile in profiles]
    deviations = [
        np.sqrt(np.maximum((profile * positions**2).sum(axis=1) / ink - mean**2, THINNEST**2))
        for profile, mean in zip(profiles, means, strict=True)
    ]
    ratio = np.where(ink > 1e-9, deviations[0] / deviations[1] / PROPORTION, 1)
    stretch = ratio ** (proportion / 2)
    affine = np.zeros((len(images), 2, 3), np.float32)
    affine[:, 0, 0] = stretch
    affine[:, 1, 1] = 1 / stretch
    affine[:, :, 2] = centering * np.stack(means, axis=1)
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
    centering: float,
    proportion: float,
    input_range: tuple[float, float],
    context: mx.Context,
) -> mx.nd.NDArray:
    """Centre, warp and enlarge images for the network, bilinearly, with background around them.

    Args:
        images: (n, side, side) float32 in [0, 1], 0 = background.
        affine: (n, 2, 3) float32, from the enlarged image to the digit; see `random_affine`.
        image_size: side of the result.
        margin: background around the digit as a share of its size: at 0.2 a digit takes
            1/1.2 of the result's width.
        centering, proportion: see `moment_affine`.
        input_range: what background and full ink become.
        context: where the result lies.

    Returns (n, 1, image_size, image_size) float32 on `context`.
    """
    # The margin widens the field of view; the shift stays in half-widths of the digit.
    field = affine * np.array([1 + margin, 1 + margin, 1], np.float32)
    normal = moment_affine(images, centering=centering, proportion=proportion)
    # Likewise no product of matrices.
    field = (normal[:, :, :2, None] * field[:, None]).sum(axis=2)
    field[:, :, 2] += normal[:, :, 2]
    grid = mx.nd.GridGenerator(
        mx.nd.array(field.reshape(-1, 6), ctx=context),
        transform_type="affine",
        target_shape=(image_size, image_size),
    )
    batch = mx.nd.array(images[:, None], ctx=context)
    background, ink = input_range
    return mx.nd.BilinearSampler(batch, grid) * (ink - background) + background
