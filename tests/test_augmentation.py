import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import affine_transform, map_coordinates

from lenet.model._mxnet import mx
from lenet.model.view import identity_affine, moment_affine, network_input
from lenet.training.warps import random_affine, random_gamma

IMAGES = np.random.default_rng(0).random((6, 16, 16), dtype=np.float32)
NONE = {"rotation": 0.0, "shear": 0.0, "scale": 0.0, "aspect": 0.0, "shift": 0.0}
AS_IT_IS = {"centering": 0.0, "proportion": 0.0}


def shown(affine: np.ndarray, *, image_size: int = 16, margin: float = 0.0) -> np.ndarray:
    data = network_input(
        IMAGES[: len(affine)],
        affine,
        image_size=image_size,
        margin=margin,
        input_range=(0, 1),
        context=mx.cpu(),
        **AS_IT_IS,
    )
    assert data.shape == (len(affine), 1, image_size, image_size)
    return data.asnumpy()[:, 0]


def test_unwarped_at_their_own_size_images_stay_as_they_are() -> None:
    np.testing.assert_allclose(shown(identity_affine(6)), IMAGES, atol=1e-5)


def test_no_warp_is_the_identity() -> None:
    affine = random_affine(np.random.default_rng(1), 5, **NONE)
    np.testing.assert_array_equal(affine, identity_affine(5))


@pytest.mark.parametrize("margin", [0.0, 0.2])
def test_enlarging_and_warping_equal_scipys_bilinear_sampling(margin: float) -> None:
    affine = random_affine(
        np.random.default_rng(2), 6, rotation=12, shear=0.25, scale=0.15, aspect=0.2, shift=0.12
    )
    result = shown(affine, image_size=32, margin=margin)
    line = np.linspace(-1, 1, 32)
    y, x = np.meshgrid(line, line, indexing="ij")
    for image, matrix, warped in zip(IMAGES, affine, result, strict=True):
        u, v = np.einsum("ij,jhw->ihw", matrix[:, :2] * (1 + margin), np.stack([x, y]))
        u, v = u + matrix[0, 2], v + matrix[1, 2]
        # One pixel of background around, so that SciPy fades into it as BilinearSampler does.
        expected = map_coordinates(
            np.pad(image, 1), [(v + 1) * 7.5 + 1, (u + 1) * 7.5 + 1], order=1, mode="constant"
        )
        np.testing.assert_allclose(warped, expected, atol=1e-4)


def test_each_amount_does_what_it_says() -> None:
    def drawn(**amount: float) -> np.ndarray:
        return random_affine(np.random.default_rng(3), 4000, **(NONE | amount)).astype(float)

    turns = drawn(rotation=12)
    angles = np.rad2deg(np.arctan2(turns[:, 1, 0], turns[:, 0, 0]))
    assert angles.min() == pytest.approx(-12, abs=0.1)
    assert angles.max() == pytest.approx(12, abs=0.1)
    np.testing.assert_allclose(np.linalg.det(turns[:, :, :2]), 1, atol=1e-5)

    slants = drawn(shear=0.25)
    assert np.abs(slants[:, 0, 1]).max() == pytest.approx(0.25, abs=0.01)
    np.testing.assert_array_equal(slants[:, :, [0]], identity_affine(4000)[:, :, [0]])

    sizes = np.log(drawn(scale=0.15)[:, 0, 0])
    assert sizes.min() == pytest.approx(-0.15, abs=0.01)
    assert sizes.max() == pytest.approx(0.15, abs=0.01)

    stretched = np.log(drawn(aspect=0.2)[:, [0, 1], [0, 1]])
    assert stretched.min() == pytest.approx(-0.2, abs=0.01)
    assert stretched.max() == pytest.approx(0.2, abs=0.01)
    np.testing.assert_allclose(stretched.sum(axis=1), 0, atol=1e-6)

    shifts = drawn(shift=0.12)[:, :, 2]
    assert np.abs(shifts).max() == pytest.approx(0.12, abs=0.01)
    assert np.abs(np.corrcoef(shifts.T)[0, 1]) < 0.1


def test_margin_and_input_range_frame_the_digit() -> None:
    ink = np.ones((1, 16, 16), np.float32)
    data = network_input(
        ink,
        identity_affine(1),
        image_size=32,
        margin=0.25,
        input_range=(-1, 3),
        context=mx.cpu(),
        **AS_IT_IS,
    ).asnumpy()[0, 0]
    # Between the centres of the outer pixels lie 31 pixels; the digit takes 1/1.25 of them.
    inked = np.flatnonzero(data[16] > 2.9)
    assert len(inked) == pytest.approx(31 / 1.25, abs=1)
    assert inked[0] + inked[-1] == 31
    assert data[0].tolist() == [-1] * 32
    assert data.max() == pytest.approx(3)


def test_scipy_agrees_on_the_direction_of_a_turn() -> None:
    image = np.zeros((16, 16), np.float32)
    image[2, 4] = 1
    quarter = np.array([[[0, -1, 0], [1, 0, 0]]], np.float32)
    data = network_input(
        image[None],
        quarter,
        image_size=16,
        margin=0,
        input_range=(0, 1),
        context=mx.cpu(),
        **AS_IT_IS,
    ).asnumpy()[0, 0]
    expected = affine_transform(image, [[0, 1], [-1, 0]], offset=[0, 15], order=1)
    np.testing.assert_allclose(data, expected, atol=1e-4)


def moments(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return centre of mass and deviation of the ink in x and y, of the image in [-1, 1]."""
    line = np.linspace(-1, 1, images.shape[1])
    ink = images.sum(axis=(1, 2))
    profiles = np.stack([images.sum(axis=1), images.sum(axis=2)])
    means = profiles @ line / ink
    return means.T, np.sqrt(profiles @ line**2 / ink - means**2).T


def blots() -> np.ndarray:
    """Return smooth blots of ink of many places, widths and heights, well inside the image."""
    generator = np.random.default_rng(4)
    line = np.linspace(-1, 1, 64)
    x, y = generator.uniform(-0.2, 0.2, (2, 20, 1))
    wide, high = generator.uniform(0.08, 0.2, (2, 20, 1))
    across = np.exp(-((line - x) ** 2) / 2 / wide**2)
    down = np.exp(-((line - y) ** 2) / 2 / high**2)
    return (down[:, :, None] * across[:, None, :]).astype(np.float32)


def normalised(images: np.ndarray, **amounts: float) -> np.ndarray:
    return network_input(
        images,
        identity_affine(len(images)),
        image_size=64,
        margin=0.0,
        input_range=(0, 1),
        context=mx.cpu(),
        **(AS_IT_IS | amounts),
    ).asnumpy()[:, 0]


@pytest.mark.parametrize("centering", [1.0, 0.5])
def test_centering_moves_the_ink_to_the_middle(centering: float) -> None:
    before, widths = moments(blots())
    after, widths_after = moments(normalised(blots(), centering=centering))
    np.testing.assert_allclose(after, (1 - centering) * before, atol=0.01)
    np.testing.assert_allclose(widths_after, widths, atol=0.01)


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_proportion_makes_digits_alike_and_keeps_their_area(share: float) -> None:
    _, before = moments(blots())
    _, after = moments(normalised(blots(), centering=1, proportion=share))
    ratio, ratio_after = (np.log(widths[:, 0] / widths[:, 1] / 0.75) for widths in (before, after))
    np.testing.assert_allclose(ratio_after, (1 - share) * ratio, atol=0.03)
    np.testing.assert_allclose(after.prod(axis=1), before.prod(axis=1), rtol=0.05)


def test_images_without_moments_stay_in_the_frame() -> None:
    images = np.zeros((3, 16, 16), np.float32)
    images[1, :, 3] = 1  # a stroke of no width
    images[2, 5, 5] = 1e-6
    affine = moment_affine(images, centering=1, proportion=1)
    np.testing.assert_array_equal(affine[:1], identity_affine(1))
    assert np.isfinite(affine).all()
    assert np.abs(affine[:, [0, 1], [0, 1]]).min() > 0.1
    data = normalised(images, centering=1, proportion=1)
    assert data[1].max() == pytest.approx(1, abs=0.05)


def test_gamma_raises_each_image_to_its_own_power() -> None:
    assert random_gamma(np.random.default_rng(0), IMAGES, gamma=0).tolist() == IMAGES.tolist()
    half = np.full((4000, 2, 2), 0.5, np.float32)
    half[:, 0, 0], half[:, 1, 1] = 0, 1
    bent = random_gamma(np.random.default_rng(0), half, gamma=0.4)
    assert bent.dtype == np.float32
    assert (bent[:, 0, 0] == 0).all()
    assert (bent[:, 1, 1] == 1).all()
    powers = np.log(np.log(bent[:, 0, 1]) / np.log(0.5))
    assert powers.min() == pytest.approx(-0.4, abs=0.01)
    assert powers.max() == pytest.approx(0.4, abs=0.01)


WARP = """
import hashlib
import numpy as np
from tests.test_augmentation import IMAGES, mx, network_input, random_affine
affine = random_affine(
    np.random.default_rng(0), 6, rotation=12, shear=0.2, scale=0.1, aspect=0.1, shift=0.1
)
data = network_input(
    IMAGES, affine, image_size=32, margin=0.35, centering=0.7, proportion=0.7,
    input_range=(-1, 1), context=mx.cpu(),
)
print(hashlib.sha256(data.asnumpy().tobytes()).hexdigest())
"""


def test_the_bits_do_not_depend_on_blas() -> None:
    # Those of two kinds of processor; without a setting of ours they differ.
    found = {
        subprocess.run(
            [sys.executable, "-c", WARP],
            cwd=Path(__file__).parents[1],
            env=os.environ | {"OPENBLAS_CORETYPE": kernels},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for kernels in ("Nehalem", "Haswell")
    }
    assert len(found) == 1
