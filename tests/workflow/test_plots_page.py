"""The page of `dvc plots`, also in a real browser that has no way to the web."""

import json
import re
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from vl_convert import vegalite_to_svg

from tests.project import PICTURES, ROOT, Project

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_plots_are_drawn_from_the_results(project: Project) -> None:
    output = project.run("dvc plots show --out plots")
    page = project.path / "plots/index.html"
    assert page.as_uri() in output
    text = page.read_text()
    for title in ("while training", "Confusion matrix", "Errors of each class", "Images of each"):
        assert title in text
    for picture in ("confusion.png", "mistakes.png", "digits.png", "responses.png"):
        assert picture in text
    assert '<script src="http' not in text


@pytest.mark.parametrize(
    ("template", "x", "y"),
    [("bars_of_classes", "errors", "class"), ("confusion_of_errors", "predicted", "actual")],
)
def test_classes_have_names_or_follow_each_other_as_numbers(template: str, x: str, y: str) -> None:
    text = (ROOT / f".dvc/plots/{template}.json").read_text()
    text = text.replace("<DVC_METRIC_X>", x).replace("<DVC_METRIC_Y>", y)
    used = ("class", "actual", "predicted")
    text = text.replace('"<DVC_METRIC_COLOR>"', "{}")
    # DVC gives the values of a CSV file as text.
    for names, shown in (
        (range(12), "0, 1, 2, 3, 4, ending with 11"),
        (("Bag", "Coat"), "Bag, Coat"),
    ):
        rows = [{"errors": "1", "rev": "main"} | dict.fromkeys(used, str(name)) for name in names]
        plot = text.replace('"<DVC_METRIC_DATA>"', json.dumps(rows))
        (axis,) = re.findall(r"Y-axis.* values: ([^\"]+)", vegalite_to_svg(plot, vl_version="5.21"))
        assert axis == shown


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
    # Nothing is cut off, neither on a wide screen nor on a phone. Pairs stand side by side if wide.
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.reload()
        drawn.nth(4).wait_for()
        scrolls = "[...document.querySelectorAll('div')].filter(e => e.scrollWidth > e.clientWidth)"
        assert page.evaluate(f"{scrolls}.map(e => e.id)") == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        images = page.locator("img:visible").all()
        tops = [round(image.evaluate("e => e.getBoundingClientRect().top")) for image in images]
        # The confusion matrix and the curves are drawn from their figures, so not shown again.
        assert len(images) == 2 * (len(PICTURES) - 2)
        assert len(set(tops)) == len(tops) / (2 if width == 1280 else 1)
        # Plots, and so their text, keep their size. Pictures have titles, and no paths above them.
        shrunk = "plots => plots.filter(e => e.clientWidth < e.width.baseVal.value).length"
        assert drawn.evaluate_all(shrunk) == 0
        assert "metrics/" not in page.inner_text("body")
