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
from lenet.raw import formats, inspection
from lenet.raw.inspection import inspect, settings, with_all_settings
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
    found = settings([inspect(path)])
    return DEFAULT.changed(**{name.removeprefix("raw."): value for name, value in found.items()})


@pytest.mark.parametrize("header", ["", "10 64\n"])
@pytest.mark.parametrize("first_label", [0, 1])
@pytest.mark.parametrize("scale", [(0, 1), (0, 2), (-1, 1), (0, 16), (0, 255), (255, 0), (1, -1)])
def test_a_jf_file_is_read_by_what_is_found(
    tmp_path: Path, header: str, first_label: int, scale: tuple[float, float]
) -> None:
    path = write(tmp_path / "a.jf", header=header, first_label=first_label, scale=scale)
    layout = layout_of(path)
    if header and first_label:
        # A header of 10 classes does not tell 0 to 10 from 1 to 10; the labels do.
        assert layout.classes == 10
    data = formats.read(path, layout).data
    np.testing.assert_allclose(data.images.reshape(-1, 64), IMAGES / 16, atol=1e-5)
    assert data.labels.tolist() == LABELS.tolist()


def test_records_over_several_lines_need_a_header(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jf", header="10 64\n", wrap=20, end="-1\n")
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
    lines = inspection.as_options(settings([found]))
    if comment is None and zero_based:
        # The largest index is 63, which is the last pixel, or the last but one.
        assert [line.split()[-1] for line in lines] == ["raw.first_index=1", "raw.first_index=0"]
        return
    (line,) = lines
    assert line.endswith(f"raw.first_index={int(not zero_based)}")
    data = formats.read(path, layout_of(path)).data
    np.testing.assert_array_equal(data.images.reshape(-1, 64) * 16, IMAGES)


def test_npz_is_described(tmp_path: Path) -> None:
    npz.save(
        Dataset((IMAGES / 16).astype(np.float32).reshape(-1, 8, 8), LABELS), tmp_path / "a.npz"
    )
    assert layout_of(tmp_path / "a.npz") == DEFAULT.changed(side=8, pixel_range=(0.0, 1.0))


def test_odd_labels_are_noted(tmp_path: Path) -> None:
    even = LABELS // 2 * 2
    found = inspect(write(tmp_path / "a.jf", labels=even))
    assert "no image has the label 1, 3, 5, 7." in str(found)
    assert settings([found])["raw.classes"] == 9
    far = inspect(write(tmp_path / "b.jf", first_label=65))
    assert settings([far]) == {
        "raw.side": 8,
        "raw.pixel_range": (0, 16),
        "raw.first_label": 65,
        "raw.classes": 10,
    }
    signed = tmp_path / "c.txt"
    dump_svmlight_file(IMAGES, np.where(LABELS > 4, 1, -1), str(signed), comment="mine")
    with pytest.raises(InputError, match="found the labels -1, 1; expected whole numbers from 0"):
        settings([inspect(signed)])


def test_the_options_are_ready_to_paste(tmp_path: Path) -> None:
    (line,) = inspection.as_options(settings([inspect(write(tmp_path / "a.jf"))]))
    assert shlex.split(line) == [
        *("-S", "raw.side=8", "-S", "raw.pixel_range=[0,16]"),
        *("-S", "raw.first_label=0", "-S", "raw.classes=10"),
    ]
    assert "'raw.pixel_range=[0,16]'" in line


def test_all_settings_of_a_pair_are_advised_at_once(tmp_path: Path) -> None:
    pair = (
        write(tmp_path / "train.jf", first_label=1, scale=(0, 255), header="10 64\n"),
        write(tmp_path / "test.jf", first_label=1, scale=(0, 255)),
    )
    for path in pair:
        with pytest.raises(InputError) as error:
            formats.read(path, DEFAULT)
        advised = with_all_settings(error.value, path, pair, DEFAULT)
        assert str(advised).endswith(
            "Set raw.side=8 and raw.pixel_range=[0,255] and raw.first_label=1."
        )


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"scale": (0, 1)}, "its pixels go from 0 (background) to 1 (ink)"),
        ({"scale": (255, 0)}, "its pixels go from 255 (background) to 0 (ink)"),
        ({"scale": (0, 255), "first_label": 1}, "it has the labels 10, which no image of"),
    ],
)
def test_a_test_file_that_does_not_fit_is_said_so(tmp_path: Path, other: dict, reason: str) -> None:
    pair = write(tmp_path / "train.jf", scale=(0, 255)), write(tmp_path / "test.jf", **other)
    train, test = pair
    error = InputError("bad", settings={"raw.side": 3})
    said = str(with_all_settings(error, test, pair, DEFAULT))
    assert said.startswith(f"{test}: does not fit the training file {train}: ")
    assert reason in said
    # The training file is right by its own settings.
    own = str(with_all_settings(error, train, pair, DEFAULT))
    assert own == "bad Set raw.side=8 and raw.pixel_range=[0,255]."


def test_a_test_file_of_another_side_is_said_so(tmp_path: Path) -> None:
    train, test = write(tmp_path / "train.jf"), tmp_path / "test.jf"
    test.write_text("10 9\n3 0 0 0 0 1 0 0 0 0\n")
    said = str(with_all_settings(InputError("bad"), test, (train, test), DEFAULT))
    assert "its images have 3 x 3 pixels, and those of" in said


def test_a_guessed_side_gives_way_to_a_stated_one(tmp_path: Path) -> None:
    """The last rows of these images are blank, so that the text alone does not show their side."""
    wide = np.zeros((100, 10, 10))
    wide[:, :8, :8] = IMAGES.reshape(-1, 8, 8)
    paths = []
    for name, index in (("a.txt", 0), ("b.txt", 1)):
        paths.append(tmp_path / name)
        dump_svmlight_file(wide.reshape(100, -1), LABELS, str(paths[-1]), zero_based=not index)
    found = [inspect(path) for path in paths]
    assert [each.side for each in found] == [9, 9]
    settled = DEFAULT.changed(side=10, pixel_range=(0.0, 16.0), first_index=1)
    error = InputError("bad", settings={"raw.first_index": 1})
    # With the side that the user has set, nothing but the index is open.
    said = str(with_all_settings(error, paths[0], (paths[0], paths[0]), settled))
    assert "raw.side" not in said


def test_an_image_that_fills_half_of_its_square_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    dump_svmlight_file(IMAGES, LABELS, str(path), zero_based=False)
    layout = DEFAULT.changed(side=16, pixel_range=(0.0, 16.0), first_index=1)
    (warning,) = formats.read(path, layout).warnings(layout)
    assert str(warning) == "the lower half of every image is blank. Is the side right?"


def test_labels_above_the_header_are_said_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jf", header="5 64\n")
    with pytest.raises(InputError, match="label 9, but the header says 5 classes. Correct"):
        settings([inspect(path)])
    with pytest.raises(InputError, match="from 0 to 4, as the header says 5 classes"):
        formats.read(path, DEFAULT.changed(side=8, pixel_range=(0.0, 16.0)))


def test_a_faulty_file_keeps_its_own_error(tmp_path: Path) -> None:
    path = write(tmp_path / "train.jf", end="3 0 0\n")
    error = InputError("cut short")
    assert with_all_settings(error, path, (path, path), DEFAULT) is error


def test_a_huge_label_or_index_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("3 1:1 4:1\n2000000000 1:1 4:1\n")
    assert inspect(path).statistics.images == 2
    with pytest.raises(InputError, match=r"no settings fit: raw\.classes: found 2000000000; exp"):
        settings([inspect(path)])
    for index in ("1e308", "2147483648", "1048577"):
        path.write_text(f"3 1:1 {index}:1\n")
        with pytest.raises(InputError, match="found index .*; images have 1024 x 1024 pixels at"):
            inspect(path)


@pytest.mark.parametrize(("side", "label"), [(1, 0), (2000, 0), (4, 5000)])
def test_npz_that_no_settings_fit_is_named(tmp_path: Path, side: int, label: int) -> None:
    images, labels = np.zeros((2, side, side), np.float32), np.array([0, label])
    np.savez(tmp_path / "a.npz", images=images, labels=labels)
    with pytest.raises(InputError, match=r"a\.npz: (raw\.(side|classes): )?found"):
        inspect(tmp_path / "a.npz")


def test_a_pipe_is_not_taken_for_an_empty_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe: is a pipe, which can be read just once"):
        inspect(tmp_path / "pipe")
