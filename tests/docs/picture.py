"""The picture of the page to draw on: `python -m tests.docs.picture` writes docs/draw.png.

It needs Chromium or Chrome, and metrics/draw.html, which `dvc repro` makes.
"""

import shutil

from playwright.sync_api import sync_playwright

from tests.project import ROOT

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
        box = page.locator("#sheet").bounding_box()
        assert box is not None
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in _FIVE]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=6)
        page.mouse.up()
        page.locator("#sheet").blur()
        page.wait_for_function("() => !waiting")
        page.screenshot(path=ROOT / "docs/draw.png", full_page=True)
        browser.close()


if __name__ == "__main__":
    main()
