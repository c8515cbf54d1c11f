"""The training and the test file have to be alike, whichever of them is converted."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from lenet.core.errors import InputError
from lenet.raw import formats
from lenet.raw.layout import Layout
from stages.convert import check_pair

LAYOUT = Layout(side=8, pixel_range=(0, 16), first_label=0, first_index=1, classes=10)


def written(path: Path, *, exchanged: bool = False) -> Path:
    """Write digits as .jf, perhaps with background and ink exchanged."""
    images, labels = load_digits(return_X_y=True)
    rows = zip(labels[:30], 16 - images if exchanged else images, strict=False)
    path.write_text("\n".join(f"{label} {' '.join(map(str, image))}" for label, image in rows))
    return path


def check(path: Path, other: Path) -> None:
    check_pair(path, other, formats.read(path, LAYOUT), LAYOUT)


def test_a_file_whose_ink_is_exchanged_against_the_other_is_refused(tmp_path: Path) -> None:
    right = written(tmp_path / "right.jf")
    wrong, odd = (written(tmp_path / name, exchanged=True) for name in ("wrong.jf", "odd.jf"))
    with pytest.raises(InputError, match=f"{wrong}: background and ink seem exchanged; expected"):
        check(wrong, right)
    # Both may be odd in the same way, and nothing is known of a file that is not there.
    for other in (odd, wrong, tmp_path / "none.jf"):
        check(wrong, other)
    check(right, right)


def test_folders_of_other_classes_are_refused_whichever_is_converted(tmp_path: Path) -> None:
    for name in ("train/0", "train/1", "test/zero", "test/one"):
        (tmp_path / name).mkdir(parents=True)
        Image.fromarray(np.eye(8, dtype=np.uint8) * 255).save(tmp_path / name / "a.png")
    train, test = tmp_path / "train", tmp_path / "test"
    reading = formats.read(train, LAYOUT.changed({"pixel_range": (0.0, 255.0)}))
    for one, other in ((train, test), (test, train)):
        with pytest.raises(InputError, match=f"{one}: its subfolders have other names"):
            check_pair(one, other, reading, LAYOUT)
