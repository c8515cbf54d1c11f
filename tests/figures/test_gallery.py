import numpy as np

from lenet.core.npz import Digits
from lenet.figures.gallery import draw_gallery


def test_a_gallery_has_a_row_a_class() -> None:
    labels = np.array([3, 1, 3, 1, 3])
    images = np.random.default_rng(0).random((5, 16, 16), dtype=np.float32)
    (axes,) = draw_gallery(Digits(images, labels)).axes
    mosaic = np.ma.filled(axes.images[0].get_array(), np.nan)
    assert np.array_equal(mosaic[3 * 18 + 1 : 3 * 18 + 17, 19:35], images[2])
    assert np.isnan(mosaic[:18]).all()
    assert [t.get_text() for t in axes.get_yticklabels()][:4] == [
        "0  (0)",
        "1  (2)",
        "2  (0)",
        "3  (3)",
    ]
