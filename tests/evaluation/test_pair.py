from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.evaluation.pair import check_pair

IMAGES = np.zeros((4, 6, 6), np.float32)
IMAGES[:, 2:4] = 1
TRAIN = Dataset(IMAGES, np.arange(4), class_names=("a", "b"), reading={"pictures": "whole"})


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"images": np.zeros((4, 8, 8), np.float32)}, "side: 6 in training images, 8 in test"),
        ({"class_names": ("a", "c")}, "names of the classes: b in training images, c in"),
        (
            {"class_names": ("a", "b", "c")},
            "names of the classes: a, b in training images, a, b, c in",
        ),
        ({"class_names": ()}, "names of the classes: a, b in training images, numbers in"),
        ({"reading": {"pictures": "cut"}}, "pictures: whole in training images, cut in test"),
        ({"images": 1 - IMAGES}, "most of the images: background in training images, ink in"),
    ],
)
def test_test_images_that_were_read_in_another_way_are_refused(
    change: dict[str, Any], found: str
) -> None:
    with pytest.raises(InputError, match=found):
        check_pair(TRAIN, replace(TRAIN, **change))


def test_test_images_of_another_kind_of_file_may_be_read_by_other_settings() -> None:
    check_pair(TRAIN, replace(TRAIN, images=IMAGES[:, ::-1].copy(), reading={"transpose": False}))
