import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import affine_transform, map_coordinates

from lenet.core.npz import Dataset
from lenet.model._mxnet import mx
from lenet.model.prediction import network_input, probabilities
from lenet.model.preprocess import Preprocess, identity
from tests.project import ROOT
from tests.settings import AUGMENT, DEFAULT_PREPROCESS, PLAIN_PREPROCESS
from tests.training.small import ASKED, real_digits, trained

IMAGES = np.random.default_rng(0).random((6, 16, 16), dtype=np.float32)
# The network's values are the values of the ink.
INK = PLAIN_PREPROCESS.changed({"input_range": (0, 1)})


def seen(
    images: np.ndarray, deformations: np.ndarray, preprocess: Preprocess = INK, *, size: int = 16
) -> np.ndarray:
    data = network_input(images, deformations, preprocess, size=size, context=mx.cpu())
    assert data.shape == (len(images), 1, size, size)
    return data.asnumpy()[:, 0]


@pytest.mark.parametrize("margin", [0.0, 0.2])
@pytest.mark.parametrize("elastic", [0.0, 0.2])
def test_images_are_sampled_as_scipy_samples_them(margin: float, elastic: float) -> None:
    augment = AUGMENT.changed({"gamma": 0, "elastic": elastic, "control_points": 5})
    deformations, _ = augment.draw(np.random.default_rng(2), IMAGES)
    # Sampling takes any affine map, though training draws none that slant or stretch.
    deformations[:, 0, 1] += np.linspace(-0.25, 0.25, 6)
    deformations[:, 0, 0] *= np.exp(np.linspace(0.2, -0.2, 6))
    result = seen(IMAGES, deformations, INK.changed({"margin": margin}), size=32)
    line = np.linspace(-1, 1, 32)
    y, x = np.meshgrid(line, line, indexing="ij")
    # The control points lie from corner to corner of the input.
    points = [(y + 1) * 2, (x + 1) * 2]
    for image, matrix, augmented in zip(IMAGES, deformations, result, strict=True):
        u, v = np.einsum("ij,jhw->ihw", matrix[:, :2] * (1 + margin), np.stack([x, y]))
        shifts = matrix[:, 3:].reshape(2, 5, 5)
        u = u + matrix[0, 2] + map_coordinates(shifts[0], points, order=3, mode="mirror")
        v = v + matrix[1, 2] + map_coordinates(shifts[1], points, order=3, mode="mirror")
        # A border of background lets SciPy fade into it as BilinearSampler does.
        expected = map_coordinates(
            np.pad(image, 1), [(v + 1) * 7.5 + 1, (u + 1) * 7.5 + 1], order=1, mode="constant"
        )
        np.testing.assert_allclose(augmented, expected, atol=1e-4)


def test_scipy_agrees_on_the_direction_of_a_turn() -> None:
    image = np.zeros((16, 16), np.float32)
    image[2, 4] = 1
    (data,) = seen(image[None], np.array([[[0, -1, 0], [1, 0, 0]]], np.float32))
    expected = affine_transform(image, [[0, 1], [-1, 0]], offset=[0, 15], order=1)
    np.testing.assert_allclose(data, expected, atol=1e-4)


def test_margin_and_input_range_frame_the_digit() -> None:
    ink = np.ones((1, 16, 16), np.float32)
    preprocess = PLAIN_PREPROCESS.changed({"margin": 0.25, "input_range": (-1, 3)})
    (data,) = seen(ink, identity(1), preprocess, size=32)
    # Between the centres of the outer pixels lie 31 pixels; the digit takes 1/1.25 of them.
    inked = np.flatnonzero(data[16] > 2.9)
    assert len(inked) == pytest.approx(31 / 1.25, abs=1)
    assert inked[0] + inked[-1] == 31
    assert data[0].tolist() == [-1] * 32
    assert data.max() == pytest.approx(3)


def moments(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return centre of mass and deviation of the ink in x and y, of the image in [-1, 1]."""
    line = np.linspace(-1, 1, images.shape[1])
    ink = images.sum(axis=(1, 2))
    profiles = np.stack([images.sum(axis=1), images.sum(axis=2)])
    means = profiles @ line / ink
    return means.T, np.sqrt(profiles @ line**2 / ink - means**2).T


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_the_ink_is_centred_and_gets_the_proportion_of_a_digit(share: float) -> None:
    # Smooth blots of many places, widths and heights, well inside the image.
    generator = np.random.default_rng(4)
    line = np.linspace(-1, 1, 64)
    x, y = generator.uniform(-0.2, 0.2, (2, 20, 1))
    wide, high = generator.uniform(0.08, 0.2, (2, 20, 1))
    across = np.exp(-((line - x) ** 2) / 2 / wide**2)
    down = np.exp(-((line - y) ** 2) / 2 / high**2)
    blots = (down[:, :, None] * across[:, None, :]).astype(np.float32)

    places, before = moments(blots)
    centred = seen(blots, identity(20), INK.changed({"centering": share}), size=64)
    places_after, same = moments(centred)
    np.testing.assert_allclose(places_after, (1 - share) * places, atol=0.01)
    np.testing.assert_allclose(same, before, atol=0.01)

    preprocess = INK.changed({"centering": 1, "proportion": share})
    _, after = moments(seen(blots, identity(20), preprocess, size=64))
    ratio, ratio_after = (np.log(widths[:, 0] / widths[:, 1] / 0.75) for widths in (before, after))
    np.testing.assert_allclose(ratio_after, (1 - share) * ratio, atol=0.03)
    np.testing.assert_allclose(after.prod(axis=1), before.prod(axis=1), rtol=0.05)


def test_the_bits_of_an_image_do_not_depend_on_the_images_beside_it() -> None:
    # Several workers sample their parts of a batch, and train the network of one process.
    images = np.random.default_rng(1).random((100, 16, 16), dtype=np.float32)
    deformations, _ = AUGMENT.draw(np.random.default_rng(2), images)
    whole = seen(images, deformations, DEFAULT_PREPROCESS, size=32)
    for part in (slice(0, 1), slice(3, 10), slice(0, None, 3)):
        alone = seen(images[part], deformations[part], DEFAULT_PREPROCESS, size=32)
        np.testing.assert_array_equal(alone, whole[part])


SAMPLED = """
import hashlib
import numpy as np
from tests.model.test_prediction import IMAGES, seen
from tests.settings import DEFAULT_PREPROCESS, AUGMENT
deformations, _ = AUGMENT.draw(np.random.default_rng(0), IMAGES)
data = seen(IMAGES, deformations, DEFAULT_PREPROCESS, size=32)
print(hashlib.sha256(data.tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_the_bits_do_not_depend_on_blas() -> None:
    # OpenBLAS has other kernels for each kind of processor.
    printed = {
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
    assert len(printed) == 1


def test_the_network_is_asked_as_in_training(random_digits: Dataset) -> None:
    # Outside of training mode MXNet reorders the weights at random times: see `probabilities`.
    class Watched(mx.gluon.Block):
        def forward(self, data: mx.nd.NDArray) -> mx.nd.NDArray:
            assert mx.autograd.is_training()
            assert not mx.autograd.is_recording()
            return data.mean(axis=(1, 2, 3)).reshape(-1, 1).tile((1, 10))

    scores = probabilities(Watched(), random_digits.images, **ASKED)
    np.testing.assert_allclose(scores, 0.1, rtol=1e-6)


def test_probabilities_come_in_order_and_are_means_over_a_grid_of_shifts() -> None:
    digits = real_digits()
    lenet, _ = trained(digits[np.arange(64)], {"epochs": 1})

    def given(images: np.ndarray, **asked: Any) -> np.ndarray:
        return probabilities(lenet, images, **ASKED | asked)

    together = given(digits.images[:1100])
    for start in (0, 500, 1000):
        part = slice(start, start + 100)
        np.testing.assert_allclose(together[part], given(digits.images[part]), atol=1e-5)
    inside = np.pad(digits.images[:20, 2:-2, 2:-2], ((0, 0), (2, 2), (2, 2)))
    steps = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    apart = [given(np.roll(inside, step, axis=(1, 2))) for step in steps]
    # A pixel of a 16 x 16 image is 2/15 in normalised coordinates.
    shifted = given(inside, test_shift=2 / 15)
    np.testing.assert_allclose(shifted, np.mean(apart, axis=0), atol=1e-5)
