"""The page of characters to check, in a real browser."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from lenet.core.npz import Dataset, content_hash
from lenet.raw import formats
from lenet.raw.layout import Layout
from lenet.raw.relabel import read, relabel
from lenet.report.review import render
from lenet.runs.difference import Difference, Version

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LAYOUT = Layout.of(side=8, pixel_range=(255, 0), first_label=1, first_index=1, classes=10)
COLUMNS = 12  # of the grid, in a window of 1,280 pixels


def noise(count: int, side: int = 8) -> NDArray[np.float32]:
    return np.random.default_rng(0).random((count, side, side), dtype=np.float32)


def rendered(
    images: NDArray[np.float32],
    classes: Sequence[str | int] = range(10),
    *,
    transpose: bool = False,
) -> str:
    """Return the page of images whose classes are 0, 1, ... again and again."""
    values = {"classes": len(classes), "side": images.shape[1], "transpose": transpose}
    characters = [
        {"label": i % len(classes), "note": "51.0%, unsure", "title": f"<scan> & {i}.jpg"}
        for i in range(len(images))
    ]
    return render(images, characters, classes, LAYOUT.changed(values))


def opened(browser: "Browser", path: Path, html: str, width: int = 1280) -> "Page":
    """Open a page; any error of its script fails the test."""
    path.write_text(html, encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(path.as_uri())
    page.locator("[aria-selected=true]").wait_for()
    return page


def press(page: "Page", *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def labels(page: "Page", count: int) -> list[str]:
    """Return the texts of the first characters."""
    return page.locator("#grid b").all_inner_texts()[:count]


def saved(page: "Page", folder: Path) -> Path:
    """Press the button Save; return the file that comes."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_keys_label_leave_out_confirm_and_undo_and_save_writes_what_is_checked(
    browser: "Browser", tmp_path: Path
) -> None:
    images = noise(30)
    page = opened(browser, tmp_path / "a.html", rendered(images))
    assert page.locator("#count").inner_text().startswith("0 of 30 checked, 0 left out.")
    assert page.get_by_role("button", name="Save").is_disabled()
    press(page, "7", "x", "ArrowRight", "3")
    expected = ["7 (was 0)", "left out", "2", "3 ✓", "4"]
    assert labels(page, 5) == expected
    press(page, "9", "u")
    assert labels(page, 5) == expected
    # The rest of the row is right; what was decided stays.
    press(page, "Enter")
    expected[2], expected[4] = "2 ✓", "4 ✓"
    assert labels(page, 5) == expected
    press(page, "Control+z")
    assert labels(page, 3)[2] == "2"
    # The arrows move by rows and columns.
    press(page, "Enter", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "8")
    assert labels(page, 13)[12] == "8 (was 2)"
    status = "13 of 30 checked, 1 left out. Save writes 12 of them."
    assert page.locator("#count").inner_text() == status
    page.reload()
    assert page.locator("#count").inner_text() == status
    assert page.get_by_role("button", name="Undo (u)").is_disabled()
    assert page.locator("[aria-selected=true]").get_attribute("id") == "13"
    # Clicks and buttons do the same.
    page.locator("[id='20']").click()
    page.get_by_role("button", name="6", exact=True).click()
    page.get_by_role("button", name="Leave out (x)").click()
    page.get_by_role("button", name="Undo (u)").click()

    path = saved(page, tmp_path)
    assert path.name == "reviewed.jf"
    assert page.locator("#count").inner_text().endswith("Saved.")
    back = formats.read(path, LAYOUT).data
    kept = [0, *range(2, 13), 20]
    assert back.labels.tolist() == [7, *range(2, 10), 0, 1, 8, 6]
    assert [*map(content_hash, back.images)] == [*map(content_hash, images[kept])]
    # Another page has a progress of its own.
    other = opened(browser, tmp_path / "b.html", rendered(images[:29]))
    assert other.locator("#count").inner_text().startswith("0 of 29 checked")


@pytest.mark.parametrize("transpose", [False, True])
def test_the_saved_file_has_the_layout_of_the_training_file(
    browser: "Browser", tmp_path: Path, transpose: bool
) -> None:
    html = rendered(noise(COLUMNS), transpose=transpose)
    page = opened(browser, tmp_path / "a.html", html)
    press(page, "Enter")
    layout = LAYOUT.changed({"transpose": transpose})
    back = formats.read(saved(page, tmp_path), layout).data
    np.testing.assert_allclose(back.images, noise(COLUMNS), rtol=0, atol=0.6e-4)


def test_names_have_the_keys_of_their_first_characters(browser: "Browser", tmp_path: Path) -> None:
    names = ["Apple", "Axe", "apricot", "Ulm", "x"]
    page = opened(browser, tmp_path / "a.html", rendered(noise(6), names))
    # A key takes the next name that begins so, and stays; a sole name goes on.
    for key, text in (("A", "Apple ✓"), ("A", "Axe (was Apple)"), ("A", "Apple ✓")):
        press(page, key)
        assert labels(page, 1) == [text]
    press(page, "ArrowRight", "a", "u", "x", "Delete")
    assert labels(page, 4) == ["Apple ✓", "apricot (was Axe)", "Ulm (was apricot)", "x (was Ulm)"]
    assert labels(page, 5)[4] == "left out"
    press(page, "Control+z")
    assert labels(page, 5)[4] == "x"
    assert page.get_by_role("button", name="Leave out (Delete)").is_visible()


def test_a_corrected_file_differs_in_just_the_corrections(
    browser: "Browser", tmp_path: Path
) -> None:
    images = np.random.default_rng(1).random((20, 8, 8), dtype=np.float32)
    file = tmp_path / "my digits.jf"
    formats.write(Dataset(images, np.arange(20) % 10), file, LAYOUT)
    data, known = read(file, LAYOUT)
    issues = [14, 3, 8]
    characters = [
        {
            "label": int(data.labels[i]),
            "note": "7? 98.0%",
            "title": known[i]["place"],
            "place": known[i]["place"],
            "hash": known[i]["hash"],
        }
        for i in issues
    ]
    html = render(data.images[issues], characters, range(10), LAYOUT, f"'{file}'")
    page = opened(browser, tmp_path / "a.html", html)
    assert f"lenet relabel '{file}' corrections.csv OUT" in page.locator("body").inner_text()
    press(page, "7", "x", "Enter")
    assert page.locator("#count").inner_text().endswith("1 left out. Save writes 2 of them.")
    table = saved(page, tmp_path)
    assert table.name == "corrections.csv"
    with table.open(newline="") as rows:
        assert [row["new_label"] for row in csv.DictReader(rows)] == ["7", "left out"]
    assert relabel(file, table, tmp_path / "new.jf", LAYOUT) == (1, 1, 18)
    versions = (Version(path.name, path, LAYOUT) for path in (file, tmp_path / "new.jf"))
    changes = Difference.of("", *versions).table
    assert changes["change"].tolist() == ["relabelled", "removed"]
    assert changes["old_record"].tolist() == [15, 4]
    assert changes["new_class"].tolist()[0] == 7


@pytest.mark.parametrize("width", [390, 1280])
def test_thousands_of_characters_are_one_small_file_that_fits_the_screen(
    browser: "Browser", tmp_path: Path, width: int
) -> None:
    path = tmp_path / "a.html"
    page = opened(browser, path, rendered(noise(5000, 16)), width)
    # Noise does not shrink, so this is the largest page of so many images.
    assert path.stat().st_size < 4_000_000
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.locator("[aria-selected=true]").wait_for()
    assert asked == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    edges = page.locator("button, [role=option]").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().right)"
    )
    assert max(edges) <= width
    # Few are in the page at once, and the current one is in view.
    press(page, *["Enter"] * 12)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.locator("[id='4999']").wait_for()
    assert page.locator("[role=option]").count() < 200
    press(page, "5")
    box = page.locator("[aria-selected=true]").bounding_box()
    bar = page.locator("#nav").bounding_box()
    assert box is not None
    assert bar is not None
    assert bar["y"] + bar["height"] <= box["y"] <= box["y"] + box["height"] <= 800
