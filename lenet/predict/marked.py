"""Pictures with the characters that were found in them, and what they were taken for."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from lenet.pictures import decode
from lenet.predict.predictor import Prediction

# Pictures are shrunk to this longer side, or the boxes' lines would be too thin to see.
_LARGEST = 1000
_SURE, _FLAGGED = "#0a7d32", "#c62828"
_TEXT, _GAP = 18, 12


def draw_marked(predictions: Sequence[Prediction]) -> Image.Image | None:
    """Return all pictures, one below the other, with a box and an answer for each character.

    Red boxes have flags. None where no prediction is about a picture.
    """
    by_page: dict[tuple[str, int], list[Prediction]] = {}
    for each in predictions:
        if each.character:
            by_page.setdefault((each.file, each.character.page), []).append(each)
    if not by_page:
        return None
    pages = [_marked(Path(file), number, some) for (file, number), some in by_page.items()]
    height = sum(page.height + _GAP for page in pages) - _GAP
    sheet = Image.new("RGB", (max(page.width for page in pages), height), "white")
    top = 0
    for page in pages:
        sheet.paste(page, (0, top))
        top += page.height + _GAP
    return sheet


def _marked(path: Path, number: int, predictions: Sequence[Prediction]) -> Image.Image:
    page = decode.coloured(path, number)
    size = max(page.size)
    page.thumbnail((_LARGEST, _LARGEST))
    scale = max(page.size) / size
    drawing = ImageDraw.Draw(page)
    font = ImageFont.load_default(_TEXT)
    for prediction in predictions:
        assert prediction.character
        top, left, bottom, right = (edge * scale for edge in prediction.character.box)
        colour = _FLAGGED if prediction.flags else _SURE
        drawing.rectangle((left - 3, top - 3, right + 3, bottom + 3), outline=colour, width=2)
        text = f"{prediction.index}: {prediction.label} ({prediction.confidence:.2f})"
        _, _, width, height = drawing.textbbox((0, 0), text, font=font, anchor="lt")
        x = min(max(left - 3, 0), page.width - width - 4)
        y = top - height - 10
        if y < 0:
            y = min(bottom + 4, page.height - height - 6)
        drawing.rectangle((x, y, x + width + 4, y + height + 6), fill=colour)
        drawing.text((x + 2, y + 3), text, fill="white", font=font, anchor="lt")
    return page
