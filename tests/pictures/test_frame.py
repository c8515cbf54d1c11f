"""Characters put into the frame of the training images."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from lenet.pictures.frame import Character, Frame

DIGITS = (load_digits().images[:60] / 16).astype(np.float32)


def placed(frame: Frame) -> NDArray[np.float32]:
    """Return digits in images of 28 x 28 pixels."""
    images = []
    for digit in DIGITS:
        rows, columns = (np.flatnonzero((digit > 0.3).any(axis=axis)) for axis in (1, 0))
        cut = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        large = np.kron(cut, np.ones((20, 20)))
        images.append(Character(large, (0, 0, 1, 1)).framed(28, frame))
    return np.array(images)


@pytest.mark.parametrize(
    "expected",
    [
        Frame(),
        Frame(20 / 28),
        Frame(20 / 28, by_mass=True),
        Frame(20 / 28, by_mass=True, offset=0.5),
    ],
)
def test_the_frame_of_images_is_measured(expected: Frame) -> None:
    images = placed(expected)
    frame = Frame.of(images)
    assert frame.size == pytest.approx(expected.size, abs=0.04)
    assert frame.by_mass == expected.by_mass
    assert frame.offset == pytest.approx(expected.offset, abs=0.1)
    # The first image is blank.
    blank = np.zeros((1, 28, 28), np.float32)
    assert Frame.of(np.concatenate([blank, images])) == frame
    assert Frame.of(blank) == Frame()


@pytest.mark.parametrize("offset", [0, 0.5, -3])
def test_the_centre_of_mass_is_where_the_frame_says(offset: float) -> None:
    ink = np.zeros((40, 20))
    ink[:, 4], ink[30:] = 1, 1
    image = Character(ink, (0, 0, 40, 20)).framed(30, Frame(0.5, by_mass=True, offset=offset))
    mass = [np.average(np.arange(30) + 0.5, weights=image.sum(axis=axis)) for axis in (1, 0)]
    np.testing.assert_allclose(mass, 15 + offset, atol=0.51)
    box = Character(ink, (0, 0, 40, 20)).framed(30, Frame(0.5))
    rows = np.flatnonzero(box.any(axis=1))
    assert (rows[0], rows[-1]) == (7, 21)
