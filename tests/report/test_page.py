import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
from PIL import Image

from lenet.report import page as html
from tests.project import PICTURES, ROOT
from tests.report.conftest import Write

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_whole_by_itself_and_fits_the_screen(
    write: Write, browser: "Browser", tmp_path: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    path = tmp_path / "report.html"
    path.write_text(html.render(write(), ROOT / "metrics"), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    # Hashes are in a fold. The contents lead to every section, and open the fold.
    md5 = page.locator("td", has_text=re.compile("^fedcba$")).last
    assert not md5.is_visible()
    for link in page.locator("nav a").all():
        link.click()
        section = page.locator(f"[id='{str(link.get_attribute('href'))[1:]}']")
        assert abs(section.bounding_box()["y"]) < 800  # type: ignore[index]
    assert page.locator("nav a").all_inner_texts() == page.locator("h2").all_inner_texts()
    assert md5.is_visible()
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
    assert min(shown) > 0.9 * min(width, 608)
    texts = "[...document.querySelectorAll('p, td, th')]"
    sizes = page.evaluate(f"{texts}.map(e => parseFloat(getComputedStyle(e).fontSize))")
    assert min(sizes) >= 12
    # The first screen shows text in a good part of its area, dark on white or light on black.
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=tmp_path / "top.png")
    with Image.open(tmp_path / "top.png") as picture:
        grey = np.asarray(picture.convert("L"))
    assert grey.shape == (800, width)
    ground, ink = (grey == 255, grey < 100) if scheme == "light" else (grey < 30, grey > 155)
    assert ground.mean() > 0.6
    assert 0.01 < ink.mean() < 0.3
