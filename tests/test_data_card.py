import pytest

from lenet.core.npz import Digits
from lenet.evaluation.overlap import equal_image
from lenet.raw.data_card import data_card


def test_the_card_counts_what_is_there(random_digits: Digits) -> None:
    images = random_digits.images.copy()
    images[7] = images[3]
    images[9] = images[3]
    labels = random_digits.labels.copy()
    labels[0] = 9
    card = data_card(Digits(images, labels), (-1.0, 0.5))
    assert card["images"] == 40
    assert card["images_per_class"] == "3 4 4 4 4 4 4 4 4 5"
    assert card["mean_ink"] == pytest.approx(images.mean(), abs=1e-6)
    assert (card["pixel_min"], card["pixel_max"]) == (-1.0, 0.5)
    assert card["duplicates"] == 2


def test_an_image_is_found_among_others_where_it_first_stands(random_digits: Digits) -> None:
    others = random_digits.images[:30].copy()
    others[17] = others[4]
    wanted = random_digits.images[[35, 4, 36, 29]]
    assert equal_image(wanted, among=others).tolist() == [-1, 4, -1, 29]
