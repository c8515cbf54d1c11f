from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lenet.pictures import characters
from lenet.predict.marked import draw_marked
from lenet.predict.predictor import Prediction

BLANK = np.zeros((16, 16), np.float32)
GREEN, RED = (10, 125, 50), (198, 40, 40)


def strokes(*lefts: int, size: tuple[int, int] = (400, 300)) -> Image.Image:
    """Return a page with upright strokes of 20 x 120 pixels."""
    page = Image.new("RGB", size, "white")
    for left in lefts:
        ImageDraw.Draw(page).rectangle((left, 100, left + 19, 219), fill="black")
    return page


def answers(path: Path, sure: Callable[[int], bool] = bool) -> list[Prediction]:
    """Return answers for a picture, of which those of the numbers that are `sure` have no flag."""
    found = characters.read(path)
    rows = [np.eye(10, dtype=np.float32)[1] * (1 if sure(i) else 0.5) for i in range(len(found))]
    return [
        Prediction(str(path), i, BLANK, row, 0.25, one)
        for i, (row, one) in enumerate(zip(rows, found, strict=True))
    ]


def extent(sheet: Image.Image, colour: tuple[int, int, int]) -> list[int]:
    """Return left, top, right and bottom of all that has a colour."""
    rows, columns = np.nonzero((np.asarray(sheet) == colour).all(axis=2))
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_each_character_has_a_box_and_those_with_flags_are_red(tmp_path: Path) -> None:
    strokes(60, 250).save(tmp_path / "a.png")
    sheet = draw_marked(answers(tmp_path / "a.png"))
    assert sheet is not None
    assert sheet.size == (400, 300)
    for colour, left in ((RED, 60), (GREEN, 250)):
        box = extent(sheet, colour)
        # The answer stands above the box.
        assert box[0] == pytest.approx(left - 3, abs=4)
        assert 60 < box[1] < 90
        assert box[3] == pytest.approx(223, abs=4)
    # The strokes themselves stay as they are.
    assert sheet.getpixel((70, 160)) == sheet.getpixel((260, 160)) == (0, 0, 0)


def test_pictures_and_pages_stand_one_below_the_other(tmp_path: Path) -> None:
    pages = [strokes(60), strokes(100, size=(300, 250))]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    strokes(200, size=(4000, 1600)).save(tmp_path / "b.png")
    whole = Prediction("c.npz", 0, BLANK, np.full(10, 0.1, np.float32), 0.25)
    sheet = draw_marked([*answers(tmp_path / "a.tif"), whole, *answers(tmp_path / "b.png")])
    assert sheet is not None
    # The last is shrunk.
    assert sheet.size == (1000, 300 + 12 + 250 + 12 + 400)
    assert draw_marked([whole]) is None


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "I;16", "CMYK"])
def test_pictures_of_every_mode_are_drawn(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    if mode == "I;16":
        page = Image.fromarray(np.asarray(strokes(60).convert("L"), np.uint16) * 200)
    else:
        page = strokes(60).convert(mode)
    page.save(path)
    sheet = draw_marked(answers(path))
    assert sheet is not None
    assert extent(sheet, RED)[0] == pytest.approx(57, abs=4)
    assert max(sheet.getpixel((70, 160))) < 20  # type: ignore[arg-type]
    assert min(sheet.getpixel((300, 20))) > 240  # type: ignore[arg-type]
