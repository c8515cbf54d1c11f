"""The settings of a file of images, found out from the file alone."""

import os
import shlex
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import dump_svmlight_file, load_digits

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.raw import formats
from lenet.raw.advice import as_text, settings
from lenet.raw.inspection import inspect
from lenet.raw.layout import Layout

IMAGES, LABELS = load_digits(return_X_y=True)
IMAGES, LABELS = IMAGES[:100], LABELS[:100]
DEFAULT = Layout(side=16, pixel_range=(0, 2), first_label=0, first_index="auto", classes=10)


def write(
    path: Path,
    *,
    header: str = "",
    first_label: int = 0,
    scale: tuple[float, float] = (0, 16),
    wrap: int = 0,
    end: str = "",
    labels: np.ndarray = LABELS,
) -> Path:
    """Write digits of 8 x 8 as .jf, with pixels from `scale[0]`, background, to `scale[1]`."""
    low, high = scale
    pixels = IMAGES / 16 * (high - low) + low
    lines = []
    for label, image in zip(labels, pixels, strict=True):
        words = [str(label + first_label), *(f"{value:.6g}" for value in image)]
        step = wrap or len(words)
        lines += [" ".join(words[i : i + step]) for i in range(0, len(words), step)]
    path.write_text(f"{header}{chr(10).join(lines)}\n{end}")
    return path


def layout_of(path: Path) -> Layout:
    """Return the layout that the inspection of a file leads to."""
    (values,) = settings([inspect(path)])
    return DEFAULT.changed(values)


@pytest.mark.parametrize("header", ["", "10 64\n"])
@pytest.mark.parametrize("first_label", [0, 1])
@pytest.mark.parametrize("scale", [(0, 1), (0, 2), (-1, 1), (0, 16), (0, 255), (255, 0), (1, -1)])
def test_a_jf_file_is_read_by_what_is_found(
    tmp_path: Path, header: str, first_label: int, scale: tuple[float, float]
) -> None:
    path = write(tmp_path / "a.jf", header=header, first_label=first_label, scale=scale)
    layout = layout_of(path)
    # A header of 10 classes does not tell 0 to 10 from 1 to 10; the labels do.
    assert layout.classes == 10
    data = formats.read(path, layout).data
    np.testing.assert_allclose(data.images.reshape(-1, 64), IMAGES / 16, atol=1e-5)
    assert data.labels.tolist() == LABELS.tolist()


def test_records_over_several_lines_need_a_header(tmp_path: Path) -> None:
    for header in ("10 64\n", "10 64 "):
        path = write(tmp_path / "a.jf", header=header, wrap=20, end="-1\n")
        assert layout_of(path).side == 8
    with pytest.raises(InputError, match="the side of the images cannot be told"):
        inspect(write(tmp_path / "b.jf", wrap=20))


@pytest.mark.parametrize("zero_based", [True, False])
@pytest.mark.parametrize("comment", ["mine", None])
def test_image_text_is_read_by_what_is_found(
    tmp_path: Path, zero_based: bool, comment: str | None
) -> None:
    path = tmp_path / "a.txt"
    dump_svmlight_file(IMAGES, LABELS, str(path), zero_based=zero_based, comment=comment)
    found = inspect(path)
    assert found.side == 8
    if comment is None and zero_based:
        # The largest index is 63, which is the last pixel, or the last but one.
        *_, one, zero = as_text([found]).splitlines()
        assert [line.split()[-1] for line in (one, zero)] == [
            "raw.first_index=1",
            "raw.first_index=0",
        ]
        return
    assert as_text([found]).endswith(f" -S raw.first_index={int(not zero_based)}")
    data = formats.read(path, layout_of(path)).data
    np.testing.assert_array_equal(data.images.reshape(-1, 64) * 16, IMAGES)


def test_npz_is_described(tmp_path: Path) -> None:
    images = (IMAGES / 16).astype(np.float32).reshape(-1, 8, 8)
    npz.save(Dataset(images, LABELS), tmp_path / "a.npz")
    assert layout_of(tmp_path / "a.npz") == DEFAULT.changed({"side": 8, "pixel_range": (0.0, 1.0)})
    np.savez(tmp_path / "a.npz", images=images[:, :1, :1], labels=LABELS)
    with pytest.raises(InputError, match=r"a\.npz: found images of side 1; expected 2 to 1024"):
        inspect(tmp_path / "a.npz")


def test_odd_labels_are_noted(tmp_path: Path) -> None:
    even = LABELS // 2 * 2
    found = inspect(write(tmp_path / "a.jf", labels=even))
    assert "note: no image has the label 1, 3, 5, 7." in str(found)
    (values,) = settings([found])
    assert values["classes"] == 9
    far = inspect(write(tmp_path / "b.jf", first_label=65))
    assert settings([far]) == [
        {"side": 8, "pixel_range": (0, 16), "first_label": 65, "classes": 10}
    ]
    alone = inspect(write(tmp_path / "c.jf", labels=LABELS * 0 + 3))
    assert "note: all 100 images have the label 3; labels may stand elsewhere." in str(alone)
    signed = tmp_path / "d.txt"
    dump_svmlight_file(IMAGES, np.where(LABELS > 4, 1, -1), str(signed), comment="mine")
    with pytest.raises(InputError, match="found the labels -1, 1; expected whole numbers from 0"):
        settings([inspect(signed)])


@pytest.mark.parametrize("label", ["-1 ", "? ", ""])
def test_missing_labels_are_said_so(tmp_path: Path, label: str) -> None:
    text = write(tmp_path / "a.jf").read_text()
    lines = [label + line.partition(" ")[2] for line in text.splitlines()]
    (tmp_path / "a.jf").write_text("\n".join(lines) + "\n")
    found = inspect(tmp_path / "a.jf")
    assert (found.side, found.statistics.images, found.has_labels) == (8, 100, False)
    assert "labels       none" in str(found)
    assert as_text([found]).startswith("No settings: training and testing need labels.")


def test_the_options_are_ready_to_paste(tmp_path: Path) -> None:
    text = as_text([inspect(write(tmp_path / "a.jf"))])
    assert text.splitlines() == [
        "for lenet convert and split: --side 8 --pixel-range 0 16 --first-label 0 --classes 10",
        "for dvc exp run:",
        "-S raw.side=8 -S 'raw.pixel_range=[0,16]' -S raw.first_label=0 -S raw.classes=10",
    ]


def test_two_files_give_a_whole_command_that_names_them(tmp_path: Path) -> None:
    pair = (
        write(tmp_path / "my train.jf", first_label=1, scale=(0, 255), header="10 64\n"),
        write(tmp_path / "test.jf", first_label=1, scale=(0, 255)),
    )
    line = as_text([inspect(path) for path in pair]).splitlines()[-1]
    assert shlex.split(line) == [
        *("dvc", "exp", "run", "-S", f"train_file={pair[0]}", "-S", f"test_file={pair[1]}"),
        *("-S", "raw.side=8", "-S", "raw.pixel_range=[0,255]"),
        *("-S", "raw.first_label=1", "-S", "raw.classes=10"),
    ]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"scale": (0, 1)}, "its pixels go from 0 (background) to 1 (ink)"),
        ({"scale": (255, 0)}, "its pixels go from 255 (background) to 0 (ink)"),
        ({"scale": (-255, 255)}, "its pixels go from -255 (background) to 255 (ink)"),
    ],
)
def test_files_that_do_not_fit_together_are_named(tmp_path: Path, other: dict, reason: str) -> None:
    train, test = write(tmp_path / "train.jf", scale=(0, 255)), write(tmp_path / "b.jf", **other)
    with pytest.raises(InputError) as caught:
        settings([inspect(train), inspect(test)])
    assert str(caught.value).startswith(f"{test}: does not fit {train}: {reason}")
    test.write_text("10 9\n3 0 0 0 0 1 0 0 0 0\n")
    with pytest.raises(InputError, match="its images have 3 x 3 pixels, and those of"):
        settings([inspect(train), inspect(test)])


def test_a_guessed_side_gives_way_to_a_stated_side(tmp_path: Path) -> None:
    """The last rows of these images are blank, so that the text alone does not show their side."""
    wide = np.zeros((100, 10, 10))
    wide[:, :8, :8] = IMAGES.reshape(-1, 8, 8)
    dump_svmlight_file(wide.reshape(100, -1), LABELS, str(tmp_path / "a.txt"), zero_based=False)
    wide[0, 9, 9] = 1
    dump_svmlight_file(wide.reshape(100, -1), LABELS, str(tmp_path / "b.txt"), zero_based=False)
    found = [inspect(tmp_path / "a.txt"), inspect(tmp_path / "b.txt")]
    assert [each.side for each in found] == [9, 10]
    assert "the file does not state the side; 9 is the least that holds all" in str(found[0])
    assert all(values["side"] == 10 for values in settings(found))


def test_an_image_that_fills_half_of_its_square_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    dump_svmlight_file(IMAGES, LABELS, str(path), zero_based=False)
    layout = DEFAULT.changed({"side": 16, "pixel_range": (0.0, 16.0), "first_index": 1})
    assert formats.read(path, layout).statistics.warnings(layout) == [
        "the lower half of every image is blank; the side may be wrong"
    ]


@pytest.mark.parametrize(
    ("pixel_range", "warning"),
    [
        ((16.0, 0.0), "most pixels are nearer to full ink (0) than to the background (16), at the"),
        ((0.0, 32.0), "no pixel is beyond half of full ink: the pixels go from 0 to 16, and full"),
    ],
)
def test_a_range_that_does_not_fit_is_warned_of(
    tmp_path: Path, pixel_range: tuple[float, float], warning: str
) -> None:
    layout = DEFAULT.changed({"side": 8, "pixel_range": pixel_range})
    (warned,) = formats.read(write(tmp_path / "a.jf"), layout).statistics.warnings(layout)
    assert warned.startswith(warning)


def test_blank_images_are_warned_of(tmp_path: Path) -> None:
    layout = DEFAULT.changed({"side": 8, "pixel_range": (0.0, 255.0)})
    path = write(tmp_path / "a.jf", scale=(255, 255))
    blank = ["every pixel is 255, so all images are blank"]
    assert formats.read(path, layout).statistics.warnings(layout) == blank
    assert f"note: {blank[0]}." in str(inspect(path))


def test_labels_above_the_header_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="label 9, but the header says 5 classes. Correct"):
        settings([inspect(write(tmp_path / "a.jf", header="5 64\n"))])


def test_a_huge_label_or_index_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("3 1:1 4:1\n2000000000 1:1 4:1\n")
    assert inspect(path).statistics.images == 2
    with pytest.raises(InputError, match=r"no settings fit: raw\.classes: found 2000000000"):
        settings([inspect(path)])
    for index in ("1e308", "2147483648", "1048577"):
        path.write_text(f"3 1:1 {index}:1\n")
        with pytest.raises(InputError, match=r"found (index|images of side) .*; expected"):
            inspect(path)


def test_a_pipe_is_not_taken_for_an_empty_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe: is a pipe, which can be read just once"):
        inspect(tmp_path / "pipe")
