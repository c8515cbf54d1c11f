import numpy as np

from lenet.core.npz import Dataset
from lenet.figures.examples import draw_augmented, draw_gallery


def test_a_gallery_has_a_row_a_class() -> None:
    labels = np.array([3, 1, 3, 1, 3])
    images = np.random.default_rng(0).random((5, 16, 16), dtype=np.float32)
    (axes,) = draw_gallery(Dataset(images, labels)).axes
    mosaic = np.ma.filled(axes.images[0].get_array(), np.nan)
    assert np.array_equal(mosaic[18 + 1 : 18 + 17, 19:35], images[2])
    # Classes without images have no row.
    assert len(mosaic) == 2 * 18
    assert [t.get_text() for t in axes.get_yticklabels()] == ["1  (2)", "3  (3)"]


def test_each_digit_stands_beside_its_copies() -> None:
    generator = np.random.default_rng(0)
    originals = generator.random((3, 8, 8), dtype=np.float32)
    augmented = generator.random((3, 4, 8, 8), dtype=np.float32)
    left, right = draw_augmented(originals, augmented).axes
    shown = np.ma.filled(left.images[0].get_array(), np.nan)
    assert np.array_equal(shown[11:19, 1:9], originals[1])
    shown = np.ma.filled(right.images[0].get_array(), np.nan)
    assert np.array_equal(shown[11:19, 31:39], augmented[1, 3])
    # Both use the same scale of grey.
    assert left.images[0].get_clim() == right.images[0].get_clim()
