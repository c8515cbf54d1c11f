"""The picture of the page to draw on: `python -m tests.docs.picture` writes docs/draw.png.

It needs Chromium or Chrome, and metrics/draw.html and models/lenet.onnx, which `dvc repro` makes.
The picture notes the md5 of the network, and a test compares it with dvc.lock.
"""

import io
import shutil

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import sync_playwright

from lenet.core.files import md5
from tests.project import ROOT
from tests.report.test_drawing import draw, settled

# The picture notes the md5 of its network.
PICTURE = ROOT / "docs/draw.png"
# The way of the pen, as shares of the sheet.
_FIVE = [
    *(
        (0.7, 0.17),
        (0.38, 0.18),
        (0.34, 0.46),
        (0.47, 0.42),
        (0.6, 0.45),
        (0.68, 0.54),
        (0.69, 0.65),
    ),
    *((0.63, 0.77), (0.52, 0.83), (0.4, 0.82), (0.31, 0.76)),
]


def main() -> None:
    """Draw a digit on the page, and take its picture."""
    path = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 800})
        page.goto((ROOT / "metrics/draw.html").as_uri())
        draw(page, _FIVE)
        page.locator("#sheet").blur()
        settled(page)
        taken = page.screenshot(full_page=True)
        browser.close()
    notes = PngInfo()
    notes.add_text("network", md5(ROOT / "models/lenet.onnx"))
    Image.open(io.BytesIO(taken)).save(PICTURE, pnginfo=notes, optimize=True)


if __name__ == "__main__":
    main()
