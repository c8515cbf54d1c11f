"""A folder with a subfolder of pictures for each class."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from lenet.core.errors import InputError
from lenet.raw import formats
from lenet.raw.inspection import inspect, settings
from lenet.raw.layout import Layout

DIGITS = load_digits()
GREY = (DIGITS.images * 15).astype(np.uint8)
LAYOUT = Layout(side=8, pixel_range=(0, 255), first_label=0, first_index="auto", classes=10)


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
    layout = LAYOUT.changed({"side": 16, "pixel_range": (-1.0, 1.0)})
    images = formats.read(tmp_path / "mine", layout).data.images
    assert images.shape == (10, 16, 16)
    # Every character reaches two opposite borders, and its ink is full.
    assert (images.max(axis=(1, 2)) > 0.9).all()
    heights, widths = ((images > 0.3).any(axis=axis).sum(axis=1) for axis in (2, 1))
    assert (np.maximum(heights, widths) >= 15).all()


def test_names_that_are_no_numbers_are_classes_in_alphabetical_order(tmp_path: Path) -> None:
    for i, name in enumerate("BAC"):
        save(tmp_path / "mine" / name / "x.png", GREY[i])
    with pytest.raises(InputError, match=r"found 3 subfolders; expected 10. `lenet inspect"):
        formats.read(tmp_path / "mine", LAYOUT)
    data = formats.read(tmp_path / "mine", LAYOUT.changed({"classes": 3})).data
    assert names(tmp_path / "mine") == ["A/x.png", "B/x.png", "C/x.png"]
    assert data.labels.tolist() == [0, 1, 2]
    inspected = inspect(tmp_path / "mine")
    assert "0 = A (1), 1 = B (1), 2 = C (1)" in str(inspected)
    assert settings([inspected])[0]["classes"] == 3


def test_folders_of_two_kinds_do_not_fit(digits: Path, tmp_path: Path) -> None:
    save(tmp_path / "other" / "0" / "a.png", np.pad(GREY[0], ((0, 9), (0, 0))))
    save(tmp_path / "other" / "1" / "b.png", GREY[1])
    save(tmp_path / "named" / "A" / "a.png", GREY[0])
    save(tmp_path / "named" / "C" / "a.png", GREY[0])
    for name, reason in (("other", "does not fit"), ("named", "its subfolders have other names")):
        path = tmp_path / name
        with pytest.raises(InputError, match=f"{path}: {reason}"):
            formats.convert([digits, path], tmp_path / "joined.npz", LAYOUT)
        with pytest.raises(InputError, match=f"{path}: {reason}"):
            settings([inspect(digits), inspect(path)])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("3/notes.txt", b"mine", "3/notes.txt: found something else; expected a PNG or JPEG"),
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
    with pytest.raises(InputError, match="have 8 x 8 pixels; expected 16 x 16. `lenet inspect"):
        formats.read(digits, LAYOUT.changed({"side": 16}))
    (tmp_path / "empty" / "0").mkdir(parents=True)
    with pytest.raises(InputError, match="holds no pictures"):
        formats.read(tmp_path / "empty", LAYOUT)
    save(digits / "3" / "odd.png", np.pad(GREY[0], ((0, 0), (0, 2))))
    with pytest.raises(InputError, match="odd.png: has 10 x 8 pixels; expected 8 x 8, as most"):
        formats.read(digits, LAYOUT)


def test_labels_are_not_needed_to_predict(digits: Path) -> None:
    assert names(digits / "3") == sorted(path.name for path in (digits / "3").iterdir())
    # Whatever the subfolders are called, however many there are, and whatever stands beside them.
    (digits / "3").rename(digits / "three")
    save(digits / "beside.png", GREY[0])
    assert names(digits)[0] == "beside.png"
    assert len(names(digits)) == 31
