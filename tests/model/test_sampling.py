import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.ndimage import affine_transform, map_coordinates

from lenet.model._mxnet import mx
from lenet.model.deformation import Deformation
from lenet.model.preprocess import Preprocess
from lenet.model.sampling import network_input
from tests.project import ROOT
from tests.settings import AUGMENT, DEFAULT_PREPROCESS, PLAIN_PREPROCESS

IMAGES = np.random.default_rng(0).random((6, 16, 16), dtype=np.float32)
# The network's values are the values of the ink.
INK = PLAIN_PREPROCESS.changed({"input_range": (0, 1)})


def seen(
    images: np.ndarray,
    deformation: Deformation,
    preprocess: Preprocess = INK,
    *,
    size: int = 16,
) -> np.ndarray:
    data = network_input(images, deformation, preprocess, size=size, context=mx.cpu())
    assert data.shape == (len(images), 1, size, size)
    return data.asnumpy()[:, 0]


def test_unwarped_at_their_own_size_images_stay_as_they_are() -> None:
    np.testing.assert_allclose(seen(IMAGES, Deformation.identity(6)), IMAGES, atol=1e-5)


@pytest.mark.parametrize("margin", [0.0, 0.2])
@pytest.mark.parametrize("elastic", [0.0, 0.2])
def test_enlarging_and_warping_equal_scipys_sampling(margin: float, elastic: float) -> None:
    augment = AUGMENT.changed({"gamma": 0, "elastic": elastic, "control_points": 5})
    deformation, _ = augment.draw(np.random.default_rng(2), IMAGES)
    affine = deformation.affine
    # Sampling takes any affine map, though training draws none that slant or stretch.
    affine[:, 0, 1] += np.linspace(-0.25, 0.25, 6)
    affine[:, 0, 0] *= np.exp(np.linspace(0.2, -0.2, 6))
    result = seen(IMAGES, deformation, INK.changed({"margin": margin}), size=32)
    line = np.linspace(-1, 1, 32)
    y, x = np.meshgrid(line, line, indexing="ij")
    # The control points lie from corner to corner of the input.
    points = [(y + 1) * 2, (x + 1) * 2]
    parts = zip(IMAGES, affine, deformation.elastic, result, strict=True)
    for image, matrix, shifts, augmented in parts:
        u, v = np.einsum("ij,jhw->ihw", matrix[:, :2] * (1 + margin), np.stack([x, y]))
        u = u + matrix[0, 2] + map_coordinates(shifts[0], points, order=3, mode="mirror")
        v = v + matrix[1, 2] + map_coordinates(shifts[1], points, order=3, mode="mirror")
        # A border of background lets SciPy fade into it as BilinearSampler does.
        expected = map_coordinates(
            np.pad(image, 1), [(v + 1) * 7.5 + 1, (u + 1) * 7.5 + 1], order=1, mode="constant"
        )
        np.testing.assert_allclose(augmented, expected, atol=1e-4)


def test_margin_and_input_range_frame_the_digit() -> None:
    ink = np.ones((1, 16, 16), np.float32)
    preprocess = PLAIN_PREPROCESS.changed({"margin": 0.25, "input_range": (-1, 3)})
    (data,) = seen(ink, Deformation.identity(1), preprocess, size=32)
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
    (data,) = seen(image[None], Deformation(quarter, np.empty((1, 2, 0, 0), np.float32)))
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
    return seen(images, Deformation.identity(len(images)), INK.changed(amounts), size=64)


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


def test_a_stroke_of_no_width_stays_in_the_frame() -> None:
    stroke = np.zeros((1, 16, 16), np.float32)
    stroke[0, :, 3] = 1
    assert normalised(stroke, centering=1, proportion=1).max() == pytest.approx(1, abs=0.05)


def test_the_bits_of_an_image_do_not_depend_on_the_images_beside_it() -> None:
    # Several workers sample their parts of a batch, and train the network of one process.
    images = np.random.default_rng(1).random((100, 16, 16), dtype=np.float32)
    deformation, _ = AUGMENT.draw(np.random.default_rng(2), images)
    whole = seen(images, deformation, DEFAULT_PREPROCESS, size=32)
    for part in (slice(0, 1), slice(3, 10), slice(36, 100)):
        alone = seen(images[part], deformation[part], DEFAULT_PREPROCESS, size=32)
        np.testing.assert_array_equal(alone, whole[part])


SAMPLED = """
import hashlib
import numpy as np
from tests.model.test_sampling import IMAGES, seen
from tests.settings import DEFAULT_PREPROCESS, AUGMENT
deformation, _ = AUGMENT.draw(np.random.default_rng(0), IMAGES)
data = seen(IMAGES, deformation, DEFAULT_PREPROCESS, size=32)
print(hashlib.sha256(data.tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_the_bits_do_not_depend_on_blas() -> None:
    # OpenBLAS has other kernels for each kind of processor.
    found = {
        subprocess.run(
            [sys.executable, "-c", SAMPLED],
            cwd=ROOT,
            env=os.environ | {"OPENBLAS_CORETYPE": kernels},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for kernels in ("Nehalem", "Haswell")
    }
    assert len(found) == 1
