import numpy as np
import pytest

from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.training.folds import FOLDS, fold
from tests.training.small import real_digits


def test_parts_are_stratified_and_together_all_images() -> None:
    digits = real_digits()
    digits = digits[np.arange(0, len(digits), 3)]
    parts = [fold(digits, number, 0) for number in range(FOLDS)]
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(digits)))
    for part in parts:
        counts = np.bincount(digits.labels[part], minlength=10)
        assert np.abs(counts - np.bincount(digits.labels) / FOLDS).max() <= 4
    assert parts[1].tolist() == fold(digits, 1, 0).tolist()
    assert parts[1].tolist() != fold(digits, 1, 1).tolist()


def test_equal_images_are_in_one_part(random_digits: Dataset) -> None:
    images = random_digits.images.copy()
    images[[5, 17, 33]] = images[0]
    copies = Dataset(images, random_digits.labels % 5)
    for number in range(FOLDS):
        assert len({0, 5, 17, 33} & set(fold(copies, number, 0).tolist())) in (0, 4)


def test_too_few_images_are_refused(random_digits: Dataset) -> None:
    with pytest.raises(InputError, match="found 4 different images"):
        fold(random_digits[:4], 0, 0)
