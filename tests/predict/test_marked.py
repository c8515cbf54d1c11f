from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lenet.pictures import characters
from lenet.predict.marked import _caption, draw_marked
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


def holds(sheet: Image.Image, caption: Image.Image) -> bool:
    """Return whether a sheet shows the whole of a caption."""
    all_pixels, wanted = np.asarray(sheet), np.asarray(caption)
    height, width, _ = wanted.shape
    line = wanted[height // 2].tobytes()
    for y in range(len(all_pixels) - height + 1):
        x = all_pixels[y + height // 2].tobytes().find(line) // 3
        if x >= 0 and np.array_equal(all_pixels[y : y + height, x : x + width], wanted):
            return True
    return False


def test_each_character_has_a_box_and_those_with_flags_are_red(tmp_path: Path) -> None:
    strokes(60, 250).save(tmp_path / "a.png")
    sheet = draw_marked(answers(tmp_path / "a.png"))
    assert sheet is not None
    assert holds(sheet, _caption("index: class, confidence", "#0a7d32"))
    # The picture is below the legend.
    sheet = sheet.crop((0, sheet.height - 300, 400, sheet.height))
    for colour, left in ((RED, 60), (GREEN, 250)):
        box = extent(sheet, colour)
        # The answer stands above the box.
        assert box[0] == pytest.approx(left - 3, abs=4)
        assert 60 < box[1] < 90
        assert box[3] == pytest.approx(223, abs=4)
    # The strokes themselves stay as they are.
    assert sheet.getpixel((70, 160)) == sheet.getpixel((260, 160)) == (0, 0, 0)


@pytest.mark.parametrize(
    "picture",
    [
        strokes(60).crop((56, 96, 84, 224)),
        strokes(60).crop((60, 100, 80, 220)).resize((4, 24)),
        strokes(*range(10, 380, 30)),
        strokes(380).crop((200, 95, 400, 225)),
    ],
    ids=["narrow", "small", "dense", "edge"],
)
def test_captions_are_whole(tmp_path: Path, picture: Image.Image) -> None:
    paper = Image.new("RGB", (picture.width + 4, picture.height + 4), "white")
    paper.paste(picture, (2, 2))
    paper.save(tmp_path / "a.png")
    found = answers(tmp_path / "a.png")
    sheet = draw_marked(found)
    assert found
    assert sheet is not None
    for each in found:
        colour = "#c62828" if each.flags else "#0a7d32"
        text = f"{each.index}: {each.label}, {each.confidence:.2f}"
        assert holds(sheet, _caption(text, colour)), text


def test_small_pictures_stand_side_by_side(tmp_path: Path) -> None:
    pages = [strokes(60), strokes(100, size=(300, 250))]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    strokes(200, size=(4000, 1600)).save(tmp_path / "b.png")
    whole = Prediction("c.npz", 0, BLANK, np.full(10, 0.1, np.float32), 0.25)
    sheet = draw_marked([*answers(tmp_path / "a.tif"), whole, *answers(tmp_path / "b.png")])
    assert sheet is not None
    # The last is shrunk, and stands below the others; its caption has room above it.
    caption = _caption("0: 1, 1.00", "#0a7d32").height
    assert sheet.size == (800, sheet.height)
    assert 0 <= sheet.height - (caption + 12 + 300 + 12 + 320) < caption
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
    sheet = sheet.crop((0, sheet.height - 300, 400, sheet.height))
    assert extent(sheet, RED)[0] == pytest.approx(57, abs=4)
    assert max(sheet.getpixel((70, 160))) < 20  # type: ignore[arg-type]
    assert min(sheet.getpixel((300, 20))) > 240  # type: ignore[arg-type]
