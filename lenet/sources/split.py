"""The official split of USPS."""

from pathlib import Path

import numpy as np

from lenet.core.errors import InputError
from lenet.raw.records import Records

# Images of each digit, from 0 to 9.
TRAIN_COUNTS = (1194, 1005, 731, 658, 652, 556, 664, 645, 542, 644)
TEST_COUNTS = (359, 264, 198, 166, 200, 160, 170, 147, 166, 177)


def official_split(records: Records, test_index: Path) -> tuple[Records, Records]:
    """Divide the 9,298 USPS records into the official 7,291 for training and 2,007 for testing.

    Args:
        records: in the archive's order.
        test_index: text file with the places of the test records, in the official order.

    Raises InputError where the numbers of each class are not the published ones.
    """
    is_test = np.zeros(len(records), bool)
    test_order = np.loadtxt(test_index, dtype=np.int64)
    is_test[test_order] = True
    train, test = records[np.flatnonzero(~is_test)], records[test_order]
    for part, expected in ((train, TRAIN_COUNTS), (test, TEST_COUNTS)):
        found = tuple(np.bincount(part.labels, minlength=len(expected)).tolist())
        if found != expected:
            raise InputError(
                f"{test_index}: gives {found} images a class; expected {expected}. "
                f"`git checkout {test_index}` restores the file."
            )
    return train, test
