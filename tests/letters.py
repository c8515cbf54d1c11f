"""Letters as a user may have them: 26 classes, 28 x 28 pixels from 0 to 255."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

FONTS = ("DejaVuSans.ttf", "DejaVuSerif.ttf", "DejaVuSansMono.ttf", "DejaVuSans-Bold.ttf")
SIDE = 28


def draw(letter: str, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Return a letter of a random font, size, place and slope, (28, 28)."""
    font = Path(mpl.get_data_path(), "fonts/ttf", FONTS[generator.integers(len(FONTS))])
    picture = Image.new("L", (SIDE, SIDE))
    place = SIDE / 2 + generator.uniform(-1.5, 1.5, 2)
    ImageDraw.Draw(picture).text(
        tuple(place),
        letter,
        fill=255,
        font=ImageFont.truetype(str(font), int(generator.integers(17, 23))),
        anchor="mm",
    )
    angle = generator.uniform(-12, 12)
    return np.asarray(picture.rotate(angle, Image.Resampling.BILINEAR))


def images(count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return `count` images of each letter, (26 * count, 28, 28), and their labels from 0."""
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(26), count)
    return np.array([draw(chr(ord("A") + label), generator) for label in labels]), labels


def write_jf(path: Path, count: int) -> None:
    """Write `count` images of each letter as .jf, without header, labels from 1."""
    rows = (
        f"{label + 1} {' '.join(map(str, image.ravel()))}\n"
        for image, label in zip(*images(count), strict=True)
    )
    path.write_text("".join(rows))


def write_folder(path: Path, count: int) -> None:
    """Write `count` images of each letter as `A/0.png`, ..."""
    for number, (image, label) in enumerate(zip(*images(count), strict=True)):
        file = path / chr(ord("A") + label) / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(file)
