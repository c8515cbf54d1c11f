import numpy as np
import pytest

from lenet.model.sampling import identity_affine
from lenet.training.warps import Warp
from tests.project import ROOT
from tests.settings import NO_WARP, changed

IMAGES = np.random.default_rng(0).random((6, 16, 16), dtype=np.float32)


def test_no_warp_is_the_identity() -> None:
    affine, images = NO_WARP.draw(np.random.default_rng(1), IMAGES)
    np.testing.assert_array_equal(affine, identity_affine(6))
    np.testing.assert_array_equal(images, IMAGES)


def test_each_amount_does_what_it_says() -> None:
    images = np.zeros((4000, 2, 2), np.float32)

    def drawn(**amount: float) -> np.ndarray:
        affine, _ = changed(NO_WARP, **amount).draw(np.random.default_rng(3), images)
        assert affine.dtype == np.float32
        return affine.astype(float)

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


def test_gamma_raises_each_image_to_its_own_power() -> None:
    half = np.full((4000, 2, 2), 0.5, np.float32)
    half[:, 0, 0], half[:, 1, 1] = 0, 1
    _, bent = changed(NO_WARP, gamma=0.4).draw(np.random.default_rng(0), half)
    assert bent.dtype == np.float32
    assert (bent[:, 0, 0] == 0).all()
    assert (bent[:, 1, 1] == 1).all()
    powers = np.log(np.log(bent[:, 0, 1]) / np.log(0.5))
    assert powers.min() == pytest.approx(-0.4, abs=0.01)
    assert powers.max() == pytest.approx(0.4, abs=0.01)


def test_an_amount_does_not_change_the_draws_of_the_others() -> None:
    whole = Warp.load(ROOT / "params.yaml")
    affine, images = whole.draw(np.random.default_rng(5), IMAGES)
    for name in ("rotation", "scale", "shift"):
        other, same = changed(whole, **{name: 0}).draw(np.random.default_rng(5), IMAGES)
        np.testing.assert_array_equal(same, images)
        if name != "shift":
            np.testing.assert_array_equal(other[:, :, 2], affine[:, :, 2])
