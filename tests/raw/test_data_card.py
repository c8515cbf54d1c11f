import hashlib
from pathlib import Path

import numpy as np
import pytest

from lenet.core.npz import Dataset
from lenet.raw.data_card import data_card
from lenet.raw.formats import Reading
from lenet.raw.records import Records
from lenet.raw.statistics import Statistics


def test_the_card_counts_what_is_there(tmp_path: Path, random_digits: Dataset) -> None:
    images = random_digits.images.copy()
    images[7] = images[3]
    images[9] = images[3]
    images[20] = np.roll(images[11], 1, axis=0)
    images[21] = images[12] * 0.5
    # More copies than an image is compared with; and two images without ink.
    images[30:36] = images[29]
    images[38:] = 0
    labels = random_digits.labels.copy()
    labels[0] = 9
    raw, npz = tmp_path / "a.jf", tmp_path / "a.npz"
    raw.write_bytes(b"raw")
    npz.write_bytes(b"npz")
    statistics = Statistics()
    statistics.add(Records(labels, np.array([[-1.0, 0.5, 0, 0]] * 40), first_index=0))
    reading = Reading(Dataset(images, labels), statistics)
    card = data_card(reading, classes=12, raw=raw, npz=npz)
    assert card["images"] == 40
    assert [each["images"] for each in card["classes"]] == [3, *[4] * 8, 5, 0, 0]
    assert [each["class"] for each in card["classes"]] == list(range(12))
    assert card["mean_ink"] == pytest.approx(images.mean(), abs=1e-6)
    assert (card["pixel_min"], card["pixel_max"]) == (-1.0, 0.5)
    assert card["duplicates"] == 9
    assert card["near_duplicates"] == 2
    assert card["first_index"] == 0
    assert card["raw_md5"] == hashlib.md5(b"raw", usedforsecurity=False).hexdigest()
    assert card["npz_md5"] == hashlib.md5(b"npz", usedforsecurity=False).hexdigest()
