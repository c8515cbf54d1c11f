import numpy as np
import pytest

from lenet.model.preprocess import shifts
from tests.settings import DEFAULT_PREPROCESS, PLAIN_PREPROCESS


def strokes() -> np.ndarray:
    """Return an image without ink, a stroke of no width, and hardly any ink."""
    images = np.zeros((3, 16, 16), np.float32)
    images[1, :, 3] = 1
    images[2, 5, 5] = 1e-6
    return images


def test_images_without_moments_stay_in_the_frame() -> None:
    (x_scale, x_offset), (y_scale, y_offset) = PLAIN_PREPROCESS.changed(
        {"centering": 1, "proportion": 1}
    ).axes(strokes())
    assert (x_scale[0], x_offset[0], y_scale[0], y_offset[0]) == (1, 0, 1, 0)
    assert np.isfinite([x_scale, x_offset, y_scale, y_offset]).all()
    assert np.abs([x_scale, y_scale]).min() > 0.1


def test_the_axes_keep_the_area() -> None:
    images = np.random.default_rng(0).random((6, 16, 16), dtype=np.float32)
    (x_scale, _), (y_scale, _) = DEFAULT_PREPROCESS.axes(images)
    assert x_scale.dtype == np.float64
    np.testing.assert_allclose(x_scale * y_scale, 1)


@pytest.mark.parametrize("side", [16, 17])
def test_a_plain_view_is_the_identity(side: int) -> None:
    images = np.random.default_rng(0).random((4, side, side), dtype=np.float32)
    for scale, offset in PLAIN_PREPROCESS.axes(images):
        np.testing.assert_array_equal(scale, np.ones(4))
        np.testing.assert_array_equal(offset, np.zeros(4))


def test_shifts_are_none_or_a_grid_around_it() -> None:
    assert shifts(0).tolist() == [[0, 0]]
    found = shifts(0.25)
    assert found.dtype == np.float32
    assert found[0].tolist() == [0, 0]
    grid = {(x, y) for x in (-0.25, 0, 0.25) for y in (-0.25, 0, 0.25)}
    assert {*map(tuple, found.tolist())} == grid
    assert len(found) == 9
