"""The pictures of the pages that a network reads: `python -m tests.docs.picture` writes them.

docs/sample.png has training images of USPS on paper. docs/draw.png shows the page to draw on.
docs/hand.png shows drawings of unusual hands, and how they are read before and after training with
others of these hands, for two minutes. The last two note the md5 of the network.

The script needs Chromium or Chrome, and the files that `dvc repro` makes.
"""

import io
import shutil

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import sync_playwright

from lenet.core import npz
from lenet.core.files import md5
from lenet.deploy.recogniser import Recogniser
from studies import hand
from studies.table import answers
from tests.project import ROOT
from tests.report.test_drawing import draw, settled

PICTURE, SAMPLE, HAND = (ROOT / "docs" / name for name in ("draw.png", "sample.png", "hand.png"))
# The digits of the sample, from left to right.
DIGITS = (4, 8, 2, 5, 7)
_WRONG = "#c80000"
# The side of a drawing of a hand in pixels.
_CELL = 72
_PAPER, _INK = (244, 239, 226), (40, 48, 96)
# The way of the pen, x and y of each point in percent of the sheet.
_FIVE = [70, 17, 38, 18, 34, 46, 47, 42, 60, 45, 68, 54, 69, 65, 63, 77, 52, 83, 40, 82, 31, 76]


def sample() -> Image.Image:
    """Return training images of usual ink, enlarged, in a row on paper."""
    train = npz.load(ROOT / "data/npz/train.npz")
    generator = np.random.default_rng(4)
    page = Image.new("RGB", (100 * len(DIGITS), 150), _PAPER)
    unusual = abs(train.images.mean(axis=(1, 2)) - 0.24)
    for place, digit in enumerate(DIGITS):
        own = np.flatnonzero(train.labels == digit)
        image = train.images[generator.choice(own[np.argsort(unusual[own])[:60]])]
        grey = Image.fromarray(np.uint8(255 * np.pad(image, 2))).resize((100, 100))
        ink = grey.point(lambda level: 2.2 * level - 140)
        turned = ink.rotate(generator.uniform(-6, 6), Image.Resampling.BICUBIC)
        page.paste(_INK, (100 * place, int(generator.integers(12, 38))), turned)
    return page.quantize(32)


def screenshot() -> Image.Image:
    """Draw a digit on the page, and return its picture."""
    path = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto((ROOT / "metrics/draw.html").as_uri())
        draw(page, [(x / 100, y / 100) for x, y in zip(_FIVE[::2], _FIVE[1::2], strict=True)])
        page.locator("#sheet").blur()
        settled(page)
        taken = page.screenshot(full_page=True)
        browser.close()
    return Image.open(io.BytesIO(taken))


def hands() -> Image.Image:
    """Return a drawing of each digit of each hand, with the answers before and after training."""
    own = [hand.drawings(name, 10, seed=0) for name in hand.HANDS]
    networks, config = hand.learn(own, seed=0)
    recogniser = Recogniser(ROOT / "models/lenet.onnx")
    high, left = _CELL + 60, 70
    page = Image.new("RGB", (left + 10 * _CELL, len(hand.HANDS) * high), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(20)
    for row, name in enumerate(hand.HANDS):
        images = hand.drawings(name, 1, hand.HELD_OUT_SEED).images
        both = [recogniser.probabilities(images), answers(networks, images, config)]
        for digit, drawn in enumerate(hand.pictures(name, 1, hand.HELD_OUT_SEED)):
            page.paste(drawn.resize((_CELL, _CELL)), (left + digit * _CELL, row * high))
        for line, (when, given) in enumerate(zip(("before", "after"), both, strict=True)):
            y = row * high + _CELL + 12 + 24 * line
            pen.text((4, y), when, "black", font, anchor="lm")
            for digit, answer in enumerate(given.argmax(axis=1)):
                x, wrong = left + (digit + 0.5) * _CELL, answer != digit
                if wrong:
                    pen.rectangle((x - 11, y - 11, x + 11, y + 11), _WRONG)
                pen.text((x, y), str(answer), "white" if wrong else "black", font, anchor="mm")
    return page.quantize(32)


if __name__ == "__main__":
    sample().save(SAMPLE, optimize=True)
    notes = PngInfo()
    notes.add_text("network", md5(ROOT / "models/lenet.onnx"))
    screenshot().save(PICTURE, pnginfo=notes, optimize=True)
    hands().save(HAND, pnginfo=notes, optimize=True)
