"""The settings of a file of images, found out from the file alone."""

import os
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from dvc.utils.hydra import apply_overrides
from PIL import Image
from sklearn.datasets import dump_svmlight_file, load_digits

from lenet import command
from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.raw import formats
from lenet.raw.inspection import advice, inspect, settings
from lenet.raw.layout import Layout
from lenet.training.config import Config
from tests.conftest import Typed
from tests.project import ROOT

IMAGES, LABELS = load_digits(return_X_y=True)
IMAGES, LABELS = IMAGES[:100], LABELS[:100]
Scale = tuple[float, float]
OF_PICTURES = Layout.of(side=8, pixel_range=(0, 255))
DEFAULT = Layout.of(side=16, pixel_range=(0, 2), first_label=0, first_index="auto", classes=10)


def write(
    path: Path, header: str = "", scale: Scale = (0, 16), labels: np.ndarray = LABELS
) -> Path:
    """Write digits of 8 x 8 as .jf, with pixels from `scale[0]`, background, to `scale[1]`."""
    pixels = IMAGES / 16 * (scale[1] - scale[0]) + scale[0]
    rows = (" ".join(f"{value:.6g}" for value in image) for image in pixels)
    lines = [f"{label} {row}\n" for label, row in zip(labels, rows, strict=True)]
    path.write_text(f"{header}{''.join(lines)}-1\n")
    return path


def layout_of(path: Path) -> Layout:
    """Return the layout that the inspection of a file leads to."""
    (values,) = settings([inspect(path)])
    return DEFAULT.changed(values)


@pytest.mark.parametrize("header", ["", "10 64\n"])
@pytest.mark.parametrize("first_label", [0, 1])
@pytest.mark.parametrize("scale", [(0, 1), (0, 2), (-1, 1), (0, 16), (0, 255), (255, 0), (1, -1)])
def test_a_jf_file_is_read_by_what_is_found(
    tmp_path: Path, header: str, first_label: int, scale: Scale
) -> None:
    path = write(tmp_path / "a.jf", header, scale, LABELS + first_label)
    layout = layout_of(path)
    # A header of 10 classes does not tell 0 to 10 from 1 to 10; the labels do.
    assert layout.classes == 10
    data = formats.read(path, layout).data
    np.testing.assert_allclose(data.images.reshape(-1, 64), IMAGES / 16, atol=1e-5)
    assert data.labels.tolist() == LABELS.tolist()


def test_records_over_several_lines_need_a_header(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jf")
    wrapped = path.read_text().replace(" 0 ", "\n0 ")
    for header in ("10 64\n", "10 64 "):
        path.write_text(header + wrapped)
        assert layout_of(path).side == 8
    path.write_text(wrapped)
    with pytest.raises(InputError, match="the side of the images cannot be told"):
        inspect(path)


@pytest.mark.parametrize("zero_based", [True, False])
@pytest.mark.parametrize("comment", ["mine", None])
def test_image_text_is_read_by_what_is_found(
    tmp_path: Path, zero_based: bool, comment: str | None
) -> None:
    path = tmp_path / "a.txt"
    dump_svmlight_file(IMAGES, LABELS, str(path), zero_based=zero_based, comment=comment)
    inspected = inspect(path)
    assert inspected.side == 8
    if comment is None and zero_based:
        # The largest index is 63, which is the last pixel, or the last but one.
        lines = advice([inspected]).splitlines()
        ends = [" --first-index 1", "raw.first_index=1", " --first-index 0", "raw.first_index=0"]
        commands = [line for line in lines if not line.startswith("#")]
        assert [line.endswith(end) for line, end in zip(commands, ends, strict=True)] == 4 * [True]
        return
    data = formats.read(path, layout_of(path)).data
    np.testing.assert_array_equal(data.images.reshape(-1, 64) * 16, IMAGES)


def test_npz_is_described(tmp_path: Path) -> None:
    images = (IMAGES / 16).astype(np.float32).reshape(-1, 8, 8)
    npz.save(Dataset(images, LABELS), tmp_path / "a.npz")
    assert layout_of(tmp_path / "a.npz") == DEFAULT.changed({"side": 8, "pixel_range": (0.0, 1.0)})


def test_classes_follow_from_the_labels(tmp_path: Path) -> None:
    for name, labels, first_label, classes in (
        ("even", LABELS // 2 * 2, 0, 9),
        ("far", LABELS + 65, 65, 10),
        ("alone", LABELS * 0 + 3, 3, 2),
    ):
        (values,) = settings([inspect(write(tmp_path / name, labels=labels))])
        assert (values["first_label"], values["classes"]) == (first_label, classes)
    (values,) = settings([inspect(write(tmp_path / "a", header="12 64\n"))])
    assert (values["first_label"], values["classes"]) == (0, 12)
    for name, labels, message in (
        ("signed", np.where(LABELS > 4, 1, -1), "first_label: found -1"),
        ("huge", LABELS * 10**9, "classes: found 9000000001"),
        ("half", LABELS + 0.5, "half: found the label 0.5; expected whole numbers"),
    ):
        path = tmp_path / name
        dump_svmlight_file(IMAGES, labels, str(path), comment="mine")
        with pytest.raises(InputError, match=message):
            settings([inspect(path)])


@pytest.mark.parametrize("label", ["-1 ", ""])
def test_missing_labels_are_said_so(tmp_path: Path, label: str) -> None:
    text = write(tmp_path / "a.jf").read_text().removesuffix("-1\n")
    lines = [label + line.partition(" ")[2] for line in text.splitlines()]
    (tmp_path / "a.jf").write_text("\n".join(lines) + "\n")
    inspected = inspect(tmp_path / "a.jf")
    assert (inspected.side, inspected.statistics.images) == (8, 100)
    assert "labels       none" in str(inspected)
    assert advice([inspected]).startswith("No settings: training and testing need labels.")


# Names that a shell, an option, YAML or Hydra may take for something else.
NAMES = ("-a", "10", "1e3", "[x]", "a,b", "b c", "it's", "null", "yes", "\u00fc")


def write_names(path: Path, names: tuple[str, ...]) -> Path:
    """Write ten digits of each class as PNG files in subfolders of these names."""
    for i, image in enumerate(IMAGES):
        folder = path / names[i % len(names)]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray((image * 15).astype(np.uint8).reshape(8, 8)).save(folder / f"{i}.png")
    return path


@pytest.mark.parametrize("kind", ["it's a.jf", "index.txt", "names", "pair"])
def test_every_line_works_when_pasted(tmp_path: Path, typed: Typed, kind: str) -> None:
    paths = [tmp_path / kind]
    if kind == "index.txt":
        dump_svmlight_file(IMAGES, LABELS, str(paths[0]), zero_based=True)
    elif kind == "names":
        write_names(paths[0], NAMES)
    elif kind == "pair":
        paths = [write_names(tmp_path / f"{i} b", NAMES[i : i + 9]) for i in range(2)]
    else:
        write(paths[0], scale=(-1, 1))
    trained = 0
    for line in advice([inspect(path) for path in paths]).splitlines():
        name, *words = shlex.split(line, comments=True) or ["#"]
        if name == "lenet":
            done = typed(command.main, *words)
            assert (done.returncode, done.stderr) == (0, "")
        elif name == "dvc":
            shutil.copy(ROOT / "params.yaml", tmp_path)
            assert words[:2] == ["exp", "run"]
            words = [word for word in words[2:] if word != "-S"]
            # `dvc exp run` changes params.yaml by the same function. Other files were there before.
            for settings_of in (["raw.class_names=[x,y]", "validation_fraction=0"], words):
                apply_overrides(tmp_path / "params.yaml", settings_of)
            config = Config.load(tmp_path / "params.yaml")
            layout = Layout.load(tmp_path / "params.yaml")
            assert config.validation_fraction == (0.1 if kind == "pair" else 0)
            data = formats.read(Path(config.train_file), layout).data
            assert len(data) == (100 if kind == "pair" else 80)
            assert data.class_names == (NAMES if paths[0].is_dir() else ())
            trained += 1
    assert trained == (2 if kind == "index.txt" else 1)


def test_files_of_the_project_are_added_and_small_ones_are_not_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(Path("a.jf"))
    assert advice([inspect(path)]).splitlines()[1] == "dvc add a-train.npz a-test.npz"
    pair = [inspect(path), inspect(path.resolve())]
    assert advice(pair).splitlines()[0] == "dvc add a.jf"
    for labels in (np.arange(100) // 2, np.minimum(np.arange(100), 1)):
        assert advice([inspect(write(path, labels=labels))]).startswith("No settings: `lenet split")
    # One class has one image, so none is left for validation.
    assert " -S validation_fraction=0 -S " in advice([inspect(path)] * 2)


def test_files_whose_ink_is_exchanged_do_not_fit(tmp_path: Path) -> None:
    dark, light = write(tmp_path / "a", scale=(255, 0)), write(tmp_path / "b", scale=(0, 255))
    message = f"{dark}: its ink is darker than its background; expected lighter, as in {light}"
    with pytest.raises(InputError, match=message):
        settings([inspect(dark), inspect(light)])


def test_names_that_begin_with_a_hyphen_are_options_too(tmp_path: Path, typed: Typed) -> None:
    npz.save(formats.read(write_names(tmp_path / "a", NAMES), OF_PICTURES).data, tmp_path / "a.npz")
    failed = typed(command.main, "convert", "a.npz", "a.jf", "--side", "8")
    (names,) = re.findall("--class-names .*(?=[.]$)", failed.stderr.strip())
    words = shlex.split(names)
    assert typed(command.main, "convert", "a.npz", "a.jf", "--side", "8", *words).returncode == 0


def test_three_files_are_joined(tmp_path: Path) -> None:
    paths = [write(tmp_path / name) for name in ("a.jf", "b.jf", "c.jf")]
    files = " ".join(map(str, paths))
    assert advice([inspect(path) for path in paths]) == (
        f"lenet convert {files} {tmp_path}/a-joined.npz "
        "--side 8 --pixel-range 0 16 --first-label 0 --classes 10"
    )


def test_a_folder_is_shown_by_both_readings(tmp_path: Path) -> None:
    folder = write_names(tmp_path / "small", ("cats", "dogs"))
    assert "whole, advised:" in str(inspect(folder))
    assert "cut, the first picture:\n" in str(inspect(folder))
    for number, size in enumerate([(200, 201), (200, 200), (200, 201)]):
        picture = Image.new("L", size, 255)
        picture.paste(0, (80, 40, 120, 160))
        (tmp_path / "large" / str(number % 2)).mkdir(parents=True, exist_ok=True)
        picture.save(tmp_path / "large" / str(number % 2) / f"{number}.png")
    text = str(inspect(tmp_path / "large"))
    assert "cut, advised:" in text
    assert f"whole, the first picture:\n  {tmp_path}/large/0/0.png: has 200 x 201 pixels" in text


def test_one_class_is_named(tmp_path: Path) -> None:
    folder = write_names(tmp_path / "a", ("cats",))
    message = f"{folder}: found one class, cats; expected two or more, each in a subfolder"
    for read in (inspect, lambda path: formats.read(path, OF_PICTURES)):
        with pytest.raises(InputError, match=message):
            read(folder)
    named = OF_PICTURES.changed({"class_names": ("cats", "dogs")})
    assert formats.read(folder, named).data.class_names == ("cats", "dogs")


def test_files_of_other_sides_do_not_fit_but_a_guessed_side_gives_way(tmp_path: Path) -> None:
    """The last rows of these images are blank, so that the text alone does not show their side."""
    wide = np.zeros((100, 10, 10))
    wide[:, :8, :8] = IMAGES.reshape(-1, 8, 8)
    dump_svmlight_file(wide.reshape(100, -1), LABELS, str(tmp_path / "a.txt"), zero_based=False)
    wide[0, 9, 9] = 1
    dump_svmlight_file(wide.reshape(100, -1), LABELS, str(tmp_path / "b.txt"), zero_based=False)
    inspected = [inspect(tmp_path / "a.txt"), inspect(tmp_path / "b.txt")]
    assert [each.side for each in inspected] == [9, 10]
    assert "100, of 9 x 9 pixels at least" in str(inspected[0])
    assert all(values["side"] == 10 for values in settings(inspected))
    other = write(tmp_path / "c.jf")
    with pytest.raises(InputError, match=f"{other}: found images of 8 x 8 pixels; expected 10 x"):
        settings([*inspected, inspect(other)])


@pytest.mark.parametrize(
    ("pixel_range", "side", "warning"),
    [
        ((16, 0), 8, "most images are nearer to full ink (0) than to the background (16), at the"),
        ((0, 32), 8, "no pixel is beyond half of full ink: the pixels go from 0 to 16, and full"),
        ((0, 16), 12, "the lower third of every image is blank; the side may be wrong"),
    ],
)
def test_a_layout_that_does_not_fit_is_warned_of(
    tmp_path: Path, pixel_range: Scale, side: int, warning: str
) -> None:
    dump_svmlight_file(IMAGES, LABELS, str(tmp_path / "a.txt"), zero_based=False)
    changes = {"side": side, "first_index": 1, "pixel_range": tuple(map(float, pixel_range))}
    layout = DEFAULT.changed(changes)
    (warned,) = formats.read(tmp_path / "a.txt", layout).statistics.warnings(layout)
    assert warned.startswith(warning)


def test_a_file_of_a_single_class_is_read_with_a_warning(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jf", labels=LABELS * 0)
    layout = DEFAULT.changed({"side": 8, "pixel_range": (0.0, 16.0)})
    (warned,) = formats.read(path, layout).statistics.warnings(layout)
    assert warned == "all 100 images have the label 0; labels may stand elsewhere"


@pytest.mark.parametrize("by", [" ", "\t"])
@pytest.mark.parametrize("scale", [1, 16])
def test_the_label_of_a_table_may_be_the_last_number(tmp_path: Path, by: str, scale: int) -> None:
    path, pixels = tmp_path / "a.txt", (IMAGES / scale).tolist()
    for rows in (
        [[label, *row] for row, label in zip(pixels, LABELS, strict=True)],
        [[*row, label] for row, label in zip(pixels, LABELS, strict=True)],
    ):
        path.write_text("".join(by.join(map(str, row)) + "\n" for row in rows))
        data = formats.read(path, layout_of(path)).data
        assert data.labels.tolist() == LABELS.tolist()
        np.testing.assert_array_equal(data.images.reshape(-1, 64) * 16, IMAGES)


def test_pixels_that_look_like_labels_are_none(tmp_path: Path) -> None:
    """The first MiB of a file in the order of its labels has a single label."""
    pixels = (IMAGES > 8).astype(int)
    pixels[::3, 63] = 1
    rows = (f"0 {' '.join(map(str, row))}\n" for row in pixels.tolist())
    (tmp_path / "a.txt").write_text("".join(rows))
    layout = layout_of(tmp_path / "a.txt")
    data = formats.read(tmp_path / "a.txt", layout).data
    assert data.labels.tolist() == [0] * 100
    assert data.images.reshape(-1, 64).tolist() == pixels.tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # No advice leads back to inspection.
        ("5 0,5 0 1 0\n", "found '0,5'; expected a finite decimal number.$"),
        ("3 1:1 1e308:1\n", "side: found .*; expected a whole number from 2 to 1024"),
        ("3 1:1 1048577:1\n", "side: found 1025; expected a whole number from 2 to 1024"),
        # A word that is larger than a piece of the file has no line.
        ("1" * (1 << 21), "the side of the images cannot be told"),
    ],
    ids=range(4),
)
def test_a_file_without_settings_is_refused_at_once(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(InputError, match=message):
        inspect(tmp_path / "a.txt")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe: is a pipe, which can be read just once"):
        inspect(tmp_path / "pipe")
