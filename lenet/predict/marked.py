"""Pictures with the characters that were found in them, and what they were taken for."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from lenet.pictures import decode
from lenet.predict.predictor import Prediction

# The longer side of a picture in pixels: the least, the usual most, and where captions need room.
_LEAST, _MOST, _LARGEST = 120, 800, 4000
_SURE, _FLAGGED = "#0a7d32", "#c62828"
_TEXT, _GAP = 18, 12
# From a character to the outer edge of its box.
_LINE = 3


def draw_marked(predictions: Sequence[Prediction]) -> Image.Image | None:
    """Return all pictures below a legend, with a box and an answer for each character.

    Red boxes have flags. None where no prediction is about a picture.
    """
    by_page: dict[tuple[str, int], list[Prediction]] = {}
    for each in predictions:
        if each.character:
            by_page.setdefault((each.file, each.character.page), []).append(each)
    if not by_page:
        return None
    legend = [_caption("index: class, confidence", _SURE), _caption("with a flag", _FLAGGED)]
    pages = [_marked(Path(file), number, some) for (file, number), some in by_page.items()]
    places = [(0, 0), (legend[0].width + _GAP, 0)]
    most = max(_MOST, *(page.width for page in pages))
    left, top, bottom = most, 0, legend[0].height
    for page in pages:
        if left + page.width > most:
            left, top = 0, bottom + _GAP
        places.append((left, top))
        left += page.width + _GAP
        bottom = max(bottom, top + page.height)
    tiles = list(zip(legend + pages, places, strict=True))
    sheet = Image.new("RGB", (max(x + tile.width for tile, (x, _) in tiles), bottom), "white")
    for tile, place in tiles:
        sheet.paste(tile, place)
    return sheet


def _marked(path: Path, number: int, predictions: Sequence[Prediction]) -> Image.Image:
    page = decode.coloured(path, number)
    colours = [_FLAGGED if each.flags else _SURE for each in predictions]
    captions = [
        _caption(f"{each.index}: {each.label}, {each.confidence:.2f}", colour)
        for each, colour in zip(predictions, colours, strict=True)
    ]
    boxes = [each.character.box for each in predictions if each.character]
    width, height = (max(sizes) for sizes in zip(*(c.size for c in captions), strict=True))
    # From this scale on, no caption covers another.
    room = max(
        (
            min(width / max(abs(a[1] - b[1]), 1), height / max(abs(a[0] - b[0]), 1))
            for a, b in combinations(boxes, 2)
        ),
        default=0,
    )
    size = max(page.size)
    scale = max(min(max(size, _LEAST), _MOST), min(room * size, _LARGEST)) / size
    page = page.resize((round(page.width * scale), round(page.height * scale)))
    places = [
        (max(round(left * scale) - _LINE, 0), round(top * scale) - _LINE - height)
        for top, left, _, _ in boxes
    ]
    # Captions that do not fit on the page have room beside it.
    right = max(x + caption.width for (x, _), caption in zip(places, captions, strict=True))
    above = max(0, -min(y for _, y in places))
    sheet = Image.new("RGB", (max(page.width, right), page.height + above), "white")
    sheet.paste(page, (0, above))
    drawing = ImageDraw.Draw(sheet)
    for box, colour in zip(boxes, colours, strict=True):
        top, left, bottom, right = (round(edge * scale) for edge in box)
        right, bottom = (min(right + _LINE, page.width - 1), min(bottom + _LINE, page.height - 1))
        edges = (max(left - _LINE, 0), above + top - _LINE, right, above + bottom)
        drawing.rectangle(edges, outline=colour, width=2)
    for caption, (x, y) in zip(captions, places, strict=True):
        sheet.paste(caption, (x, above + y))
    return sheet


def _caption(text: str, colour: str) -> Image.Image:
    font = ImageFont.load_default(_TEXT)
    _, _, right, bottom = font.getbbox(f"{text}|", anchor="lt")
    caption = Image.new("RGB", (round(right), round(bottom) + 6), colour)
    ImageDraw.Draw(caption).text((3, 3), text, fill="white", font=font, anchor="lt")
    return caption
