"""Letters as a user may have them: 26 classes, 28 x 28 pixels from 0 to 255."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONTS = ("DejaVuSans.ttf", "DejaVuSerif.ttf", "DejaVuSansMono.ttf", "DejaVuSans-Bold.ttf")


def pictures(count: int) -> Iterator[tuple[str, int, Image.Image]]:
    """Yield letter, number and picture of `count` pictures of each letter.

    Font, size, place and slope are random.
    """
    generator = np.random.default_rng(0)
    for letter in map(chr, range(ord("A"), ord("Z") + 1)):
        for number in range(count):
            file = Path(mpl.get_data_path(), "fonts/ttf", generator.choice(FONTS))
            font = ImageFont.truetype(str(file), int(generator.integers(17, 23)))
            x, y = generator.uniform(12.5, 15.5, 2)
            picture = Image.new("L", (28, 28))
            ImageDraw.Draw(picture).text((x, y), letter, fill=255, font=font, anchor="mm")
            angle = generator.uniform(-12, 12)
            yield letter, number, picture.rotate(angle, Image.Resampling.BILINEAR)


def write_jf(path: Path, count: int) -> None:
    """Write `count` images of each letter as .jf, without header, labels from 1."""
    with path.open("w") as file:
        for letter, _, picture in pictures(count):
            print(ord(letter) - 64, *np.asarray(picture).ravel(), file=file)


def write_folder(path: Path, count: int) -> None:
    """Write `count` images of each letter as `A/0.png`, ..."""
    for letter, number, picture in pictures(count):
        (path / letter).mkdir(parents=True, exist_ok=True)
        picture.save(path / letter / f"{number}.png")
