from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.raw import formats
from lenet.raw.formats import split
from lenet.raw.layout import Layout

IMAGES, LABELS = load_digits(return_X_y=True)
LAYOUT = Layout.of(side=8, pixel_range=(0, 16), first_label=0, first_index=1, classes=10)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """200 digits, .jf."""
    images = (IMAGES[:200] / 16).astype(np.float32).reshape(-1, 8, 8)
    formats.write(Dataset(images, LABELS[:200]), tmp_path / "whole.jf", LAYOUT)
    return tmp_path / "whole.jf"


def test_the_parts_are_the_whole_in_any_format_and_the_seed_decides(whole: Path) -> None:
    tests = []
    for train, test, seed in (("a.jf", "b.npz", 3), ("a.npz", "b.txt", 3), ("c.jf", "c.txt", 4)):
        paths = whole.with_name(train), whole.with_name(test)
        split(whole, *paths, LAYOUT, test_fraction=0.25, seed=seed)
        parts = [formats.read(path, LAYOUT).data for path in paths]
        assert [len(part) for part in parts] == [150, 50]
        images = np.concatenate([part.images.reshape(-1, 64) * 16 for part in parts])
        assert sorted(images.tolist()) == sorted(IMAGES[:200].tolist())
        # Stratified: a quarter of each class, to the image.
        shares = np.bincount(parts[1].labels) - np.bincount(LABELS[:200]) / 4
        assert np.abs(shares).max() <= 1
        # In the order of the file.
        order = [IMAGES.tolist().index(image.tolist()) for image in images[:150]]
        assert order == sorted(order)
        tests.append(parts[1].images.tolist())
    assert tests[0] == tests[1] != tests[2]


def test_what_cannot_be_split_is_named_and_leaves_all_files(whole: Path) -> None:
    before = whole.read_bytes()
    few = whole.with_name("few.jf")
    few.write_text(whole.read_text().splitlines()[1] + "\n")
    for source, train, test, message in (
        (few, "a.jf", "b.jf", "a share of 0.2 cannot be cut out of 1 images"),
        (whole, "whole.jf", "a.jf", "is to be divided into .*; expected three files"),
        (whole, "a.jf", "a.jf", "is to be divided into .*; expected three files"),
        (whole, "a.jf", "b.csv", "b.csv: unknown suffix"),
    ):
        paths = whole.with_name(train), whole.with_name(test)
        with pytest.raises(InputError, match=message):
            split(source, *paths, LAYOUT, test_fraction=0.2, seed=0)
    assert whole.read_bytes() == before
    assert {path.name for path in whole.parent.iterdir()} == {"whole.jf", "few.jf"}
