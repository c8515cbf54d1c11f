import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from lenet.core.near import nearly_equal_image


def random_images(count: int, side: int = 16) -> NDArray[np.float32]:
    """Return images of random strokes, whose ink reaches the edges."""
    generator = np.random.default_rng(3)
    noise = generator.random((count, side, side), dtype=np.float32)
    return np.where(noise > 0.5, noise, 0).astype(np.float32)


def shifted(images: NDArray[np.float32], down: int, right: int) -> NDArray[np.float32]:
    """Return images moved, with background where they were."""
    side = images.shape[1]
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    return padded[:, 2 - down : 2 - down + side, 2 - right : 2 - right + side]


@given(st.integers(-1, 1), st.integers(-1, 1), st.floats(0.2, 1))
def test_an_image_is_found_when_shifted_by_a_pixel_and_scaled(
    down: int, right: int, scale: float
) -> None:
    among = random_images(50)
    images = (shifted(among[:7], down, right) * scale).astype(np.float32)
    assert nearly_equal_image(images, among=among).tolist() == list(range(7))
    # The levels of a picture are whole numbers.
    levels = (np.round(255 * images) / 255).astype(np.float32)
    assert nearly_equal_image(levels, among=among).tolist() == list(range(7))


@pytest.mark.parametrize("side", [8, 16])
def test_other_images_are_not_found(side: int) -> None:
    among = random_images(300, side)
    blank = np.zeros((3, side, side), np.float32)
    for images in (random_images(600, side)[300:], blank, shifted(among[:20], 2, 0)):
        assert (nearly_equal_image(images, among=among) == -1).all()
    assert (nearly_equal_image(blank, among=np.concatenate([among, blank])) == -1).all()
    # Such an image has no inner pixels.
    tiny = np.ones((4, 2, 2), np.float32)
    assert (nearly_equal_image(tiny, among=tiny) == -1).all()


def test_the_first_such_image_counts_and_itself_does_not() -> None:
    images = random_images(10)
    images[6] = shifted(images[2:3], 1, 1)[0]
    images[8] = images[2]
    found = nearly_equal_image(images, among=images, earlier=True)
    assert found.tolist() == [-1, -1, -1, -1, -1, -1, 2, -1, 2, -1]
    assert nearly_equal_image(images, among=images)[8] == 2
