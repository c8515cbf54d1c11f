import numpy as np
import pytest

from lenet.data_card import data_card, shared_images
from lenet.digits import Digits


def test_the_card_counts_what_is_there(random_digits: Digits) -> None:
    images = random_digits.images.copy()
    images[7] = images[3]
    images[9] = images[3]
    labels = random_digits.labels.copy()
    labels[0] = 9
    card = data_card(Digits(images, labels), (-1.0, 0.5))
    assert card["images"] == 40
    assert card["images_per_class"] == {"0": 3, "9": 5} | {str(d): 4 for d in range(1, 9)}
    assert card["mean_ink"] == pytest.approx(images.mean(), abs=1e-6)
    assert (card["pixel_min"], card["pixel_max"]) == (-1.0, 0.5)
    assert card["duplicates"] == 2


def test_shared_images_are_named_with_their_labels(random_digits: Digits) -> None:
    train = random_digits[np.arange(0, 30)]
    test = random_digits[np.array([35, 4, 36, 29])]
    test.labels[3] = 0
    pairs = shared_images(train, test)
    assert pairs.columns.tolist() == ["test_index", "test_label", "train_index", "train_label"]
    assert pairs.to_numpy().tolist() == [[1, 4, 4, 4], [3, 0, 29, 9]]
    assert shared_images(train, random_digits[np.arange(30, 40)]).empty
