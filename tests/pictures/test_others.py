"""Characters beside others in another ink or size, and in forms, are read, or a flag says so."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lenet.pictures import characters
from lenet.pictures.frame import Character
from tests.pictures.test_characters import digit

# Where the digits of a page stand: top and left.
PLACES = [(60, 60), (60, 200), (60, 400)]


def page(
    inks: tuple[int, ...] = (30, 30, 30), heights: tuple[int, ...] = (100, 100, 100), lower: int = 0
) -> NDArray[np.float64]:
    """Return the grey levels of a page with three digits, the last one `lower`."""
    levels = np.full((220, 560), 245.0)
    for number, ((top, left), ink, height) in enumerate(zip(PLACES, inks, heights, strict=True)):
        cover = digit(number, height)
        down = top + (lower if number == 2 else 0)
        window = np.s_[down : down + cover.shape[0], left : left + cover.shape[1]]
        levels[window] += (ink - levels[window]) * cover
    return levels


def found(tmp_path: Path, levels: NDArray[np.float64]) -> list[Character]:
    Image.fromarray(levels.astype(np.uint8)).save(tmp_path / "a.png")
    return characters.read(tmp_path / "a.png")


def lefts(some: list[Character]) -> list[int]:
    return [round(one.box[1], -1) for one in some]


@pytest.mark.parametrize("ink", [150, 190, 205])
@pytest.mark.parametrize("height", [26, 100])
def test_a_fainter_or_smaller_digit_is_read_as_any_other(
    tmp_path: Path, ink: int, height: int
) -> None:
    plain = found(tmp_path, page())
    some = found(tmp_path, page((30, ink, 30), (100, height, 100)))
    assert lefts(some) == lefts(plain) == [60, 200, 400]
    assert np.abs(some[1].framed(16) - plain[1].framed(16)).mean() < 0.08
    assert not any(one.left_out or one.boxes for one in some)


def test_what_may_be_a_character_and_was_not_read_is_told(tmp_path: Path) -> None:
    comma, touching = page(), page()
    comma[140:165, 324:330] = 30
    # Two small faint zeros that touch are wide.
    touching[10:40, 305:355] = 160
    touching[17:33, 312:327] = touching[17:33, 333:348] = 245
    for levels in (comma, touching):
        some = found(tmp_path, levels)
        assert lefts(some) == [60, 200, 400]
        assert all(one.left_out for one in some)


def test_rules_specks_dots_stains_and_shadows_are_no_characters(tmp_path: Path) -> None:
    ruled, squared, dirty, underlined, stained = (page() for _ in range(5))
    ruled[10::30] = np.minimum(ruled[10::30], 190)
    squared[:, 5::25] = np.minimum(squared[:, 5::25], 190)
    squared[5::25] = np.minimum(squared[5::25], 190)
    for y, x in np.random.default_rng(0).integers(0, (216, 556), (25, 2)):
        dirty[y : y + 4, x : x + 4] = np.minimum(dirty[y : y + 4, x : x + 4], 120)
    dirty[150:160, 325:335] = 30
    underlined[172:175, 40:520] = 60
    y, x = np.indices(stained.shape)
    stained *= 1 - 0.2 * (np.hypot(y - 110, x - 300) < 60)
    for number, levels in enumerate((ruled, squared, dirty, underlined, stained)):
        some = found(tmp_path, levels)
        assert lefts(some) == [60, 200, 400], number
        assert not any(one.left_out or one.boxes for one in some), number


@pytest.mark.parametrize("kind", ["shared walls", "comb", "boxes"])
@pytest.mark.parametrize("touches", [False, True])
def test_forms_are_read_unless_digits_touch_the_lines(
    tmp_path: Path, kind: str, touches: bool
) -> None:
    levels = page(lower=40 if touches else 0)
    walls = [40, 180, 360, 520]
    if kind == "boxes":
        walls += [160, 310]
        pairs = [(40, 160), (180, 310), (360, 520)]
    else:
        pairs = [(40, 520)]
    for left, right in pairs:
        levels[180:183, left : right + 3] = 30
        if kind != "comb":
            levels[40:43, left : right + 3] = 30
    for wall in walls:
        levels[150 if kind == "comb" else 40 : 183, wall : wall + 3] = 30
    some = found(tmp_path, levels)
    if not touches:
        assert lefts(some) == [60, 200, 400]
    assert all(one.boxes == touches for one in some)
