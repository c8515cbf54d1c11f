"""How well pictures are read that look like photographs and scans, and pictures of other things.

    python -m studies photographs

Reads models/lenet.onnx, params.yaml and data/npz/train.npz; writes docs/photographs.csv, a row a
kind of picture, and docs/strangers.csv, a row a kind of picture without digits.

All pictures are drawn, each kind with its own seed. Each is saved as a file, and read from there.
Half of the digits are validation images, enlarged, and half are strokes drawn with a round pen.
"""

import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import skimage
from joblib import Parallel, delayed
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.files import write_csv
from lenet.core.npz import Dataset
from lenet.deploy.recogniser import Recogniser
from lenet.predict.predictor import CONFIDENT, Prediction, predict
from lenet.training.loop import split
from studies.settings import Settings

DIGITS_TABLE = Path("docs/photographs.csv")
STRANGERS_TABLE = Path("docs/strangers.csv")
MODEL = Path("models/lenet.onnx")
# The number of pictures of each kind.
PICTURES = 100
# Validation images with less ink than this mean are nearly empty when they are enlarged.
LEAST_INK = 0.1

# From 0 = paper to 1 = full ink, (height, width).
Coverage = NDArray[np.float64]
Levels = NDArray[np.float64]
Generator = np.random.Generator
_Points = list[tuple[float, float]]


def _arc(
    middle: tuple[float, float], radii: tuple[float, float], start: float, end: float
) -> _Points:
    """Return points of an ellipse, from a share of the turn to another."""
    angles = 2 * np.pi * np.linspace(start, end, 24)
    return [(middle[0] + radii[0] * np.cos(a), middle[1] + radii[1] * np.sin(a)) for a in angles]


# A pen's way for each digit, as strokes of points (x, y) in the unit square; y grows downwards.
STROKES: tuple[tuple[_Points, ...], ...] = (
    (_arc((0.5, 0.5), (0.3, 0.48), 0, 1),),
    ([(0.42, 0.14), (0.52, 0.02), (0.52, 0.98)],),
    ([*_arc((0.5, 0.27), (0.28, 0.25), 0.5, 1.08), (0.2, 0.97), (0.82, 0.97)],),
    (
        [
            *_arc((0.47, 0.26), (0.27, 0.24), 0.55, 1.25),
            *_arc((0.47, 0.73), (0.31, 0.25), 0.75, 1.42),
        ],
    ),
    ([(0.62, 0.02), (0.17, 0.66), (0.85, 0.66)], [(0.66, 0.38), (0.66, 0.98)]),
    ([(0.76, 0.04), (0.3, 0.04), (0.26, 0.46), *_arc((0.48, 0.68), (0.28, 0.29), 0.62, 1.42)],),
    ([(0.66, 0.03), (0.36, 0.35), *_arc((0.5, 0.7), (0.27, 0.27), 0.55, 1.55)],),
    ([(0.2, 0.05), (0.8, 0.05), (0.42, 0.97)],),
    (
        [
            *_arc((0.5, 0.26), (0.23, 0.23), 0.25, 1.25),
            *_arc((0.5, 0.74), (0.27, 0.24), 0.75, 1.75),
        ],
    ),
    ([*_arc((0.48, 0.3), (0.26, 0.27), 0, 1), (0.74, 0.3), (0.66, 0.97)],),
)


def drawn(label: int, height: int, pen: float, rng: Generator) -> Coverage:
    """Return a digit drawn with a round pen, slanted and bent a little, cut out.

    Args:
        label: the digit.
        height: about the height of the result in pixels.
        pen: the pen's width as a share of the height.
        rng: decides slant, width and bends.
    """
    scale = 4 if height < 200 else 2
    tall = height * scale
    wide = int(tall * 0.9)
    margin = int(pen * tall) + 2
    picture = Image.new("L", (wide + 2 * margin, tall + 2 * margin), 0)
    drawing = ImageDraw.Draw(picture)
    slant = rng.uniform(-0.08, 0.2)
    stretch = rng.uniform(0.8, 1.05)
    wobble = rng.normal(0, 0.015, (8, 2))
    radius = pen * tall / 2
    for stroke in STROKES[label]:
        x, y = np.array(stroke).T
        # A smooth field moves the points, as a hand does.
        field = np.array([np.sin(2.5 * y + i) * np.cos(2 * x + 2 * i) for i in range(8)])
        x, y = np.array([x, y]) + (field.T @ wobble).T
        x = (x - 0.5) * stretch + 0.5 + slant * (0.5 - y)
        path = [(a * wide + margin, b * tall + margin) for a, b in zip(x, y, strict=True)]
        drawing.line(path, fill=255, width=round(2 * radius), joint="curve")
        for a, b in path:
            drawing.ellipse([a - radius, b - radius, a + radius, b + radius], fill=255)
    small = picture.resize((picture.width // scale, picture.height // scale), Image.Resampling.BOX)
    return _cut_out(np.asarray(small, np.float64) / 255)


def enlarged(image: NDArray[np.float32], height: int) -> Coverage:
    """Return a small image of a digit enlarged with smooth edges, cut out.

    Args:
        image: (side, side), 0 = background; its strongest ink becomes full ink.
        height: the side of the result in pixels, before it is cut out.
    """
    padded = np.pad(image / image.max(), 2)
    factor = height / image.shape[0]
    size = round(padded.shape[0] * factor)
    soft = Image.fromarray((padded * 255).astype(np.uint8)).resize(
        (size, size), Image.Resampling.BICUBIC
    )
    grey = np.asarray(soft.filter(ImageFilter.GaussianBlur(factor * 0.35)), np.float64) / 255
    return _cut_out(np.clip((grey - 0.5) * factor * 0.6 + 0.5, 0, 1))


def _cut_out(coverage: Coverage) -> Coverage:
    rows, columns = (np.flatnonzero(coverage.max(axis=axis) > 0.3) for axis in (1, 0))
    return coverage[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def in_a_row(digits: Sequence[Coverage], rng: Generator) -> Coverage:
    """Return digits side by side on a line, with gaps of 0.15 to 0.4 of the height."""
    height = max(digit.shape[0] for digit in digits)
    parts = []
    for digit in digits:
        gap = np.zeros((height, int(np.ceil(rng.uniform(0.15, 0.4) * height))))
        parts += [gap, np.pad(digit, ((height - digit.shape[0], 0), (0, 0)))]
    return np.concatenate(parts[1:], axis=1)


def on_page(digit: Coverage, size: tuple[int, int], place: tuple[float, float]) -> Coverage:
    """Return a page of (height, width) with a digit on it; the page is larger if it must be.

    Args:
        digit: the ink.
        size: height and width of the page.
        place: the middle of the digit, down and across, as shares of the page.
    """
    height, width = (max(a, b + 4) for a, b in zip(size, digit.shape, strict=True))
    page = np.zeros((height, width))
    top, left = (
        min(max(round(share * whole - own / 2), 1), whole - own - 1)
        for share, whole, own in zip(place, page.shape, digit.shape, strict=True)
    )
    page[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return page


def _written(page: Coverage, paper: float = 245, ink: float = 35) -> Levels:
    return paper + (ink - paper) * page


def _picture(levels: Levels, rng: Generator, noise: float = 2) -> Image.Image:
    """Return levels with a camera's noise as a picture: grey, or of colours (height, width, 3)."""
    noisy = levels + rng.normal(0, noise, levels.shape)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def _ramp(page: NDArray, rng: Generator) -> Levels:
    """Return a ramp from 0 to 1 across the page, in any direction."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = _coordinates(page)
    ramp = x * np.cos(angle) + y * np.sin(angle)
    return (ramp - ramp.min()) / np.ptp(ramp)


def _coordinates(page: NDArray) -> tuple[Levels, Levels]:
    """Return y and x of each pixel, from -1 to 1."""
    y, x = np.mgrid[-1 : 1 : page.shape[0] * 1j, -1 : 1 : page.shape[1] * 1j]
    return y, x


def _clean(page: Coverage, rng: Generator) -> Image.Image:
    return _picture(_written(page), rng, 0)


def _desk(page: Coverage, rng: Generator) -> Image.Image:
    down, right, up, left = (round(rng.uniform(0.06, 0.15) * s) for s in page.shape * 2)
    ground = np.full((page.shape[0] + down + up, page.shape[1] + left + right), rng.uniform(30, 80))
    ground += rng.normal(0, 6, ground.shape)
    ground[up : up + page.shape[0], left : left + page.shape[1]] = _written(page, 238, 40)
    return _picture(ground, rng)


def _desk_in_shade(page: Coverage, rng: Generator) -> Image.Image:
    levels = np.asarray(_desk(page, rng), np.float64)
    shade = 1 / (1 + np.exp(-(_ramp(levels, rng) - 0.5) / 0.05))
    return _picture(levels * (1 - 0.5 * shade), rng)


def _turned_desk(page: Coverage, rng: Generator) -> Image.Image:
    """Return the paper lying crooked on wood."""
    height, width = page.shape
    tall, wide = int(height * 1.4), int(width * 1.4)
    grain = rng.normal(0, 1, tall).cumsum()
    grain -= grain.mean()
    wood = np.repeat(90 + 20 * (grain / np.abs(grain).max())[:, None], wide, axis=1)
    angle = rng.uniform(-12, 12)
    sheet, mask = (
        _turned(levels, (tall, wide), angle)
        for levels in (_written(page, 238, 40), np.full(page.shape, 255.0))
    )
    return _picture(wood * (1 - mask / 255) + sheet, rng)


def _turned(levels: Levels, size: tuple[int, int], angle: float) -> Levels:
    """Return levels in the middle of a black ground of (height, width), turned by degrees."""
    height, width = size
    ground = Image.new("L", (width, height), 0)
    place = (width - levels.shape[1]) // 2, (height - levels.shape[0]) // 2
    ground.paste(Image.fromarray(levels.astype(np.uint8)), place)
    return np.asarray(ground.rotate(angle, Image.Resampling.BICUBIC), np.float64)


def _note(page: Coverage, rng: Generator) -> Image.Image:
    """Return a dark picture with the paper in it as a small light note."""
    height, width = page.shape
    levels = 60 + rng.normal(0, 8, (int(height * 2.6), int(width * 2.6)))
    top, left = (
        int(rng.uniform(0.1, 0.9) * (whole - own))
        for whole, own in zip(levels.shape, page.shape, strict=True)
    )
    levels[top : top + height, left : left + width] = _written(page, 235, 40)
    return _picture(levels, rng)


def _frame(page: Coverage, rng: Generator) -> Image.Image:
    width = int(rng.integers(2, 6))
    return _picture(np.pad(_written(page)[width:-width, width:-width], width), rng, 0)


def _inner_frame(page: Coverage, rng: Generator) -> Image.Image:
    picture = _picture(np.pad(_written(page), 20, constant_values=245), rng, 0)
    box = (10, 10, picture.width - 11, picture.height - 11)
    ImageDraw.Draw(picture).rectangle(box, outline=10, width=4)
    return picture


def _dark_strip(page: Coverage, rng: Generator) -> Image.Image:
    strip = np.full((page.shape[0] // 9, page.shape[1]), rng.uniform(30, 90))
    strip += rng.normal(0, 4, strip.shape)
    return _picture(np.concatenate([strip, _written(page)]), rng, 1)


def _falls_off(page: Coverage, rng: Generator) -> Image.Image:
    return _picture(_written(page) * (1 - 0.5 * _ramp(page, rng)), rng)


def _half_in_shade(page: Coverage, rng: Generator) -> Image.Image:
    edge = rng.uniform(0.35, 0.65)
    softness = rng.choice([0.005, 0.05, 0.1])
    shade = 1 / (1 + np.exp(-(_ramp(page, rng) - edge) / softness))
    return _picture(_written(page) * (1 - 0.55 * shade), rng)


def _vignette(page: Coverage, rng: Generator) -> Image.Image:
    y, x = _coordinates(page)
    return _picture(_written(page) * (0.9 - 0.3 * (x**2 + y**2)), rng)


def _flare(page: Coverage, rng: Generator) -> Image.Image:
    """Return a page with a spot that glares."""
    y, x = _coordinates(page)
    across, down = rng.uniform(-0.8, 0.8, 2)
    spot = np.exp(-((x - across) ** 2 + (y - down) ** 2) / 0.08)
    levels = _written(page, 180, 40)
    return _picture(levels + (255 - levels) * 0.6 * spot, rng)


def _white_on_transparent(page: Coverage, _: Generator) -> Image.Image:
    return _on_transparent(page, 255)


def _black_on_transparent(page: Coverage, _: Generator) -> Image.Image:
    return _on_transparent(page, 0)


def _on_transparent(page: Coverage, level: int) -> Image.Image:
    ink = np.full(page.shape, level)
    return Image.fromarray(np.stack([ink, ink, ink, page * 255], axis=-1).astype(np.uint8))


def _dithered(page: Coverage, rng: Generator) -> Image.Image:
    levels = _written(page, rng.uniform(215, 250), rng.uniform(20, 60))
    return _picture(levels, rng).convert("1")


def _one_bit(page: Coverage, rng: Generator) -> Image.Image:
    return _clean(page, rng).convert("1", dither=Image.Dither.NONE)


def _specks(page: Coverage, rng: Generator) -> Image.Image:
    levels = _written(page, 250)
    for _ in range(25):
        top, left = (int(rng.integers(0, side - 5)) for side in page.shape)
        size = int(rng.integers(2, 5))
        levels[top : top + size, left : left + size] = 30
    return _picture(levels, rng, 0)


def _boxed(page: Coverage, rng: Generator) -> Image.Image:
    """Return a page with a box drawn around the digit."""
    picture = _picture(_written(page, 250), rng, 0)
    rows, columns = (np.flatnonzero(page.max(axis=axis) > 0.3) for axis in (1, 0))
    gap = rng.uniform(0.15, 0.4) * max(np.ptp(rows), np.ptp(columns))
    box = (
        max(columns[0] - gap, 4),
        max(rows[0] - gap, 4),
        min(columns[-1] + gap, page.shape[1] - 6),
        min(rows[-1] + gap, page.shape[0] - 6),
    )
    ImageDraw.Draw(picture).rectangle(box, outline=40, width=int(rng.integers(2, 5)))
    return picture


def _ruled(page: Coverage, rng: Generator) -> Image.Image:
    """Return a page of ruled or squared paper."""
    levels = np.full((*page.shape, 3), 250.0)
    step = int(rng.integers(24, 60))
    colour = ((150, 180, 235), (190, 190, 190), (235, 150, 150))[rng.integers(3)]
    for row in range(int(rng.integers(step)), page.shape[0] - 2, step):
        levels[row : row + 2] = colour
    if rng.random() < 0.5:
        for column in range(int(rng.integers(step)), page.shape[1] - 2, step):
            levels[:, column : column + 2] = colour
    ink = np.array(((30, 30, 40), (30, 50, 140))[rng.integers(2)])
    return _picture(levels + (ink - levels) * page[:, :, None], rng)


# The colours of paper and ink.
_COLOURS = np.array(
    [
        [(250, 250, 250), (240, 210, 30)],
        [(250, 250, 250), (30, 60, 200)],
        [(250, 235, 120), (40, 60, 170)],
        [(250, 250, 250), (220, 40, 40)],
        [(40, 90, 60), (240, 240, 235)],
        [(180, 60, 60), (250, 220, 210)],
    ],
    np.float64,
)


def _coloured(page: Coverage, rng: Generator) -> Image.Image:
    paper, ink = _COLOURS[rng.integers(len(_COLOURS))]
    return _picture(paper + (ink - paper) * page[:, :, None], rng)


def _light_on_dark(page: Coverage, rng: Generator) -> Image.Image:
    return _picture(_written(page, rng.uniform(5, 50), rng.uniform(190, 250)), rng)


def _blackboard(page: Coverage, rng: Generator) -> Image.Image:
    y, x = _coordinates(page)
    smear = 55 + 12 * np.sin(3 * x + rng.uniform(0, 6)) * np.cos(2 * y + rng.uniform(0, 6))
    chalk = np.clip(page * rng.uniform(0.75, 1.1, page.shape), 0, 1)
    levels = smear + (215 - smear) * chalk
    return _picture(levels * (1 - 0.35 * _ramp(page, rng)), rng, 3)


def _pencil(page: Coverage, rng: Generator) -> Image.Image:
    return _picture(_written(page, 235, 165) * (1 - 0.25 * _ramp(page, rng)), rng, 3)


def _noisy(page: Coverage, rng: Generator) -> Image.Image:
    return _picture(_written(page, 190, 60) * (1 - 0.3 * _ramp(page, rng)), rng, 14)


@dataclass(frozen=True)
class Kind:
    """A kind of picture of digits.

    draw: makes the picture of a page with digits on it.
    share: the height of a digit as a share of the page's.
    pen: the width of strokes as a share of the digit's height.
    page: height and width of the page in pixels.
    digits: the number of digits, side by side.
    suffix: of the file.
    """

    draw: Callable[[Coverage, Generator], Image.Image]
    share: float = 0.45
    pen: float = 0.1
    page: tuple[int, int] = (400, 400)
    digits: int = 1
    suffix: str = ".png"

    @property
    def height(self) -> int:
        """The height of a digit in pixels."""
        return round(self.share * self.page[0])

    def picture(self, digits: Sequence[Coverage], rng: Generator) -> Image.Image:
        """Return a picture of digits of the kind's height; the generator decides the rest."""
        free = self.share < 0.9 and self.digits == 1
        place = rng.uniform(0.35, 0.65, 2) if free else (0.5, 0.5)
        page = on_page(in_a_row(digits, rng), self.page, (float(place[0]), float(place[1])))
        return self.draw(page, rng)

    def save(self, picture: Image.Image, path: Path) -> None:
        """Write a picture as JPEG of quality 85, or as PNG, as the kind's files are."""
        picture.save(path, quality=85, compress_level=1)


KINDS: Mapping[str, Kind] = {
    "clean": Kind(_clean, 0.5),
    "tight crop": Kind(_clean, 0.98, page=(200, 200)),
    "paper on a dark desk": Kind(_desk, 0.4, suffix=".jpg"),
    "crooked on wood": Kind(_turned_desk, 0.4, suffix=".jpg"),
    "desk, half in shade": Kind(_desk_in_shade, 0.4, suffix=".jpg"),
    "small note in the dark": Kind(_note, 0.5, page=(220, 220), suffix=".jpg"),
    "thin frame at the edge": Kind(_frame),
    "thin frame within": Kind(_inner_frame),
    "dark strip": Kind(_dark_strip, page=(450, 400)),
    "light falls off": Kind(_falls_off),
    "half in shade": Kind(_half_in_shade),
    "vignette": Kind(_vignette),
    "glare": Kind(_flare),
    "a fifth as high": Kind(_falls_off, 0.2, page=(1200, 900)),
    "an eighth as high": Kind(_falls_off, 0.125, page=(1600, 1200)),
    "a twentieth as high": Kind(_vignette, 0.05, page=(1600, 1200)),
    "white on transparent": Kind(_white_on_transparent, 0.5),
    "black on transparent": Kind(_black_on_transparent, 0.5),
    "dithered, one bit": Kind(_dithered, 0.5),
    "one bit": Kind(_one_bit, 0.5),
    "25 specks": Kind(_specks, 0.4),
    "boxed": Kind(_boxed, 0.4),
    "ruled paper": Kind(_ruled, 0.4),
    "thin pen": Kind(_falls_off, 0.4, pen=0.03),
    "coloured ink": Kind(_coloured, 0.4, pen=0.08),
    "light on dark": Kind(_light_on_dark, 0.5),
    "blackboard": Kind(_blackboard, 0.4, pen=0.06),
    "pencil": Kind(_pencil, 0.4, pen=0.04),
    "noisy": Kind(_noisy, 0.4),
    "two digits": Kind(_falls_off, 0.35, page=(400, 600), digits=2),
    "zip code": Kind(_falls_off, 0.3, page=(400, 900), digits=5),
}


def generator(name: str, number: int) -> Generator:
    """Return the generator of a picture: of the name of its kind, and of its number."""
    return np.random.default_rng([zlib.crc32(name.encode()), number])


def _digits(kind: Kind, number: int, images: Dataset) -> tuple[list[int], list[Coverage]]:
    """Return labels and ink of a picture's digits, which are the same in all kinds."""
    labels, inks = [], []
    rng = generator("digits", number)
    for place in range(number // 2 * kind.digits, (number // 2 + 1) * kind.digits):
        if number % 2:
            labels.append(place % 10)
            inks.append(drawn(place % 10, kind.height, kind.pen, rng))
        else:
            labels.append(int(images.labels[place % len(images)]))
            inks.append(enlarged(images.images[place % len(images)], kind.height))
    return labels, inks


def validation_images() -> Dataset:
    """Return the validation images of the recipe of params.yaml."""
    images = split(npz.load(Path("data/npz/train.npz")), Settings.load().recipe)[1]
    assert images, "the recipe has no validation images"
    return images


def with_ink(images: Dataset) -> Dataset:
    """Return the images that are not nearly empty, in random order."""
    means = (images.images / images.images.max(axis=(1, 2), keepdims=True)).mean(axis=(1, 2))
    return images[np.random.default_rng(0).permutation(np.flatnonzero(means >= LEAST_INK))]


def _found(path: Path, recogniser: Recogniser) -> list[Prediction]:
    """Return the predictions for a picture; none where nothing is found in it."""
    try:
        return predict(path, recogniser, {})
    except InputError as error:
        if "found nothing" not in error.message:
            raise
        return []


def measure(name: str, images: Dataset, pictures: int = PICTURES) -> dict[str, object]:
    """Return a row of the table for a kind of picture of digits.

    The columns count pictures.

    right: all digits are found in their order, and read.
    confident_wrong: as many are found as there are, and a wrong answer has a high confidence.
    flagged: an answer has a flag.
    none: nothing is found.
    several: another number of characters is found than there are digits.
    """
    kind, recogniser = KINDS[name], Recogniser(MODEL)
    counts = dict.fromkeys(("right", "confident_wrong", "flagged", "none", "several"), 0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "picture").with_suffix(kind.suffix)
        for number in range(pictures):
            labels, inks = _digits(kind, number, images)
            kind.save(kind.picture(inks, generator(name, number)), path)
            found = _found(path, recogniser)
            counts["none"] += not found
            counts["flagged"] += any(one.flags for one in found)
            if len(found) != len(labels):
                counts["several"] += bool(found)
                continue
            wrong = [one for one, label in zip(found, labels, strict=True) if one.label != label]
            counts["right"] += not wrong
            counts["confident_wrong"] += any(one.confidence >= CONFIDENT for one in wrong)
    return {"kind": name, "pictures": pictures, **counts}


# Letters and signs that nobody takes for a digit.
_LETTERS = "ACDEFGHJKLMNPRTUVWXYabdefhkmnrtuwyäß&@#%?+*=§"
_FONTS = ("DejaVuSans.ttf", "DejaVuSerif.ttf", "DejaVuSans-Oblique.ttf", "STIXGeneralItalic.ttf")


def _letters(rng: Generator) -> Iterator[Image.Image]:
    for letter in _LETTERS:
        for name in _FONTS:
            font = ImageFont.truetype(str(Path(mpl.get_data_path(), "fonts/ttf", name)), 160)
            picture = Image.new("L", (300, 300), 255)
            ImageDraw.Draw(picture).text((150, 150), letter, fill=0, font=font, anchor="mm")
            angle = rng.uniform(-10, 10)
            yield picture.rotate(angle, Image.Resampling.BICUBIC, fillcolor=255)


def _shapes(rng: Generator) -> Iterator[Image.Image]:
    for number in range(120):
        picture = Image.new("L", (300, 300), 255)
        drawing = ImageDraw.Draw(picture)
        width = int(rng.integers(8, 40))
        points = [(float(x), float(y)) for x, y in rng.uniform(60, 240, (9, 2))]
        (x, y), (right, bottom) = points[:2]
        match number % 6:
            case 0:
                drawing.polygon(points[:3], outline=0, width=width)
            case 1:
                drawing.line(points[:5], fill=0, width=width, joint="curve")
            case 2:
                box = (min(x, right), min(y, bottom), max(x, right) + 30, max(y, bottom) + 30)
                drawing.rectangle(box, outline=0, width=width)
            case 3:
                radius = rng.uniform(30, 60)
                box = (x - radius, y - radius, x + radius, y + radius)
                drawing.ellipse(box, fill=0)
            case 4:
                for angle in rng.uniform(0, 6.3) + np.arange(5) * 2 * np.pi / 5:
                    end = (150 + 90 * np.cos(angle), 150 + 90 * np.sin(angle))
                    drawing.line([(150, 150), end], fill=0, width=width)
            case _:
                drawing.line(points, fill=0, width=width // 2, joint="curve")
        yield picture


def _photographs(rng: Generator) -> Iterator[Image.Image]:
    """Yield random parts of the photographs that scikit-image brings along."""
    for path in sorted(Path(skimage.__file__).with_name("data").iterdir()):
        if path.suffix not in (".png", ".jpg"):
            continue
        with Image.open(path) as picture:
            colours = picture.convert("RGB")
        for _ in range(8):
            side = int(min(colours.size) * rng.uniform(0.3, 1))
            left, top = (int(rng.integers(0, length - side + 1)) for length in colours.size)
            yield colours.crop((left, top, left + side, top + side))


STRANGERS: Mapping[str, Callable[[Generator], Iterator[Image.Image]]] = {
    "letters": _letters,
    "drawn shapes": _shapes,
    "photographs of other things": _photographs,
}


def _row(name: str, answers: Sequence[Sequence[Prediction]]) -> dict[str, object]:
    """Return a row that counts pictures by their answers: none, all with flags, or others."""
    sure = [any(not one.flags for one in found) for found in answers]
    none = sum(not found for found in answers)
    return {
        "kind": name,
        "pictures": len(answers),
        "none": none,
        "flagged": len(answers) - none - sum(sure),
        "confident": sum(sure),
    }


def measure_strangers(name: str) -> dict[str, object]:
    """Return a row of the table for a kind of picture without digits."""
    recogniser = Recogniser(MODEL)
    answers = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "picture.png")
        for picture in STRANGERS[name](generator(name, 0)):
            picture.save(path)
            answers.append(_found(path, recogniser))
    return _row(name, answers)


def measure_images(name: str, images: Dataset) -> dict[str, object]:
    """Return a row for images that are read whole, for comparison."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "images.npz")
        npz.save(images, path)
        return _row(name, [[one] for one in predict(path, Recogniser(MODEL), {})])


def main() -> None:
    """Measure all kinds on all cores; write and print both tables."""
    images = validation_images()
    usable = with_ink(images)
    with Parallel(n_jobs=-1) as parallel:
        digits = parallel(delayed(measure)(name, usable) for name in KINDS)
        strangers = parallel(delayed(measure_strangers)(name) for name in STRANGERS)
    strangers.append(measure_images("validation images", images))
    for path, rows in ((DIGITS_TABLE, digits), (STRANGERS_TABLE, strangers)):
        table = pd.DataFrame(rows)
        write_csv(table, path)
        print(table.to_markdown(index=False), end="\n\n")
