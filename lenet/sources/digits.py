"""The 1,797 digits that come with scikit-learn."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from lenet.raw.records import Records

# Advice for a user without network.
DIGITS_INSTEAD = (
    "or take the digits that come with scikit-learn, which need no network: `lenet fetch digits`."
)


def digits() -> tuple[Records, Records]:
    """Return scikit-learn's 1,797 digits, 8 x 8 enlarged to 16 x 16, pixels in [0, 2].

    Returns the training and the test records; a fifth, stratified, is for testing.
    """
    bunch = load_digits()
    enlarged = bunch.images.repeat(2, axis=1).repeat(2, axis=2) / 8
    records = Records(bunch.target.astype(np.int64), enlarged.reshape(len(enlarged), -1))
    train, test = train_test_split(
        np.arange(len(records)), test_size=0.2, stratify=records.labels, random_state=0
    )
    return records[train], records[test]
