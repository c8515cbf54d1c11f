"""The page of `dvc plots`, also in a real browser that has no way to the web."""

import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.project import ROOT, Project

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_plots_are_drawn_from_the_results(project: Project) -> None:
    output = project.run("dvc plots show --out plots")
    page = project.path / "plots/index.html"
    assert page.as_uri() in output
    text = page.read_text()
    for title in ("While training", "Confusion matrix", "Errors of each class", "Images of each"):
        assert title in text
    for picture in ("confusion.png", "mistakes.png", "digits.png", "responses.png"):
        assert picture in text
    assert '<script src="http' not in text


@pytest.mark.slow
def test_the_page_is_what_the_tool_makes() -> None:
    page = runpy.run_path(str(ROOT / "tools/plots_page.py"))["page"]()
    assert (ROOT / ".dvc/plots.html").read_text(encoding="utf-8") == page, "run `make page`"


@pytest.mark.slow
def test_every_plot_is_drawn_without_a_network(
    branched: Project, tmp_path: Path, browser: "Browser"
) -> None:
    branched.run(f"dvc plots diff main --out {tmp_path}/page")
    path = tmp_path / "page/index.html"
    page = browser.new_page()
    failures: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    drawn = page.locator(".vega-embed canvas, .vega-embed svg.marks")
    # Curves, confusion matrix, errors of each class, and images of each class of two files.
    drawn.nth(4).wait_for()
    widths = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert failures == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert drawn.count() == path.read_text().count("vegaEmbed('#") == 5
    assert len(widths) >= 8
    assert min(widths) > 100
    # Nothing is cut off, neither on a wide screen nor on a phone.
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
