import numpy as np

from lenet.model.preprocess import shifts
from tests.settings import DEFAULT_PREPROCESS, PLAIN_PREPROCESS

IMAGES = np.random.default_rng(0).random((6, 16, 16), dtype=np.float32)


def test_images_without_moments_stay_in_the_frame() -> None:
    # An image without ink, a stroke of no width, and hardly any ink.
    images = np.zeros((3, 16, 16), np.float32)
    images[1, :, 3] = 1
    images[2, 5, 5] = 1e-6
    axes = PLAIN_PREPROCESS.changed({"centering": 1, "proportion": 1}).axes(images)
    assert [(scale[0], offset[0]) for scale, offset in axes] == [(1, 0), (1, 0)]
    assert np.isfinite(axes).all()
    assert min(scale.min() for scale, _ in axes) > 0.1


def test_the_axes_keep_the_area_and_plain_ones_are_the_identity() -> None:
    (x_scale, _), (y_scale, _) = DEFAULT_PREPROCESS.axes(IMAGES)
    assert x_scale.dtype == np.float64
    np.testing.assert_allclose(x_scale * y_scale, 1)
    for scale, offset in PLAIN_PREPROCESS.axes(IMAGES):
        np.testing.assert_array_equal(scale, np.ones(6))
        np.testing.assert_array_equal(offset, np.zeros(6))


def test_shifts_are_none_or_a_grid_around_it() -> None:
    assert shifts(0).tolist() == [[0, 0]]
    assert shifts(0.25)[0].tolist() == [0, 0]
    grid = [[x, y] for x in (-0.25, 0, 0.25) for y in (-0.25, 0, 0.25)]
    assert sorted(shifts(0.25).tolist()) == grid
