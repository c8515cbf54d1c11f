import numpy as np
import pytest

from lenet.model.deformation import Deformation
from tests.settings import AUGMENT, NO_AUGMENT

IMAGES = np.random.default_rng(0).random((6, 16, 16), dtype=np.float32)


def test_no_augmentation_is_the_identity() -> None:
    deformation, images = NO_AUGMENT.draw(np.random.default_rng(1), IMAGES)
    np.testing.assert_array_equal(deformation.affine, Deformation.identity(6).affine)
    assert not deformation.elastic.any()
    np.testing.assert_array_equal(images, IMAGES)


def test_each_amount_does_what_it_says() -> None:
    images = np.zeros((4000, 2, 2), np.float32)

    def drawn(**amount: float) -> np.ndarray:
        deformation, _ = NO_AUGMENT.changed(amount).draw(np.random.default_rng(3), images)
        assert deformation.affine.dtype == np.float32
        return deformation.affine.astype(float)

    turns = drawn(rotation=12)
    angles = np.rad2deg(np.arctan2(turns[:, 1, 0], turns[:, 0, 0]))
    assert angles.min() == pytest.approx(-12, abs=0.1)
    assert angles.max() == pytest.approx(12, abs=0.1)
    np.testing.assert_allclose(np.linalg.det(turns[:, :, :2]), 1, atol=1e-5)

    scaled = drawn(scale=0.15)
    sizes = np.log(scaled[:, 0, 0])
    assert sizes.min() == pytest.approx(-0.15, abs=0.01)
    assert sizes.max() == pytest.approx(0.15, abs=0.01)
    # Width and height change alike, and nothing slants.
    np.testing.assert_array_equal(scaled[:, 1, 1], scaled[:, 0, 0])
    np.testing.assert_array_equal(scaled[:, [0, 1], [1, 0]], 0)

    shifts = drawn(shift=0.12)[:, :, 2]
    assert np.abs(shifts).max() == pytest.approx(0.12, abs=0.01)
    assert np.abs(np.corrcoef(shifts.T)[0, 1]) < 0.1


def test_elastic_shifts_have_an_amplitude_of_each_image() -> None:
    images = np.zeros((4000, 2, 2), np.float32)
    augment = NO_AUGMENT.changed({"elastic": 0.12, "control_points": 6})
    deformation, _ = augment.draw(np.random.default_rng(0), images)
    assert deformation.elastic.dtype == np.float32
    assert deformation.elastic.shape == (4000, 2, 6, 6)
    shifts = deformation.elastic.reshape(4000, 72)
    amplitudes = shifts.std(axis=1)
    # Uniform up to 0.12: the mean is half of that.
    assert amplitudes.mean() == pytest.approx(0.06, rel=0.05)
    assert np.quantile(amplitudes, 0.25) == pytest.approx(0.03, rel=0.1)
    assert amplitudes.max() < 0.12 * 1.4
    correlations = np.corrcoef((shifts / amplitudes[:, None]).T) - np.eye(72)
    assert np.abs(correlations).max() < 0.1


def test_gamma_raises_each_image_to_its_own_power() -> None:
    half = np.full((4000, 2, 2), 0.5, np.float32)
    half[:, 0, 0], half[:, 1, 1] = 0, 1
    _, bent = NO_AUGMENT.changed({"gamma": 0.4}).draw(np.random.default_rng(0), half)
    assert bent.dtype == np.float32
    assert (bent[:, 0, 0] == 0).all()
    assert (bent[:, 1, 1] == 1).all()
    powers = np.log(np.log(bent[:, 0, 1]) / np.log(0.5))
    assert powers.min() == pytest.approx(-0.4, abs=0.01)
    assert powers.max() == pytest.approx(0.4, abs=0.01)


def test_an_amount_does_not_change_the_draws_of_the_others() -> None:
    whole = AUGMENT
    drawn, images = whole.draw(np.random.default_rng(5), IMAGES)
    for name in ("rotation", "scale", "shift", "elastic"):
        other, same = whole.changed({name: 0}).draw(np.random.default_rng(5), IMAGES)
        np.testing.assert_array_equal(same, images)
        if name != "shift":
            np.testing.assert_array_equal(other.affine[:, :, 2], drawn.affine[:, :, 2])
        if name != "elastic":
            np.testing.assert_array_equal(other.elastic, drawn.elastic)
