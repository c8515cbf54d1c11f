"""The pictures of the pages that a network reads: `python -m tests.docs.picture` writes them.

docs/sample.png has training images of USPS on paper. docs/draw.png shows the page to draw on, and
notes the md5 of the network. It needs Chromium or Chrome, and the files that `dvc repro` makes.
"""

import io
import shutil

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import sync_playwright

from lenet.core import npz
from lenet.core.files import md5
from tests.project import ROOT
from tests.report.test_drawing import draw, settled

PICTURE, SAMPLE = ROOT / "docs/draw.png", ROOT / "docs/sample.png"
# The digits of the sample, from left to right.
DIGITS = (4, 8, 2, 5, 7)
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


if __name__ == "__main__":
    sample().save(SAMPLE, optimize=True)
    notes = PngInfo()
    notes.add_text("network", md5(ROOT / "models/lenet.onnx"))
    screenshot().save(PICTURE, pnginfo=notes, optimize=True)
