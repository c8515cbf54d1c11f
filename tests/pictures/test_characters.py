"""Digits in pictures as people take and draw them are found, and look as on clean paper."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

from lenet.core.errors import InputError
from lenet.raw import pictures
from lenet.raw.pictures import Character
from studies.photographs import KINDS, Coverage, drawn, enlarged, generator, in_a_row, on_page

SINGLE = [name for name, kind in KINDS.items() if kind.digits == 1]
CLEAN = KINDS["clean"]
# One kind for each difficulty; the slow tests have all kinds.
QUICK = (
    *("paper on a dark desk", "half in shade", "white on transparent", "dithered, one bit"),
    *("boxed", "blackboard"),
)
# The largest mean difference of two images of the same digit, as a share of full ink.
NEAR = 0.03
# Paper that lies crooked turns the digit; strokes in small digits are two pixels wide.
LESS_NEAR = {"crooked on wood": 0.18, "a twentieth as high": 0.13, "glare": 0.07}
# Where light glares on a stroke, hardly any of its ink is left.
MISSED = {"glare": 1}


@cache
def digit(number: int, height: int, pen: float) -> Coverage:
    """Return one of six digits: three are drawn strokes, three are of scikit-learn."""
    if number % 2:
        return enlarged(load_digits().images[40 + number].astype(np.float32), height)
    return drawn(2 + number, height, pen, generator("test", number))


def saved(path: Path, *pages: Image.Image, side: int = 16) -> list[Character]:
    """Save a picture, of one page or of several; return what is found in it."""
    if pages[1:]:
        pages[0].save(path, save_all=True, append_images=pages[1:])
    else:
        pages[0].save(path)
    return pictures.read(path, side)


def written(digits: Sequence[Coverage], size: tuple[int, int] = (400, 400)) -> Image.Image:
    """Return digits in a row, in the middle of a clean page."""
    rng = generator("test", 0)
    return CLEAN.draw(on_page(in_a_row(digits, rng), size, (0.5, 0.5)), rng)


@cache
def plain(number: int, height: int, pen: float, folder: Path) -> NDArray[np.float32]:
    """Return the image of a digit on clean paper."""
    (found,) = saved(folder / "plain.png", written([digit(number, height, pen)]))
    return found.image


@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in SINGLE],
)
def test_a_digit_looks_as_on_clean_paper(tmp_path: Path, scratch: Path, name: str) -> None:
    kind = KINDS[name]
    path = tmp_path / f"picture{kind.suffix}"
    missed = {}
    for number in range(4 if max(kind.page) < 1000 else 2):
        ink = digit(number, kind.height, kind.pen)
        kind.save(kind.picture([ink], generator(f"test {name}", number)), path)
        found = [one.image for one in pictures.read(path, 16)]
        expected = plain(number, kind.height, kind.pen, scratch)
        if len(found) != 1 or not near(found[0], expected, LESS_NEAR.get(name, NEAR)):
            missed[number] = [float(np.abs(image - expected).mean()) for image in found]
    assert len(missed) <= MISSED.get(name, 0), missed


def near(image: NDArray[np.float32], expected: NDArray[np.float32], limit: float = NEAR) -> bool:
    return float(np.abs(image - expected).mean()) < limit


def boxes(page: Coverage) -> list[tuple[int, int, int, int]]:
    """Return left, top, right and bottom of each digit of a row with gaps between them."""
    columns = np.pad((page > 0.5).any(axis=0), 1)
    edges = np.flatnonzero(columns[1:] != columns[:-1]).reshape(-1, 2)
    found = []
    for left, right in edges.tolist():
        rows = np.flatnonzero((page[:, left:right] > 0.5).any(axis=1)).tolist()
        found.append((left, rows[0], right, rows[-1] + 1))
    return found


@pytest.mark.parametrize("name", ["two digits", "zip code"])
def test_digits_in_a_row_are_found_from_left_to_right(
    tmp_path: Path, scratch: Path, name: str
) -> None:
    kind = KINDS[name]
    for attempt in range(3):
        numbers = [(attempt + place) % 6 for place in range(kind.digits)]
        digits = [digit(number, kind.height, kind.pen) for number in numbers]
        found = saved(tmp_path / "a.png", kind.picture(digits, generator("test row", attempt)))
        assert len(found) == kind.digits
        for one, number in zip(found, numbers, strict=True):
            plains = [plain(other, kind.height, kind.pen, scratch) for other in range(6)]
            assert np.abs(one.image - plains).mean(axis=(1, 2)).argmin() == number
            assert not one.joined


def test_boxes_are_around_the_digits_also_of_a_large_picture(tmp_path: Path) -> None:
    digits = [digit(number, 120, 0.1) for number in range(5)]
    page = on_page(in_a_row(digits, generator("test", 0)), (400, 900), (0.5, 0.5))
    picture = written(digits, (400, 900))
    for factor in (1, 4):
        large = picture.resize((900 * factor, 400 * factor), Image.Resampling.BICUBIC)
        found = saved(tmp_path / "a.png", large)
        expected = np.array(boxes(page)) * factor
        np.testing.assert_allclose([one.box for one in found], expected, atol=4 * factor)


def test_lines_are_read_one_after_the_other(tmp_path: Path, scratch: Path) -> None:
    lines = [[0, 1, 2], [3, 4, 5]]
    pages = [written([digit(number, 120, 0.1) for number in line], (250, 600)) for line in lines]
    sheet = Image.fromarray(np.concatenate([np.asarray(page) for page in pages]))
    found = saved(tmp_path / "a.png", sheet)
    assert len(found) == 6
    for number, one in enumerate(found):
        assert near(one.image, plain(number, 120, 0.1, scratch)), number
        assert (one.box[1] > 240) == (number > 2)


@pytest.mark.parametrize("angle", [-18, -9, 9, 18])
def test_sloping_lines_are_read_one_after_the_other(tmp_path: Path, angle: int) -> None:
    page = np.zeros((700, 900))
    for top in (200, 370):
        row = in_a_row([digit(0, 90, 0.1)] * 5, generator("test", top))
        page[top : top + row.shape[0], 200 : 200 + row.shape[1]] = row
    turned = Image.fromarray((245 - 210 * page).astype(np.uint8)).rotate(angle, fillcolor=245)
    boxes = np.array([one.box for one in saved(tmp_path / "a.png", turned)])
    assert len(boxes) == 10
    x, y = (boxes[:, side] + boxes[:, side + 2] for side in (0, 1))
    # Turned back, each line goes to the right, and the second is below the first.
    slope = np.radians(angle)
    along, down = x * np.cos(slope) - y * np.sin(slope), x * np.sin(slope) + y * np.cos(slope)
    assert (np.diff(along[:5]) > 0).all()
    assert (np.diff(along[5:]) > 0).all()
    assert down[:5].max() < down[5:].min()


def test_digits_that_touch_are_marked(tmp_path: Path) -> None:
    zero = drawn(0, 120, 0.1, generator("test", 0))
    three = np.concatenate([zero[:, :-8], zero[:, 4:-8], zero[:, 4:]], axis=1)
    for ink, joined in ((zero, False), (three, True)):
        (found,) = saved(tmp_path / "a.png", written([ink]))
        assert found.joined == joined


@pytest.mark.parametrize("level", [20, 60, 130, 200, 250])
def test_nothing_is_found_on_blank_and_on_noisy_pages(tmp_path: Path, level: int) -> None:
    rng = generator("noise", level)
    for deviation in (0, 2, 6, 14):
        levels = np.clip(rng.normal(level, deviation, (150, 200)), 0, 255)
        with pytest.raises(InputError, match="a.png: found nothing"):
            saved(tmp_path / "a.png", Image.fromarray(levels.astype(np.uint8)))


def test_every_page_of_a_tiff_is_read(tmp_path: Path, scratch: Path) -> None:
    blank = Image.new("L", (400, 400), 245)
    first, second = (written([digit(number, 160, 0.1)]) for number in (0, 1))
    found = saved(tmp_path / "a.tif", first, blank, second)
    assert [one.page for one in found] == [0, 2]
    for number, one in enumerate(found):
        assert near(one.image, plain(number, 160, 0.1, scratch))


def test_an_animation_counts_from_the_first_frame_that_shows_something(
    tmp_path: Path, scratch: Path
) -> None:
    blank = Image.new("L", (400, 400), 245)
    frames = [blank, *(written([digit(number, 160, 0.1)]) for number in (2, 1))]
    (found,) = saved(tmp_path / "a.gif", *frames)
    assert found.page == 1
    assert near(found.image, plain(2, 160, 0.1, scratch))


@pytest.mark.parametrize(("paper", "ink"), [(200, 60), (128, 0), (255, 90), (40, 230)])
def test_patterns_of_dots_are_grey_levels(
    tmp_path: Path, scratch: Path, paper: float, ink: float
) -> None:
    page = on_page(digit(0, 240, 0.1), (500, 500), (0.5, 0.5))
    grey = Image.fromarray((paper + (ink - paper) * page).astype(np.uint8))
    (found,) = saved(tmp_path / "a.png", grey.convert("1"))
    assert near(found.image, plain(0, 240, 0.1, scratch), 0.06)


@pytest.mark.parametrize("suffix", [".png", ".gif"])
@pytest.mark.parametrize("level", [0, 200, 255])
def test_transparent_pixels_of_a_palette_are_paper(
    tmp_path: Path, scratch: Path, suffix: str, level: int
) -> None:
    ink = on_page(digit(0, 160, 0.1), (400, 400), (0.5, 0.5)) > 0.5
    picture = Image.fromarray(ink.astype(np.uint8), "P")
    # The transparent colour is that of the ink.
    picture.putpalette([level, level, level] * 2)
    picture.info["transparency"] = 0
    picture.save(tmp_path / f"a{suffix}", transparency=0)
    (found,) = pictures.read(tmp_path / f"a{suffix}", 16)
    assert near(found.image, plain(0, 160, 0.1, scratch), 0.05)


def test_a_huge_page_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    pages = [written([digit(0, 160, 0.1)]).convert("1"), Image.new("1", (8200, 8000))]
    with pytest.raises(InputError, match="a.tif: page 2 has 8200 x 8000 pixels; expected at most"):
        saved(tmp_path / "a.tif", *pages)


def test_very_small_pictures_are_read(tmp_path: Path) -> None:
    for image in load_digits().images[:10]:
        grey = (image * 15).astype(np.uint8)
        for levels in (grey, 255 - grey, np.pad(grey, 2)):
            (found,) = saved(tmp_path / "a.png", Image.fromarray(levels), side=8)
            left, top, right, bottom = found.box
            assert 0 <= left < right <= levels.shape[1]
            assert 0 <= top < bottom <= levels.shape[0]
