from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from lenet.core.errors import InputError
from lenet.raw import formats
from lenet.raw.layout import Layout
from lenet.raw.split import split

IMAGES, LABELS = load_digits(return_X_y=True)
LAYOUT = Layout(side=8, pixel_range=(0, 16), first_label=0, first_index=1, classes=10)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """200 digits, .jf."""
    rows = (
        f"{label} {' '.join(f'{value:g}' for value in image)}\n"
        for label, image in zip(LABELS[:200], IMAGES[:200], strict=True)
    )
    path = tmp_path / "whole.jf"
    path.write_text("".join(rows))
    return path


@pytest.mark.parametrize(("train", "test"), [("a.jf", "b.npz"), ("a.npz", "b.txt")])
def test_the_parts_are_the_whole_in_any_format(whole: Path, train: str, test: str) -> None:
    folder = whole.parent
    split(whole, folder / train, folder / test, LAYOUT, test_fraction=0.25, seed=3)
    parts = [formats.read(folder / name, LAYOUT).data for name in (train, test)]
    assert [len(part) for part in parts] == [150, 50]
    found = np.concatenate([part.images.reshape(-1, 64) * 16 for part in parts])
    expected = IMAGES[:200]
    assert sorted(map(bytes, found.astype(np.uint8))) == sorted(
        map(bytes, expected.astype(np.uint8))
    )
    # Stratified: a quarter of each class, to the image.
    shares = np.bincount(parts[1].labels) - np.bincount(LABELS[:200]) / 4
    assert np.abs(shares).max() <= 1
    # In the order of the file.
    order = [int(np.flatnonzero((expected == image).all(axis=1))[0]) for image in found[:150]]
    assert order == sorted(order)


def test_the_seed_decides(whole: Path) -> None:
    folder = whole.parent
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        paths = (folder / f"{name}_train.jf", folder / f"{name}_test.jf")
        split(whole, *paths, LAYOUT, test_fraction=0.2, seed=seed)
    tests = [(folder / f"{name}_test.jf").read_bytes() for name in "abc"]
    assert tests[0] == tests[1] != tests[2]


def test_a_class_with_too_few_images_is_named(whole: Path) -> None:
    folder = whole.parent
    (folder / "few.jf").write_text(whole.read_text().splitlines()[0] + "\n")
    with pytest.raises(InputError, match="a share of 0.2 cannot be cut out of 1 images"):
        split(
            folder / "few.jf", folder / "a.jf", folder / "b.jf", LAYOUT, test_fraction=0.2, seed=0
        )
    before = whole.read_bytes()
    for source in (folder / "a.jf", whole):
        with pytest.raises(InputError, match="is to be divided into .*; expected three files"):
            split(whole, source, folder / "a.jf", LAYOUT, test_fraction=0.2, seed=0)
    with pytest.raises(InputError, match="b.csv: unknown suffix"):
        split(whole, folder / "a.jf", folder / "b.csv", LAYOUT, test_fraction=0.2, seed=0)
    assert not (folder / "a.jf").exists()
    # The source is never overwritten.
    assert whole.read_bytes() == before
