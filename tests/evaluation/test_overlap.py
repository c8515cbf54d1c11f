from lenet.core.npz import Dataset
from lenet.evaluation.overlap import equal_image


def test_an_image_is_found_among_others_where_it_first_stands(random_digits: Dataset) -> None:
    others = random_digits.images[:30].copy()
    others[17] = others[4]
    wanted = random_digits.images[[35, 4, 36, 29]]
    assert equal_image(wanted, among=others).tolist() == [-1, 4, -1, 29]
