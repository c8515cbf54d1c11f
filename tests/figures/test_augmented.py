import numpy as np

from lenet.figures.augmented import draw_augmented


def test_each_digit_stands_beside_its_copies() -> None:
    generator = np.random.default_rng(0)
    originals = generator.random((3, 8, 8), dtype=np.float32)
    augmented = generator.random((3, 4, 8, 8), dtype=np.float32)
    left, right = draw_augmented(originals, augmented).axes
    found = np.ma.filled(left.images[0].get_array(), np.nan)
    assert np.array_equal(found[11:19, 1:9], originals[1])
    found = np.ma.filled(right.images[0].get_array(), np.nan)
    assert np.array_equal(found[11:19, 31:39], augmented[1, 3])
    # Both use the same scale of grey.
    assert left.images[0].get_clim() == right.images[0].get_clim()
