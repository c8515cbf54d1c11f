"""Characters put into the frame of the training images."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from lenet.pictures.frame import Character, Frame

DIGITS = (load_digits().images[:60] / 16).astype(np.float32)


def placed(size: int, *, by_mass: bool) -> NDArray[np.float32]:
    """Return digits in images of 28 x 28 pixels; the longer side of each is `size`."""
    images = []
    for digit in DIGITS:
        rows, columns = (np.flatnonzero((digit > 0.3).any(axis=axis)) for axis in (1, 0))
        cut = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        large = np.kron(cut, np.ones((20, 20)))
        images.append(Character(large, (0, 0, 1, 1)).framed(28, Frame(size / 28, by_mass)))
    return np.array(images)


@pytest.mark.parametrize("by_mass", [False, True])
@pytest.mark.parametrize("size", [28, 20])
def test_the_frame_of_images_is_measured(size: int, by_mass: bool) -> None:
    images = placed(size, by_mass=by_mass)
    frame = Frame.of(images)
    assert frame.size == pytest.approx(size / 28, abs=0.04)
    # Where a character fills its image, there is no room to move it.
    assert size == 28 or frame.by_mass == by_mass
    # The first image is blank.
    blank = np.zeros((1, 28, 28), np.float32)
    assert Frame.of(np.concatenate([blank, images])) == frame
    assert Frame.of(blank) == Frame()


def test_the_centre_of_mass_is_in_the_middle() -> None:
    ink = np.zeros((40, 20))
    ink[:, 4], ink[30:] = 1, 1
    image = Character(ink, (0, 0, 40, 20)).framed(30, Frame(0.5, by_mass=True))
    mass = [np.average(np.arange(30) + 0.5, weights=image.sum(axis=axis)) for axis in (1, 0)]
    np.testing.assert_allclose(mass, 15, atol=0.51)
    box = Character(ink, (0, 0, 40, 20)).framed(30, Frame(0.5))
    rows = np.flatnonzero(box.any(axis=1))
    assert (rows[0], rows[-1]) == (7, 21)
