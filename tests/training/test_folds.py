import numpy as np
import pytest

from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.training.folds import FOLDS, parts
from tests.training.small import real_digits


def test_parts_are_stratified_and_together_all_images() -> None:
    digits = real_digits()
    digits = digits[np.arange(0, len(digits), 3)]
    divided = parts(digits, 0)
    assert len(divided) == FOLDS
    assert sorted(np.concatenate(divided).tolist()) == list(range(len(digits)))
    for part in divided:
        counts = np.bincount(digits.labels[part], minlength=10)
        assert np.abs(counts - np.bincount(digits.labels) / FOLDS).max() <= 4
    assert divided[1].tolist() == parts(digits, 0)[1].tolist()
    assert divided[1].tolist() != parts(digits, 1)[1].tolist()


def test_equal_images_are_in_one_part(random_digits: Dataset) -> None:
    images = random_digits.images.copy()
    images[[5, 17, 33]] = images[0]
    copies = Dataset(images, random_digits.labels % 5)
    for part in parts(copies, 0):
        assert len({0, 5, 17, 33} & set(part.tolist())) in (0, 4)


def test_too_few_images_are_refused(random_digits: Dataset) -> None:
    with pytest.raises(InputError, match="4 images cannot be divided into 5 parts"):
        parts(random_digits[:4], 0)
