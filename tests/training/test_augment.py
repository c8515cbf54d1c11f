import numpy as np
import pytest

from lenet.model.preprocess import identity
from tests.settings import AUGMENT, NO_AUGMENT

IMAGES = np.random.default_rng(0).random((6, 16, 16), dtype=np.float32)


def drawn(**amount: float) -> tuple[np.ndarray, np.ndarray]:
    """Return 4,000 deformations with one change, and the images, which were 0.5."""
    half = np.full((4000, 2, 2), 0.5, np.float32)
    deformations, images = NO_AUGMENT.changed(amount).draw(np.random.default_rng(3), half)
    assert deformations.dtype == images.dtype == np.float32
    return deformations.astype(float), images


def reach(values: np.ndarray) -> list[float]:
    return [values.min(), values.max()]


def test_no_augmentation_is_the_identity() -> None:
    deformations, images = NO_AUGMENT.draw(np.random.default_rng(1), IMAGES)
    np.testing.assert_array_equal(deformations[:, :, :3], identity(6))
    assert not deformations[:, :, 3:].any()
    np.testing.assert_array_equal(images, IMAGES)


def test_each_amount_does_what_it_says() -> None:
    turns, _ = drawn(rotation=12)
    angles = np.rad2deg(np.arctan2(turns[:, 1, 0], turns[:, 0, 0]))
    assert reach(angles) == pytest.approx([-12, 12], abs=0.1)
    np.testing.assert_allclose(np.linalg.det(turns[:, :, :2]), 1, atol=1e-5)

    scaled, _ = drawn(scale=0.15)
    assert reach(np.log(scaled[:, 0, 0])) == pytest.approx([-0.15, 0.15], abs=0.01)
    # Width and height change alike, and nothing slants.
    np.testing.assert_array_equal(scaled[:, 1, 1], scaled[:, 0, 0])
    np.testing.assert_array_equal(scaled[:, [0, 1], [1, 0]], 0)

    shifts = drawn(shift=0.12)[0][:, :, 2]
    assert reach(shifts) == pytest.approx([-0.12, 0.12], abs=0.01)
    assert np.abs(np.corrcoef(shifts.T)[0, 1]) < 0.1

    powers = np.log(np.log(drawn(gamma=0.4)[1][:, 0, 1]) / np.log(0.5))
    assert reach(powers) == pytest.approx([-0.4, 0.4], abs=0.01)


def test_elastic_shifts_have_an_amplitude_of_each_image() -> None:
    shifts = drawn(elastic=0.12, control_points=6)[0][:, :, 3:].reshape(4000, 72)
    amplitudes = shifts.std(axis=1)
    # Uniform up to 0.12: the mean is half of that.
    assert amplitudes.mean() == pytest.approx(0.06, rel=0.05)
    assert np.quantile(amplitudes, 0.25) == pytest.approx(0.03, rel=0.1)
    assert amplitudes.max() < 0.12 * 1.4
    correlations = np.corrcoef((shifts / amplitudes[:, None]).T) - np.eye(72)
    assert np.abs(correlations).max() < 0.1


def test_an_amount_does_not_change_the_draws_of_the_others() -> None:
    whole, images = AUGMENT.draw(np.random.default_rng(5), IMAGES)
    for name in ("rotation", "scale", "shift", "elastic"):
        other, same = AUGMENT.changed({name: 0}).draw(np.random.default_rng(5), IMAGES)
        np.testing.assert_array_equal(same, images)
        if name != "shift":
            np.testing.assert_array_equal(other[:, :, 2], whole[:, :, 2])
        if name != "elastic":
            np.testing.assert_array_equal(other[:, :, 3:], whole[:, :, 3:])
