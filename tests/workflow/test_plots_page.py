"""The page of `dvc plots`, in a real browser that has no way to the web."""

import functools
import http.server
import runpy
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.project import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Serve `tmp_path` on loopback."""
    handler = functools.partial(_Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_page_is_what_the_tool_makes() -> None:
    page = runpy.run_path(str(ROOT / "tools/plots_page.py"))["page"]()
    assert (ROOT / ".dvc/plots.html").read_text(encoding="utf-8") == page, "run `make page`"


@pytest.mark.parametrize("command", [pytest.param("show", marks=pytest.mark.slow), "diff HEAD"])
def test_every_plot_is_drawn_without_a_network(
    command: str, tmp_path: Path, address: str, browser: "Browser"
) -> None:
    subprocess.run(
        [sys.executable, "-m", "dvc", "plots", *command.split(), "--out", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    page = browser.new_page()
    failures: list[str] = []
    elsewhere: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith(address) else elsewhere.append(r.url))
    page.goto(f"{address}/index.html")
    specs = (tmp_path / "index.html").read_text().count("vegaEmbed('#")
    drawn = page.locator(".vega-embed canvas, .vega-embed svg.marks")
    for number in range(specs):
        drawn.nth(number).wait_for()
    widths = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert failures == []
    assert [url for url in elsewhere if not url.startswith(("data:", "blob:"))] == []
    # Curves, confusion matrix, errors of each class, and images of each class of two files.
    assert specs == 5
    assert len(widths) >= 8
    assert min(widths) > 100
    # Nothing is cut off, neither on a wide screen nor on a phone.
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
