"""A folder with a subfolder of pictures for each class."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.raw import formats
from lenet.raw.inspection import inspect, settings
from lenet.raw.layout import Layout

DIGITS = load_digits()
GREY = (DIGITS.images * 15).astype(np.uint8)
LAYOUT = Layout.of(side=8, pixel_range=(0, 255), first_label=0, first_index="auto", classes=10)


def save(path: Path, grey: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(grey).save(path)


def names(path: Path, layout: Layout = LAYOUT) -> list[str]:
    """Return the names of a folder's pictures, as they are read for a prediction."""
    read = formats.read(path, layout, needs_labels=False).data.names
    assert read is not None
    return read.tolist()


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """Thirty digits as PNG files of 8 x 8, light on dark, in `mine/0` to `mine/9`."""
    for i in range(30):
        save(tmp_path / "mine" / str(DIGITS.target[i]) / f"{i:02}.png", GREY[i])
    return tmp_path / "mine"


def test_pictures_of_one_size_are_read_pixel_by_pixel(digits: Path, tmp_path: Path) -> None:
    (digits / "3" / ".DS_Store").write_text("left behind")
    data = formats.read(digits, LAYOUT).data
    assert names(digits)[0] == "0/00.png"
    numbers = [int(Path(name).stem) for name in names(digits)]
    np.testing.assert_array_equal(data.labels, DIGITS.target[numbers])
    np.testing.assert_array_equal(data.images, (GREY[numbers] / 255).astype(np.float32))
    for name in ("a.npz", "a.jf", "a.txt"):
        formats.convert([digits], tmp_path / name, LAYOUT)
        back = formats.read(tmp_path / name, LAYOUT).data
        np.testing.assert_array_equal(back.images, data.images)


def test_dark_ink_on_light_paper_needs_the_range_the_other_way(digits: Path) -> None:
    light = formats.read(digits, LAYOUT).data.images
    for file in digits.rglob("*.png"):
        save(file, 255 - np.asarray(Image.open(file)))
    (warning,) = formats.read(digits, LAYOUT).statistics.warnings(LAYOUT)
    assert "seem exchanged" in warning
    (values,) = settings([inspect(digits)])
    assert values["pixel_range"] == (255, 0)
    dark = formats.read(digits, LAYOUT.changed({"pixel_range": (255.0, 0.0)})).data.images
    np.testing.assert_allclose(dark, light, atol=1e-6)


def test_pictures_of_different_sizes_are_cut_out_and_scaled(tmp_path: Path) -> None:
    for i in range(10):
        large = np.full((70 + i, 90), 255, np.uint8)
        large[10:58, 20:68] = np.kron(255 - GREY[i], np.ones((6, 6), np.uint8))
        save(tmp_path / "mine" / str(DIGITS.target[i]) / f"{i}.jpg", large)
    layout = LAYOUT.changed({"side": 16, "pixel_range": (-1.0, 1.0), "pictures": "cut"})
    images = formats.read(tmp_path / "mine", layout).data.images
    assert images.shape == (10, 16, 16)
    # Every character reaches two opposite borders, and its ink is full.
    assert (images.max(axis=(1, 2)) > 0.9).all()
    heights, widths = ((images > 0.3).any(axis=axis).sum(axis=1) for axis in (2, 1))
    assert (np.maximum(heights, widths) >= 15).all()


def test_names_that_are_no_numbers_are_the_names_of_the_classes(tmp_path: Path) -> None:
    for i, name in enumerate(["B", "A", "e\u0301", "01"]):
        save(tmp_path / "mine" / name / "x.png", GREY[i])
    data = formats.read(tmp_path / "mine", LAYOUT).data
    assert data.names is not None
    assert data.names.tolist() == ["01/x.png", "A/x.png", "B/x.png", "e\u0301/x.png"]
    assert (data.class_names, data.labels.tolist()) == (("1", "A", "B", "\u00e9"), [0, 1, 2, 3])
    inspected = inspect(tmp_path / "mine")
    assert "0 = 1 (1), 1 = A (1), 2 = B (1), 3 = \u00e9 (1)" in str(inspected)
    assert settings([inspected])[0]["classes"] == 4
    ordered = LAYOUT.changed({"class_names": ("B", "C", "A", "\u00e9", 1)})
    assert formats.read(tmp_path / "mine", ordered).data.labels.tolist() == [0, 2, 3, 4]
    with pytest.raises(InputError, match="mine: found the class 1; expected one of A, B, \u00e9"):
        formats.read(tmp_path / "mine", LAYOUT.changed({"class_names": ("A", "B", "\u00e9")}))
    save(tmp_path / "mine" / "1" / "x.png", GREY[0])
    with pytest.raises(InputError, match="mine/1: has the name of .*mine/01; expected one"):
        formats.read(tmp_path / "mine", LAYOUT)


def test_files_are_joined_by_the_names_of_their_classes(digits: Path, tmp_path: Path) -> None:
    for folder in ("one two", "three two"):
        for i, name in enumerate(folder.split()):
            save(tmp_path / folder / name / "a.png", GREY[i])
    one, other = tmp_path / "one two", tmp_path / "three two"
    formats.convert([one], tmp_path / "one.npz", LAYOUT)
    formats.convert([tmp_path / "one.npz", other], tmp_path / "joined.npz", LAYOUT)
    joined = npz.load(tmp_path / "joined.npz")
    assert joined.class_names == ("one", "three", "two")
    assert joined.labels.tolist() == [0, 2, 1, 2]
    assert settings([inspect(one), inspect(other)])[0]["class_names"] == joined.class_names
    with pytest.raises(InputError, match="text has no room for .*: one, two; .* --class-names one"):
        formats.convert([one], tmp_path / "one.jf", LAYOUT)
    named = LAYOUT.changed({"class_names": ("one", "two")})
    formats.convert([one], tmp_path / "one.jf", named)
    assert formats.read(tmp_path / "one.jf", named).data.class_names == ("one", "two")
    with pytest.raises(InputError, match=f"{digits}: its classes have no names; expected names"):
        formats.convert([one, digits], tmp_path / "joined.npz", LAYOUT)
    formats.convert([digits], tmp_path / "digits.npz", LAYOUT)
    with pytest.raises(InputError, match="digits.npz: found labels in 0..9; expected 0..1"):
        formats.read(tmp_path / "digits.npz", named)
    with pytest.raises(InputError, match="its classes have no names, but those of"):
        settings([inspect(one), inspect(digits)])


def test_folders_to_train_and_test_on_are_recognised(digits: Path, tmp_path: Path) -> None:
    for name in ("testing", "training"):
        shutil.copytree(digits, tmp_path / "all" / name)
    with pytest.raises(InputError, match="`lenet inspect .*/all/training .*/all/testing`"):
        inspect(tmp_path / "all")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("3/notes.txt", b"mine", "3/notes.txt: found something else; expected a picture"),
        (
            "notes.txt",
            b"mine",
            "mine/notes.txt: stands in no subfolder; expected a subfolder for each",
        ),
        ("3/a.png", b"\x89PNG\r\n\x1a\n", "3/a.png: not a picture that can be read"),
    ],
)
def test_what_is_no_such_folder_is_named(
    digits: Path, name: str, content: bytes, message: str
) -> None:
    (digits / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        formats.read(digits, LAYOUT)


def test_a_picture_or_a_folder_of_another_size_and_a_folder_without_pictures_are_named(
    digits: Path, tmp_path: Path
) -> None:
    with pytest.raises(
        InputError, match="has 8 x 8 pixels; expected 16 x 16, because raw.pictures"
    ):
        formats.read(digits, LAYOUT.changed({"side": 16}))
    with pytest.raises(InputError, match=f"`lenet inspect {digits}`"):
        formats.read(tmp_path, LAYOUT)
    (tmp_path / "empty" / "0").mkdir(parents=True)
    with pytest.raises(InputError, match="holds no pictures"):
        formats.read(tmp_path / "empty", LAYOUT)
    save(digits / "3" / "odd.png", np.pad(GREY[0], ((0, 0), (0, 2))))
    with pytest.raises(InputError, match="odd.png: has 10 x 8 pixels; expected 8 x 8, because raw"):
        formats.read(digits, LAYOUT)


def test_labels_are_not_needed_to_predict(digits: Path) -> None:
    assert names(digits / "3") == sorted(path.name for path in (digits / "3").iterdir())
    # Whatever the subfolders are called, however many there are, and whatever stands beside them.
    (digits / "3").rename(digits / "three")
    save(digits / "beside.png", GREY[0])
    assert names(digits)[0] == "beside.png"
    assert len(names(digits)) == 31
