from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from lenet.report import page as html
from tests.project import PICTURES, ROOT
from tests.report.conftest import Write

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_is_whole_by_itself_and_fits_the_screen(
    write: Write, browser: "Browser", tmp_path: Path, width: int
) -> None:
    path = tmp_path / "report.html"
    path.write_text(html.render(write(), ROOT / "metrics"), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    natural = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert len(natural) == len(PICTURES)
    assert min(natural) > 500
    # No table or picture is cut off or scrolls sideways; text is large enough to read.
    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide = "[...document.querySelectorAll('table, img, pre')]"
    edges = page.evaluate(f"{wide}.map(e => e.getBoundingClientRect().right)")
    assert max(edges) <= width
    scrolls = "[...document.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1)"
    assert page.evaluate(f"{scrolls}.map(e => e.tagName)") == []
    shown = page.evaluate("[...document.images].map(image => image.clientWidth)")
    assert min(shown) > 0.9 * min(width, 800)
    sizes = (
        "[...document.querySelectorAll('p, td')].map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(page.evaluate(sizes)) >= 12
    # The first screen shows dark text on white, in a good part of its area.
    page.screenshot(path=tmp_path / "top.png")
    with Image.open(tmp_path / "top.png") as picture:
        grey = np.asarray(picture.convert("L"))
    assert grey.shape == (800, width)
    assert (grey == 255).mean() > 0.6
    assert 0.01 < (grey < 100).mean() < 0.3
