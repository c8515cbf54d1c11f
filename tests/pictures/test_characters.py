"""Digits in pictures as people take and draw them are found, and look as on clean paper."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

from lenet.core.errors import InputError
from lenet.pictures import characters
from lenet.pictures.frame import Character
from studies.photographs import KINDS, Coverage, by_pen, enlarged, in_a_row

SINGLE = [name for name, kind in KINDS.items() if kind.digits == 1 and name != "letters"]
# One kind for each difficulty; the slow tests have all kinds.
QUICK = [
    "light on dark",
    "half in shade, hard edge",
    "dark desk, half in shade",
    "white on transparent",
    "dots of black and white",
    "boxed, with specks",
    "pencil",
]
# The largest mean difference of two images of the same digit, as a share of full ink.
NEAR = 0.03
# Strokes in small digits are two pixels wide.
LESS_NEAR = {"a twentieth as high": 0.13, "glare": 0.07}
DIGITS = load_digits().images[[41, 43, 45, 50, 53, 55]].astype(np.float32)


def digit(number: int, height: int = 120) -> Coverage:
    """Return one of six digits."""
    return enlarged(DIGITS[number], height)


def written(digits: Sequence[Coverage], size: tuple[int, int] = (400, 400)) -> Image.Image:
    """Return digits in a row, in the middle of a clean page of (height, width)."""
    row = in_a_row(digits)
    page = np.zeros(size)
    top, left = ((whole - own) // 2 for whole, own in zip(size, row.shape, strict=True))
    page[top : top + row.shape[0], left : left + row.shape[1]] = row
    return Image.fromarray((245 - 210 * page).astype(np.uint8))


def saved(path: Path, *pages: Image.Image) -> list[Character]:
    """Save a picture, of one page or of several; return what is found in it."""
    pages[0].save(path, save_all=len(pages) > 1, append_images=pages[1:])
    return characters.read(path)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.float32]:
    """The images of the six digits on clean paper, (6, 16, 16)."""
    path = tmp_path_factory.mktemp("plain") / "a.png"
    return np.array([saved(path, written([digit(i, 160)]))[0].framed(16) for i in range(6)])


def distance(character: Character, expected: NDArray[np.float32]) -> float:
    return float(np.abs(character.framed(16) - expected).mean())


@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in SINGLE],
)
def test_a_digit_looks_as_on_clean_paper(
    tmp_path: Path, plain: NDArray[np.float32], name: str
) -> None:
    kind = KINDS[name]
    for number in range(4 if max(kind.page) < 1000 else 2):
        ink = digit(number, kind.height)
        path = kind.save([ink], np.random.default_rng(number), tmp_path)
        (character,) = characters.read(path)
        expected = plain[number]
        if kind.pen:
            clean = written([by_pen(ink, kind.pen)])
            expected = saved(tmp_path / "clean.png", clean)[0].framed(16)
        assert distance(character, expected) < LESS_NEAR.get(name, NEAR), number


def test_digits_in_a_row_are_found_from_left_to_right(
    tmp_path: Path, plain: NDArray[np.float32]
) -> None:
    kind = KINDS["zip code"]
    for first in range(3):
        numbers = [(first + place) % 6 for place in range(kind.digits)]
        inks = [digit(number, kind.height) for number in numbers]
        row = characters.read(kind.save(inks, np.random.default_rng(first), tmp_path))
        nearest = [np.argmin([distance(one, each) for each in plain]) for one in row]
        assert nearest == numbers
        assert not any(one.wide for one in row)


def test_a_box_is_around_the_digit_also_of_a_large_picture(tmp_path: Path) -> None:
    picture = written([digit(0)], (400, 900))
    rows, columns = np.nonzero(np.asarray(picture) < 140)
    expected = np.array([rows.min(), columns.min(), rows.max() + 1, columns.max() + 1])
    for factor in (1, 4):
        large = picture.resize((900 * factor, 400 * factor), Image.Resampling.BICUBIC)
        (character,) = saved(tmp_path / "a.png", large)
        np.testing.assert_allclose(character.box, expected * factor, atol=4 * factor)


def test_a_digit_at_the_edge_of_the_picture_is_one_of_the_row(
    tmp_path: Path, plain: NDArray[np.float32]
) -> None:
    row = np.asarray(written([digit(number) for number in (0, 1, 2)], (300, 600)))
    last = np.flatnonzero((row < 140).any(axis=0))[-1]
    cropped = Image.fromarray(row[:, : last - 2])
    _, second, third = saved(tmp_path / "a.png", cropped)
    assert third.box[3] == cropped.width
    assert distance(second, plain[1]) < NEAR


@pytest.mark.parametrize("angle", [-18, 0, 9])
def test_lines_are_read_one_after_the_other_also_if_they_slope(tmp_path: Path, angle: int) -> None:
    row = in_a_row([digit(0, 90)] * 5)
    page = np.zeros((700, 900))
    for top in (200, 370):
        page[top : top + row.shape[0], 200 : 200 + row.shape[1]] = row
    turned = Image.fromarray((245 - 210 * page).astype(np.uint8)).rotate(angle, fillcolor=245)
    boxes = np.array([one.box for one in saved(tmp_path / "a.png", turned)])
    assert len(boxes) == 10
    y, x = boxes[:, 0] + boxes[:, 2], boxes[:, 1] + boxes[:, 3]
    # Turned back, each line goes to the right, and the second is below the first.
    slope = np.radians(angle)
    along, down = x * np.cos(slope) - y * np.sin(slope), x * np.sin(slope) + y * np.cos(slope)
    assert (np.diff(along[:5]) > 0).all()
    assert (np.diff(along[5:]) > 0).all()
    assert down[:5].max() < down[5:].min()


def test_digits_that_touch_are_marked_and_a_whole_picture_is_one(tmp_path: Path) -> None:
    ink = digit(0)
    touching = np.concatenate([ink[:, :-6], ink[:, 6:-6], ink[:, 6:]], axis=1)
    (single,) = saved(tmp_path / "a.png", written([ink]))
    (triple,) = saved(tmp_path / "b.png", written([touching]))
    assert (single.wide, triple.wide) == (False, True)
    written([ink, ink], (300, 600)).save(tmp_path / "c.png")
    (whole,) = characters.read(tmp_path / "c.png", as_one=True)
    both = whole.framed(16)
    # Two digits side by side fill the width, and not the height.
    rows, columns = (np.flatnonzero((both > 0.3).any(axis=axis)) for axis in (1, 0))
    assert columns[[0, -1]].tolist() == [0, 15]
    assert np.ptp(rows) < 12


def test_a_character_fills_the_square_with_its_proportions_kept() -> None:
    image = Character(np.ones((60, 30)), (0, 0, 60, 30)).framed(16)
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, np.pad(np.ones((16, 8)), ((0, 0), (4, 4))))


@pytest.mark.parametrize("level", [20, 130, 250])
def test_nothing_is_found_on_blank_and_on_noisy_pages(tmp_path: Path, level: int) -> None:
    rng = np.random.default_rng(level)
    for deviation in (0, 2, 6, 14):
        levels = np.clip(rng.normal(level, deviation, (150, 200)), 0, 255)
        with pytest.raises(InputError, match="a.png: found nothing"):
            saved(tmp_path / "a.png", Image.fromarray(levels.astype(np.uint8)))


def test_every_page_of_a_tiff_is_read_and_of_an_animation_the_first_that_shows_something(
    tmp_path: Path, plain: NDArray[np.float32]
) -> None:
    blank = Image.new("L", (400, 400), 245)
    first, second = (written([digit(number, 160)]) for number in (0, 1))
    pages = saved(tmp_path / "a.tif", first, blank, second)
    assert [one.page for one in pages] == [0, 2]
    assert [distance(one, plain[i]) < NEAR for i, one in enumerate(pages)] == [True, True]
    (frame,) = saved(tmp_path / "a.gif", blank, first, second)
    assert frame.page == 1
    assert distance(frame, plain[0]) < NEAR
