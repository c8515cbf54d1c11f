import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
from markdown_it import MarkdownIt
from PIL import Image
from ruamel.yaml import YAML

from lenet.core.params import read
from lenet.report import markdown, page
from lenet.report.results import Results
from tests.project import ROOT
from tests.report.conftest import PICTURES, Write


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


def test_it_begins_with_the_headline(write: Write) -> None:
    headline = json.loads((ROOT / "metrics/test.json").read_text())
    headline |= {"errors": 7, "images": 200, "error_rate": 0.035, "error_rate_low": 0.017}
    text = write(headline=headline | {"error_rate_high": 0.0704}).replace("\u00a0", " ")
    assert "**7 errors in 200 test images: error rate 3.50 %**\n" in text
    assert "(95 % interval 1.70 % to 7.04 %)." in text
    assert "Warning" not in text


def test_the_network_stands_where_it_belongs_among_the_published(write: Write) -> None:
    headline = json.loads((ROOT / "metrics/test.json").read_text())
    card = json.loads((ROOT / "metrics/data_test.json").read_text())
    published = card | {"raw_md5": markdown._ZIP_TEST_MD5}
    table = rows(
        write(
            headline=headline | {"error_rate": 0.03}, cards={"training": card, "test": published}
        ),
        "Published results",
    )
    rates = [float(row[0].removesuffix(" %")) for row in table[1:]]
    assert rates == [5.0, 4.2, 4.0, 3.0, 2.5, 2.5, 2.2, 1.9]
    assert table[4][:2] == ["3.00 %", "this network"]


def test_other_test_images_are_not_compared_with_the_published(write: Write) -> None:
    card = json.loads((ROOT / "metrics/data_train.json").read_text())
    # The same digits in another rendering.
    assert "measured on another rendering of that test set, the source `usps-zip`" in write()
    assert "LeNet-1" not in write()
    other = write(cards={"training": card, "test": card})
    assert "ublished" not in other
    assert "LeNet-1" not in other


def test_the_readme_quotes_the_same_published_figures() -> None:
    readme = (ROOT / "README.md").read_text()
    quoted = readme.partition("Published error rates")[2].partition("\n\n")[0]
    rates = [float(rate) for rate in re.findall(r"([\d.]+) %", quoted)]
    assert set(rates) == {rate for rate, _, _ in markdown.PUBLISHED}


def test_each_digit_tells_what_it_is_taken_for(write: Write) -> None:
    predictions = pd.DataFrame(
        {
            "actual": [3, 3, 3, 3, 3, 5, 0],
            "predicted": [8, 2, 5, 5, 3, 5, 0],
            "train_index": np.nan,
            "near_train_index": np.nan,
        }
    )
    per_class = pd.read_csv(ROOT / "metrics/per_class.csv")
    # The committed figures change with every recipe; these do not.
    per_class.loc[3, ["recall", "precision"]] = [0.97594, 0.9818]
    per_class.loc[1, "recall"] = 0.9773
    per_class.loc[4, "support"] = 0
    table = rows(write(predictions=predictions, per_class=per_class), "Class by class")
    assert table[1 + 3][-1] == "5 (2), 2, 8"
    assert table[1 + 5][-1] == ""
    assert table[1 + 3][2:4] == ["97.59 %", "98.18 %"]
    # A digit without images has no recall; a digit that is never predicted has no precision.
    assert table[1 + 4] == ["4", "0", "", "", "", ""]
    assert table[1 + 1][2:4] == ["97.73 %", ""]


def test_test_images_that_were_learnt_from_are_warned_of(write: Write) -> None:
    predictions = pd.DataFrame(
        {
            "actual": [1, 2, 3, 3],
            "predicted": [1, 2, 3, 3],
            "train_index": [np.nan, 12, np.nan, np.nan],
            "near_train_index": [np.nan, 12, 7, 9],
        }
    )
    text = write(predictions=predictions)
    assert "**Warning: 1 of the test images are training images too" in text
    assert "**Warning: 2 of the test images are nearly equal to training images" in text


def test_without_validation_images_there_is_no_validation_error(write: Write) -> None:
    assert "error rate, validation images" in write()
    text = write(training={"loss": 0.1, "step": 3, "train_accuracy": 0.9})
    assert "alidation image" not in text
    assert "| epochs | 3 |" in text


def flat(values: dict, prefix: str = "") -> dict[str, object]:
    """Return the parameters of params.yaml by their dotted names."""
    found: dict[str, object] = {}
    for name, value in values.items():
        found |= flat(value, f"{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


def test_all_parameters_stand_as_in_params_yaml(write: Write) -> None:
    table = dict(rows(write(), "Parameters")[1:])
    lines = re.findall(r"^ *(\w+): +([^#\s]+)", (ROOT / "params.yaml").read_text(), re.M)
    last_names = {name.rpartition(".")[2]: value for name, value in table.items()}
    for name, value in lines:
        assert last_names[name] == value
    assert table["raw.side"] == "16"
    assert table["preprocess.margin"] == "0.35"
    assert table["weight_decay"] == "0.0005"
    assert table["preprocess.input_range"] == "[-1,1]"
    # In params.yaml, each of the two ranges takes three lines.
    assert len(table) == len(lines) + 2


def test_the_printed_parameters_read_back_as_they_are(write: Write) -> None:
    yaml = YAML(typ="safe", pure=True)
    table = dict(rows(write(), "Parameters")[1:])
    params = read(ROOT / "params.yaml")
    assert {name: yaml.load(value) for name, value in table.items()} == flat(params)
    odd = {"lr": 0.1 + 0.2, "weight_decay": 1e-06, "raw": {"pixel_range": [-1.0, 12345678.5]}}
    table = dict(rows(write(params=params | odd), "Parameters")[1:])
    for name, value in flat(odd).items():
        assert yaml.load(table[name]) == value
    assert table["weight_decay"] == "1e-06"
    assert table["raw.pixel_range"] == "[-1,12345678.5]"


def test_the_layers_are_those_of_the_parameters(write: Write, results: Results) -> None:
    assert rows(write(), "The network")[-1][3] == "61,706"
    partial = results.config.changed({"network.c3": "partial"})
    assert rows(write(config=partial), "The network")[3][3] == "60 x 5 x 5 + 16 = 1,516"


def test_several_networks_are_said_to_decide_together(write: Write, results: Results) -> None:
    assert "decide together" not in write()
    text = write(params={**results.params, "members": 3})
    assert "3 such networks decide together" in text
    assert "3 networks were trained." in text


def test_the_files_are_named_with_their_hashes(write: Write) -> None:
    section = write().partition("| what | file | md5 |")[2]
    assert section.splitlines()[2] == "| predictions | metrics/predictions.csv | 0123456789abcdef |"
    assert "-S 0123456789abcdef -- dvc.lock" in section


def test_all_pictures_of_the_workflow_are_shown(write: Write) -> None:
    workflow = (ROOT / "dvc.yaml").read_text()
    made = set(re.findall(r"- metrics/(\S+\.png):", workflow))
    assert set(re.findall(r"!\[[^]]+\]\(([^)]+)\)", write())) == made == set(PICTURES)


def test_text_of_ones_own_stays_text(write: Write, results: Results, tmp_path: Path) -> None:
    name = "a|b <b>x</b> *y* `z` [l](u) &lt; _q_ \\ ~~s~~-1.0"
    text = write(params={**results.params, "train_file": name})
    assert dict(rows(text, "Parameters")[1:])["train_file"] == name
    for picture in PICTURES:
        (tmp_path / picture).parent.mkdir(exist_ok=True)
        Image.new("L", (2, 2)).save(tmp_path / picture)
    html = page.render(text, tmp_path)
    assert "<td>a|b &lt;b&gt;x&lt;/b&gt; *y* `z` [l](u) &amp;lt; _q_ \\ ~~s~~-1.0</td>" in html
