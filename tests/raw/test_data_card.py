import hashlib
from pathlib import Path

import pytest

from lenet.core.npz import Digits
from lenet.raw.data_card import data_card


def test_the_card_counts_what_is_there(tmp_path: Path, random_digits: Digits) -> None:
    images = random_digits.images.copy()
    images[7] = images[3]
    images[9] = images[3]
    labels = random_digits.labels.copy()
    labels[0] = 9
    raw, npz = tmp_path / "a.jf", tmp_path / "a.npz"
    raw.write_bytes(b"raw")
    npz.write_bytes(b"npz")
    card = data_card(Digits(images, labels), (-1.0, 0.5), raw=raw, npz=npz)
    assert card["images"] == 40
    assert card["images_per_class"] == "3 4 4 4 4 4 4 4 4 5"
    assert card["mean_ink"] == pytest.approx(images.mean(), abs=1e-6)
    assert (card["pixel_min"], card["pixel_max"]) == (-1.0, 0.5)
    assert card["duplicates"] == 2
    assert card["raw_md5"] == hashlib.md5(b"raw", usedforsecurity=False).hexdigest()
    assert card["npz_md5"] == hashlib.md5(b"npz", usedforsecurity=False).hexdigest()
