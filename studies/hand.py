"""How many drawings a network needs to read a hand unlike those that it was trained on.

    python -m studies hand

Reads params.yaml and data/npz/ (`dvc repro convert`); writes docs/hand.csv, a row a network. The
study goes on where it was stopped. studies/hands.yaml has the strokes of each hand, which are drawn
with variation. Some drawings join the training images; others, from another seed, are tested.
"""

import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from lenet.core import npz
from lenet.core.npz import Dataset
from lenet.core.params import read
from lenet.model.network import LeNet
from lenet.pictures import characters
from lenet.pictures.frame import Frame
from lenet.training.config import Config
from lenet.training.loop import train
from studies.table import fill, judged

TABLE = Path("docs/hand.csv")
SEEDS = range(5)
# The numbers of drawings of each digit that join the training images.
COUNTS = (2, 5, 10, 20)
# The number of drawings of each digit that are tested, and their seed.
HELD_OUT, HELD_OUT_SEED = 20, 1000

HANDS: dict[str, list[str]] = read(Path(__file__).with_name("hands.yaml"))


def varied(strokes: str, generator: np.random.Generator) -> list[NDArray[np.float64]]:
    """Return the strokes of a digit with variation: x and y of each point, as shares of a sheet.

    Size, width, slant and angle vary, and so does the place of each point.
    """
    height = generator.uniform(0.55, 0.75)
    wide, slant, turn = generator.normal((1, 0.1, 0), (0.12, 0.12, 0.05))
    to_sheet = height * np.array([[wide, turn], [-slant, 1]])
    points = [np.array(stroke.split(), float).reshape(-1, 2) / 100 for stroke in strokes.split("/")]
    moved = [each + generator.normal((-0.3, -0.5), 0.025, each.shape) for each in points]
    return [each @ to_sheet + 0.5 for each in moved]


def picture(strokes: str, generator: np.random.Generator) -> Image.Image:
    """Return a drawing of a digit with variation, black on white, 280 x 280 as on the page."""
    side = 280
    drawn = Image.new("L", (side, side), 255)
    canvas = ImageDraw.Draw(drawn)
    radius = generator.uniform(0.02, 0.045) * side
    for points in varied(strokes, generator):
        canvas.line((side * points).ravel().tolist(), 0, round(2 * radius))
        for x, y in side * points:
            canvas.ellipse((x - radius, y - radius, x + radius, y + radius), 0)
    return drawn


def pictures(hand: str, count: int, seed: int) -> list[Image.Image]:
    """Return drawings of a hand, `count` of each digit; a larger count adds to a smaller one."""
    seeds = [[seed, [*HANDS].index(hand), digit] for digit in range(10)]
    generators = map(np.random.default_rng, seeds)
    pairs = zip(HANDS[hand], generators, strict=True)
    return [picture(strokes, generator) for strokes, generator in pairs for _ in range(count)]


def drawings(hand: str, count: int, seed: int) -> Dataset:
    """Return the images that the network gets of `pictures`, which are cut out as a user's are."""
    images = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "drawing.png")
        for drawn in pictures(hand, count, seed):
            drawn.save(path)
            (character,) = characters.read(path, as_one=True)
            images.append(character.framed(16, Frame()))
    return Dataset(np.array(images), np.repeat(np.arange(10), count))


def learn(drawn: Sequence[Dataset], seed: int) -> tuple[list[LeNet], Config]:
    """Train on the training images and these drawings; return the network, and its parameters."""
    parts = [npz.load(Path("data/npz/train.npz")), *drawn]
    images = np.concatenate([part.images for part in parts])
    digits = Dataset(images, np.concatenate([part.labels for part in parts]))
    config = Config.load().changed({"seed": seed, "members": 1})
    networks, epochs = train(digits, config)
    sum(1 for _ in epochs)
    return networks, config


def score(hand: str, count: int, seed: int, tested: Mapping[str, Dataset]) -> dict:
    """Train with `count` drawings of each digit of a hand; return a row of the table.

    The hand is "none" where there are no drawings. `tested` has other drawings, by their hand.
    """
    networks, config = learn([drawings(hand, count, seed)] if count else [], seed)
    row = {"hand": hand, "count": count, "seed": seed}
    for name, digits in {**tested, "test": npz.load(Path("data/npz/test.npz"))}.items():
        row |= judged(name, networks, digits, config)
    return row


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return mean errors in percent (least to most), a column for each number of drawings."""
    rows = []
    for hand in HANDS:
        for title, name in ((hand, hand), (f"USPS test, with {hand}", "test")):
            row = {"images": title}
            for count, runs in table[table["hand"].isin((hand, "none"))].groupby("count"):
                rate = 100 * runs[f"{name}_errors"] / runs[f"{name}_images"]
                spread = f"({rate.min():.1f} to {rate.max():.1f})"
                row[f"{count} a digit"] = f"{rate.mean():.1f} {spread}"
            rows.append(row)
    return pd.DataFrame(rows)


def main() -> None:
    """Train the networks that the table lacks, and print the summary."""
    tested = {hand: drawings(hand, HELD_OUT, HELD_OUT_SEED) for hand in HANDS}
    kinds = [("none", 0), *((hand, count) for hand in HANDS for count in COUNTS)]
    todo = [{"hand": hand, "count": count, "seed": seed} for seed in SEEDS for hand, count in kinds]
    table = fill(TABLE, ["hand", "count", "seed"], todo, partial(score, tested=tested))
    print(summary(table).to_markdown(index=False))
