"""How well digits are read in pictures that look like photographs, scans and drawings.

    python -m studies photographs

Reads models/lenet.onnx, params.yaml and data/npz/train.npz; writes docs/photographs.csv, a row a
kind of picture. The digits are validation images, enlarged. Each picture is saved as a file, and
read from there. The last row has letters instead, which ought to be flagged.
"""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from scipy import ndimage
from skimage.morphology import skeletonize

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.files import write_csv
from lenet.core.npz import Dataset
from lenet.deploy.recogniser import CONFIDENT, Recogniser
from lenet.predict.predictor import predict
from lenet.training.config import Config
from lenet.training.loop import split

TABLE = Path("docs/photographs.csv")
MODEL = Path("models/lenet.onnx")
# The number of pictures of each kind.
PICTURES = 100
# The least mean ink of an image that is used; fainter images are nearly empty when enlarged.
LEAST_INK = 0.1
# Letters and signs that nobody takes for a digit.
SIGNS = "ACDEFGHJKLMNPRTUVWXYabdefhkmnrtuwyäß&@#%?+*=§"

Colour = tuple[int, int, int]
# From 0 = paper to 1 = full ink, (height, width).
Coverage = NDArray[np.float64]


def enlarged(image: NDArray[np.float32], height: int) -> Coverage:
    """Return a small image of a digit enlarged with smooth edges, cut out.

    Args:
        image: (side, side), 0 = background; its strongest ink becomes full ink.
        height: the side of the result in pixels, before it is cut out.
    """
    padded = np.pad(image / image.max(), 2)
    factor = height / image.shape[0]
    size = (round(padded.shape[0] * factor),) * 2
    large = Image.fromarray((padded * 255).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    grey = np.asarray(large.filter(ImageFilter.GaussianBlur(factor * 0.35)), np.float64) / 255
    return _cut_out(np.clip((grey - 0.5) * factor * 0.6 + 0.5, 0, 1))


def by_pen(digit: Coverage, width: float) -> Coverage:
    """Return an enlarged digit drawn anew along its middle by a pen of `width` pixels."""
    distance = ndimage.distance_transform_edt(~np.pad(skeletonize(digit > 0.5), round(width)))
    return _cut_out(np.clip(width / 2 + 0.5 - distance, 0, 1))


def printed(sign: str, height: int) -> Coverage:
    """Return a letter or a sign in print, cut out; a capital is about `height` pixels high."""
    path = Path(mpl.get_data_path(), "fonts/ttf/DejaVuSans.ttf")
    font = ImageFont.truetype(str(path), 1.4 * height)
    picture = Image.new("L", (2 * height, 2 * height))
    ImageDraw.Draw(picture).text((height, height), sign, fill=255, font=font, anchor="mm")
    return _cut_out(np.asarray(picture, np.float64) / 255)


def _cut_out(coverage: Coverage) -> Coverage:
    rows, columns = (np.flatnonzero(coverage.max(axis=axis) > 0.3) for axis in (1, 0))
    return coverage[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def in_a_row(digits: Sequence[Coverage]) -> Coverage:
    """Return digits side by side on a line, with gaps of a quarter of the height."""
    height = max(digit.shape[0] for digit in digits)
    half = height // 8
    padded = [np.pad(digit, ((height - digit.shape[0], 0), (half, half))) for digit in digits]
    return np.concatenate(padded, axis=1)


@dataclass(frozen=True)
class Kind:
    """A kind of picture of digits.

    share: the height of a digit as a share of the page's.
    page: height and width of the page in pixels; it is larger if the digits need it.
    digits: the number of digits, side by side.
    levels: of paper and ink, from 0 to 255.
    noise: standard deviation of the camera's noise, in levels.
    shade: the share of light that is missing in the darkest corner.
    edge: the width of the shadow's edge, as a share of the page; None if light falls off evenly.
    glare: whether a bright spot leaves little of the ink.
    desk: the range of the level of the desk on which the paper lies; None if there is no desk.
    pen: the width of the pen in pixels; None if strokes are as thick as in the image.
    colours: of paper and ink, from 0 to 255, instead of levels.
    boxed: whether a box is drawn around the digits, among specks.
    squared: whether the paper is squared.
    mode: of the picture: "L", "1" for a pattern of dots, "LA" for ink on transparent ground.
    suffix: of the file; JPEGs have a quality of 85.
    """

    share: float = 0.4
    page: tuple[int, int] = (400, 400)
    digits: int = 1
    levels: tuple[int, int] = (245, 35)
    noise: float = 2
    shade: float = 0
    edge: float | None = None
    glare: bool = False
    desk: tuple[int, int] | None = None
    pen: float | None = None
    colours: tuple[Colour, Colour] | None = None
    boxed: bool = False
    squared: bool = False
    mode: str = "L"
    suffix: str = ".png"

    @property
    def height(self) -> int:
        """The height of a digit in pixels."""
        return round(self.share * self.page[0])

    def save(self, digits: Sequence[Coverage], rng: np.random.Generator, folder: Path) -> Path:
        """Write a picture of digits of the kind's height; return its path."""
        row = in_a_row([by_pen(digit, self.pen) if self.pen else digit for digit in digits])
        free = [max(4, whole - own) for whole, own in zip(self.page, row.shape, strict=True)]
        first = [round(rng.uniform(0.3, 0.7) * pixels) for pixels in free]
        ink = np.pad(row, [(a, b - a) for a, b in zip(first, free, strict=True)])
        path = folder / f"picture{self.suffix}"
        self._draw(ink, rng).save(path, quality=85, compress_level=1)
        return path

    def _draw(self, ink: Coverage, rng: np.random.Generator) -> Image.Image:
        paper, full = self.levels
        if self.mode == "LA":
            layers = np.stack([np.full(ink.shape, full), ink * 255], axis=-1)
            return Image.fromarray(layers.astype(np.uint8), "LA")
        if self.colours:
            paper, full = np.array(self.colours, float)
            grain = rng.normal(0, self.noise, (*ink.shape, 3))
            mixed = paper + (full - paper) * ink[..., None] + grain
            return Image.fromarray(np.clip(mixed, 0, 255).astype(np.uint8))
        ground = self._paper(ink, rng)
        levels = ground + (full - ground) * ink
        if self.desk:
            levels = np.pad(levels, 40, constant_values=rng.uniform(*self.desk))
        levels *= 1 - self.shade * self._darkness(levels.shape, rng)
        if self.glare:
            y, x = _coordinates(levels.shape) - rng.uniform(0.1, 0.9, (2, 1, 1))
            levels += (255 - levels) * 0.6 * np.exp(-(x**2 + y**2) / 0.02)
        noisy = levels + rng.normal(0, self.noise, levels.shape)
        return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).convert(self.mode)

    def _paper(self, ink: Coverage, rng: np.random.Generator) -> Coverage:
        """Return the levels of the page without its digits, (height, width)."""
        paper, full = self.levels
        ground = np.full(ink.shape, float(paper))
        if self.squared:
            for line in range(int(rng.integers(40)), max(ink.shape), 40):
                ground[line : line + 2] = ground[:, line : line + 2] = 0.75 * paper
        if self.boxed:
            for y, x in rng.uniform(0, ink.shape, (25, 2)).astype(int):
                ground[y : y + 3, x : x + 3] = full
            rows, columns = (np.flatnonzero(ink.max(axis=axis) > 0.3) for axis in (1, 0))
            for y in (rows[0] - 25, rows[-1] + 25):
                ground[y : y + 2, columns[0] - 25 : columns[-1] + 27] = full
            for x in (columns[0] - 25, columns[-1] + 25):
                ground[rows[0] - 25 : rows[-1] + 27, x : x + 2] = full
        return ground

    def _darkness(self, shape: tuple[int, ...], rng: np.random.Generator) -> Coverage:
        """Return a shadow from a random side: from 0 = light to 1 = dark, (height, width)."""
        angle = rng.uniform(0, 2 * np.pi)
        y, x = _coordinates(shape)
        ramp = x * np.cos(angle) + y * np.sin(angle)
        ramp = (ramp - ramp.min()) / np.ptp(ramp)
        if self.edge is None:
            return ramp
        darkness: Coverage = 1 / (1 + np.exp(-(ramp - rng.uniform(0.35, 0.65)) / self.edge))
        return darkness


def _coordinates(shape: tuple[int, ...]) -> Coverage:
    """Return y and x of each pixel, from 0 to 1, (2, height, width)."""
    return np.indices(shape) / np.reshape(shape, (2, 1, 1))


KINDS: Mapping[str, Kind] = {
    "clean": Kind(noise=0),
    "tight crop": Kind(0.98, page=(200, 200), noise=0),
    "light on dark": Kind(levels=(40, 220)),
    "light falls off": Kind(shade=0.5),
    "half in shade, hard edge": Kind(shade=0.55, edge=0.005),
    "half in shade, soft edge": Kind(shade=0.55, edge=0.1),
    "dark desk, half in shade": Kind(desk=(30, 80), shade=0.5, edge=0.05, suffix=".jpg"),
    "grey desk": Kind(desk=(90, 215)),
    "thin pen": Kind(pen=2),
    "red on blue": Kind(colours=((100, 130, 230), (212, 110, 100))),
    "glare": Kind(levels=(180, 40), glare=True),
    "an eighth as high": Kind(0.125, page=(1600, 1200), shade=0.5),
    "a twentieth as high": Kind(0.05, page=(1600, 1200), shade=0.3),
    "white on transparent": Kind(levels=(0, 255), mode="LA"),
    "dots of black and white": Kind(levels=(230, 40), mode="1"),
    "boxed, with specks": Kind(boxed=True),
    "squared paper": Kind(squared=True),
    "pencil": Kind(levels=(235, 165), shade=0.25, noise=3),
    "noisy": Kind(levels=(190, 60), shade=0.3, noise=14),
    "zip code": Kind(0.3, page=(400, 900), digits=5, shade=0.5),
    "letters": Kind(noise=0),
}


def usable(images: Dataset) -> Dataset:
    """Return the images with ink enough, in random order."""
    means = (images.images / images.images.max(axis=(1, 2), keepdims=True)).mean(axis=(1, 2))
    return images[np.random.default_rng(0).permutation(np.flatnonzero(means >= LEAST_INK))]


def measure(name: str, images: Dataset) -> dict[str, object]:
    """Return a row of the table for a kind of picture.

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
        for number in range(PICTURES):
            some = images[(np.arange(kind.digits) + number * kind.digits) % len(images)]
            inks = [enlarged(image, kind.height) for image in some.images]
            labels = some.labels.tolist()
            if name == "letters":
                inks, labels = [printed(SIGNS[number % len(SIGNS)], kind.height)], [None]
            path = kind.save(inks, np.random.default_rng(number), Path(folder))
            answers = []
            with suppress(InputError):
                answers = predict(path, recogniser, {})
            counts["flagged"] += any(one.flags for one in answers)
            if len(answers) == len(labels):
                pairs = zip(answers, labels, strict=True)
                wrong = [one for one, label in pairs if one.label != label]
                counts["right"] += not wrong
                counts["confident_wrong"] += any(one.confidence >= CONFIDENT for one in wrong)
            else:
                counts["several" if answers else "none"] += 1
    return {"kind": name, "pictures": PICTURES, **counts}


def main() -> None:
    """Measure all kinds on all cores; write and print the table."""
    images = split(npz.load(Path("data/npz/train.npz")), Config.load())[1]
    assert images, "params.yaml asks for no validation images"
    some = usable(images)
    rows = Parallel(n_jobs=-1)(delayed(measure)(name, some) for name in KINDS)
    table = pd.DataFrame(rows)
    write_csv(table, TABLE)
    print(table.to_markdown(index=False))
