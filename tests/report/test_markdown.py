import re
from pathlib import Path

import numpy as np
import pandas as pd
from markdown_it import MarkdownIt
from PIL import Image
from ruamel.yaml import YAML

from lenet.core.params import flat, read
from lenet.report import markdown, page
from tests.project import PICTURES, ROOT
from tests.report.conftest import Write, load
from tests.settings import DEFAULT


def rows(text: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, as they are read."""
    section = re.split(rf"^##+ {heading}$", text, flags=re.M)[1]
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


def pictures(text: str) -> set[str]:
    return set(re.findall(r"!\[[^]]+\]\(([^)]+)\)", text))


def test_it_begins_with_the_headline(write: Write) -> None:
    headline = load("test.json") | {"errors": 7, "images": 200, "error_rate": 0.035}
    headline |= {"error_rate_low": 0.017, "error_rate_high": 0.0704}
    text = write(headline=headline).replace("\u00a0", " ")
    assert text.startswith("# 7 errors in 200 test images: error rate 3.50 %\n")
    assert "The 95 % interval is 1.70 % to 7.04 %." in text
    assert "Warning" not in text


def test_the_network_stands_where_it_belongs_among_the_published(write: Write) -> None:
    card = load("data_test.json") | {"raw_md5": markdown._ZIP_TEST_MD5}
    headline = load("test.json") | {"error_rate": 0.03}
    text = write(headline=headline, cards={"training": card, "test": card})
    table = rows(text, "Published results")
    rates = [float(row[0].removesuffix(" %")) for row in table[1:]]
    assert rates == [5.0, 4.2, 4.0, 3.0, 2.5, 2.5, 2.2, 1.9]
    assert table[4][:2] == ["3.00 %", "this network"]


def test_other_test_images_are_not_compared_with_the_published(write: Write) -> None:
    card = load("data_train.json")
    # The same digits in another rendering.
    assert "measured on another rendering of that test set, the source `usps-zip`" in write()
    assert "LeNet-1" not in write()
    other = write(cards={"training": card, "test": card})
    assert "ublished" not in other


def test_each_digit_tells_what_it_is_taken_for(write: Write) -> None:
    predictions = pd.DataFrame(
        {"actual": [3, 3, 3, 3, 3, 5, 0], "predicted": [8, 2, 5, 5, 3, 5, 0]}
    )
    predictions[["train_index", "near_train_index"]] = np.nan
    per_class = pd.read_csv(ROOT / "metrics/per_class.csv")
    # The committed figures change with every recipe; these do not.
    per_class.loc[3, ["recall", "precision"]] = [0.97594, 0.9818]
    per_class.loc[1, ["recall", "precision"]] = [0.9773, np.nan]
    per_class.loc[4, ["recall", "precision", "support"]] = [np.nan, np.nan, 0]
    table = rows(write(predictions=predictions, per_class=per_class), "Class by class")
    assert table[1 + 3][-1] == "5 (2), 2, 8"
    assert table[1 + 5][-1] == ""
    assert table[1 + 3][3:5] == ["97.59 %", "98.18 %"]
    # A digit without images has no recall; a digit that is never predicted has no precision.
    assert table[1 + 4] == ["4", "652", "0", "", "", ""]
    assert table[1 + 1][3:5] == ["97.73 %", ""]
    trained_on = [str(each["images"]) for each in load("data_train.json")["classes"]]
    assert [row[1] for row in table[1:]] == trained_on


def test_without_errors_nothing_is_empty(write: Write) -> None:
    predictions = pd.DataFrame({"actual": [0, 1], "predicted": [0, 1]})
    predictions[["train_index", "near_train_index"]] = np.nan
    text = write(predictions=predictions, headline=load("test.json") | {"errors": 0})
    assert "mistake" not in text.lower()
    assert len(rows(text, "Class by class")[0]) == 5
    assert "" not in {cell for row in rows(text, "Class by class") for cell in row}
    assert pictures(text) == set(PICTURES) - {"pictures/mistakes.png"}
    assert all(
        section.partition("\n")[2].strip() for section in re.split(r"^##+ ", text, flags=re.M)
    )


def test_the_copies_of_a_test_image_are_told(write: Write) -> None:
    assert "shifted by\n-0.09, 0 or 0.09 (`test_shift`)" in write()
    assert "test_shift`" not in write(config=DEFAULT.changed({"test_shift": 0}))


def test_test_images_that_were_learnt_from_are_warned_of(write: Write) -> None:
    predictions = pd.DataFrame({"actual": [1, 2, 3, 3], "predicted": [1, 2, 3, 3]})
    predictions["train_index"] = [np.nan, 12, np.nan, np.nan]
    predictions["near_train_index"] = [np.nan, 12, 7, 9]
    text = write(predictions=predictions)
    assert "**Warning: 1 of the test images are training images too" in text
    assert "**Warning: 2 of the test images are nearly equal to training images" in text


def test_without_validation_images_there_is_no_validation_error(write: Write) -> None:
    assert "error rate, validation images" in write()
    text = write(training={"loss": 0.1, "step": 3, "train_accuracy": 0.9})
    assert "alidation image" not in text
    assert "| epochs | 3 |" in text


def test_the_parameters_read_back_as_they_are(write: Write) -> None:
    yaml = YAML(typ="safe", pure=True)
    table = dict(rows(write(), "Parameters")[1:])
    params = flat(read(ROOT / "params.yaml"))
    assert {name: yaml.load(value) for name, value in table.items()} == params
    assert table["preprocess.input_range"] == "[-1,1]"
    config = DEFAULT.changed({"lr": 0.1 + 0.2, "weight_decay": 1e-06})
    table = dict(rows(write(config=config), "Parameters")[1:])
    assert table["weight_decay"] == "1e-06"
    assert yaml.load(table["lr"]) == 0.1 + 0.2


def test_layers_and_members_are_those_of_the_parameters(write: Write) -> None:
    assert rows(write(), "The network")[-1][3] == "61,706"
    assert "decide together" not in write()
    text = write(config=DEFAULT.changed({"network.c3": "partial", "members": 3}))
    assert rows(text, "The network")[3][3] == "1,516"
    assert "3 such networks decide together" in text
    assert "3 networks were trained." in text


def test_the_files_are_named_with_their_hashes(write: Write) -> None:
    text = write()
    files = ["predictions", "metrics/predictions.csv", "0123456789abcdef"]
    assert rows(text, "Files")[1] == files
    assert "-S 0123456789abcdef -- dvc.lock" in text


def test_all_pictures_of_the_workflow_are_shown(write: Write) -> None:
    assert pictures(write()) == set(PICTURES)


def test_text_of_ones_own_stays_text(write: Write, tmp_path: Path) -> None:
    name = "a|b <b>x</b> *y* `z` [l](u) &lt; _q_ \\ ~~s~~-1.0"
    text = write(config=DEFAULT.changed({"train_file": name}))
    assert dict(rows(text, "Parameters")[1:])["train_file"] == name
    for picture in pictures(text):
        (tmp_path / picture).parent.mkdir(exist_ok=True)
        Image.new("L", (2, 2)).save(tmp_path / picture)
    html = page.render(text, tmp_path)
    assert "<td>a|b &lt;b&gt;x&lt;/b&gt; *y* `z` [l](u) &amp;lt; _q_ \\ ~~s~~-1.0</td>" in html
