import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from markdown_it import MarkdownIt
from PIL import Image
from playwright.sync_api import Browser

from lenet.core.params import AllParams
from lenet.report import report

ROOT = Path(__file__).parents[2]
PICTURES = {
    "confusion": "confusion.png",
    **{
        name: f"pictures/{name}.png"
        for name in ("mistakes", "curves", "digits", "warps", "filters", "responses")
    },
}


@pytest.fixture
def write() -> Callable[..., str]:
    """Return `report.markdown` with the results in git, but for what it is given."""

    def read(name: str) -> Any:
        return json.loads((ROOT / "metrics" / name).read_text())

    values: dict[str, Any] = {
        "headline": read("test.json"),
        "training": read("training/metrics.json"),
        "per_class": pd.read_csv(ROOT / "metrics/per_class.csv"),
        "predictions": pd.read_csv(ROOT / "metrics/predictions.csv"),
        "cards": {"training": read("data_train.json"), "test": read("data_test.json")},
        "files": {"predictions": ROOT / "LICENSE"},
        "pictures": PICTURES,
        "params": AllParams.load(ROOT / "params.yaml"),
    }
    return lambda **given: report.markdown(**{**values, **given})


def rows(text: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, as they are read."""
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    table: list[list[str]] = []
    for token in MarkdownIt().enable("table").parse(section):
        match token.type:
            case "tr_open":
                table.append([])
            case "inline" if token.level > 3:
                texts = [c.content for c in token.children or () if c.type.startswith("text")]
                table[-1].append("".join(texts).replace("\u00a0", " "))
            case "table_close":
                break
    return table


def test_it_begins_with_the_headline(write: Callable[..., str]) -> None:
    headline = json.loads((ROOT / "metrics/test.json").read_text())
    headline |= {"errors": 7, "images": 200, "error_rate": 0.035, "error_rate_low": 0.017}
    text = write(headline=headline | {"error_rate_high": 0.0704}).replace("\u00a0", " ")
    assert "**7 errors in 200 test images: error rate 3.50 %**\n" in text
    assert "(95 % interval 1.70 % to 7.04 %)." in text
    assert "Warning" not in text


def test_the_network_stands_where_it_belongs_among_the_published(
    write: Callable[..., str],
) -> None:
    headline = json.loads((ROOT / "metrics/test.json").read_text())
    table = rows(write(headline=headline | {"error_rate": 0.03}), "Beside what has been published")
    rates = [float(row[0].removesuffix(" %")) for row in table[1:]]
    assert rates == [5.0, 4.2, 4.0, 3.0, 2.5, 2.5, 2.2, 1.9]
    assert table[4][:2] == ["3.00 %", "this network"]


def test_other_test_images_are_not_compared_with_the_published(write: Callable[..., str]) -> None:
    card = json.loads((ROOT / "metrics/data_train.json").read_text())
    assert "published" in write()
    assert "published" not in write(cards={"training": card, "test": card})


def test_the_readme_quotes_the_same_published_figures() -> None:
    readme = (ROOT / "README.md").read_text()
    quoted = readme.partition("Published on this split")[2].partition("\n\n")[0]
    rates = [float(rate) for rate in re.findall(r"([\d.]+) %", quoted)]
    assert set(rates) == {rate for rate, _, _ in report.PUBLISHED}


def test_each_digit_tells_what_it_is_taken_for(write: Callable[..., str]) -> None:
    predictions = pd.DataFrame(
        {
            "actual": [3, 3, 3, 3, 3, 5, 0],
            "predicted": [8, 2, 5, 5, 3, 5, 0],
            "train_index": np.nan,
        }
    )
    per_class = pd.read_csv(ROOT / "metrics/per_class.csv")
    per_class.loc[4, "support"] = 0
    table = rows(write(predictions=predictions, per_class=per_class), "Digit by digit")
    assert table[1 + 3][-1] == "5 (2), 2, 8"
    assert table[1 + 5][-1] == ""
    assert table[1 + 3][2:4] == ["97.59 %", "98.18 %"]
    # No recall of nothing, and no precision where there was no answer.
    assert table[1 + 4] == ["4", "0", "", "", "", ""]
    assert table[1 + 1][2:4] == ["97.73 %", ""]


def test_test_images_that_were_learnt_from_are_warned_of(write: Callable[..., str]) -> None:
    predictions = pd.DataFrame(
        {"actual": [1, 2], "predicted": [1, 2], "train_index": [np.nan, 12.0]}
    )
    assert "**Warning: 1 of the test images are training images too" in write(
        predictions=predictions
    )


def test_without_validation_images_there_is_no_validation_error(write: Callable[..., str]) -> None:
    assert "error rate, validation images" in write()
    text = write(training={"loss": 0.1, "step": 3, "train_accuracy": 0.9})
    assert "alidation image" not in text
    assert "| epochs | 3 |" in text


def test_all_parameters_stand_as_in_params_yaml(write: Callable[..., str]) -> None:
    table = dict(rows(write(), "Parameters")[1:])
    lines = re.findall(r"^(\w+): ([^#\n]+)", (ROOT / "params.yaml").read_text(), re.M)
    for name, value in lines:
        assert table[name] == value.strip()
    assert table["input_range"] == "[-1, 1]"
    assert len(table) == len(lines) + 2


def test_the_layers_are_those_of_the_parameters(write: Callable[..., str]) -> None:
    assert rows(write(), "The network")[-1][3] == "61,706"
    partial = AllParams.load(ROOT / "params.yaml").model_copy(update={"c3": "partial"})
    assert rows(write(params=partial), "The network")[3][3] == "60 x 5 x 5 + 16 = 1,516"


def test_text_of_ones_own_stays_text(write: Callable[..., str], tmp_path: Path) -> None:
    name = "a|b <b>x</b> *y* `z` [l](u) &lt; _q_ \\ ~~s~~-1.0"
    params = AllParams.load(ROOT / "params.yaml").model_copy(update={"train_file": name})
    text = write(params=params)
    assert dict(rows(text, "Parameters")[1:])["train_file"] == name
    for picture in PICTURES.values():
        (tmp_path / picture).parent.mkdir(exist_ok=True)
        Image.new("L", (2, 2)).save(tmp_path / picture)
    page = report.page(text, tmp_path)
    assert "<td>a|b &lt;b&gt;x&lt;/b&gt; *y* `z` [l](u) &amp;lt; _q_ \\ ~~s~~-1.0</td>" in page


@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_is_whole_by_itself_and_fits_the_screen(
    write: Callable[..., str], browser: Browser, tmp_path: Path, width: int
) -> None:
    path = tmp_path / "report.html"
    path.write_text(report.page(write(), ROOT / "metrics"), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    natural = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert len(natural) == 7
    assert min(natural) > 500
    # Only tables and pictures scroll sideways, each by itself; text is large enough to read.
    assert page.evaluate("document.documentElement.scrollWidth") == width
    shown = page.evaluate("[...document.images].map(image => image.clientWidth)")
    assert min(shown) > 550
    sizes = (
        "[...document.querySelectorAll('p, td')].map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(page.evaluate(sizes)) > 13
    # What is seen at first: dark text on white, in a good part of the screen.
    page.screenshot(path=tmp_path / "top.png")
    with Image.open(tmp_path / "top.png") as picture:
        grey = np.asarray(picture.convert("L"))
    assert grey.shape == (800, width)
    assert (grey == 255).mean() > 0.6
    assert 0.01 < (grey < 100).mean() < 0.3
