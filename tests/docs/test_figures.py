"""Figures in README and docs are those of the files that they come from."""

import pandas as pd
import pytest
from PIL import Image

from lenet.model.architecture import Network
from lenet.report.markdown import PUBLISHED
from tests.docs.claims import Sentence, Table
from tests.docs.figures import certainty, figures, headline
from tests.docs.pages import PAGES, Page
from tests.docs.picture import PICTURE
from tests.project import ROOT

FIGURES = figures()
ADVICE = "`python -m tests.docs.figures` writes the files' figures into the pages"


@pytest.mark.parametrize(
    "sentence", [f for f in FIGURES if isinstance(f, Sentence)], ids=lambda s: f"{s.page}: {s.text}"
)
def test_a_figure_in_a_sentence_is_that_of_its_file(sentence: Sentence) -> None:
    found = sentence.found(Page(sentence.page).text)
    assert found, f"{sentence.page} no longer says: {sentence.text}"
    assert set(found) == {sentence.expected}, ADVICE


@pytest.mark.parametrize(
    "table", [f for f in FIGURES if isinstance(f, Table)], ids=lambda t: f"{t.page}: {t.header[0]}"
)
def test_a_table_has_the_figures_of_its_file(table: Table) -> None:
    page = Page(table.page)
    assert table.found(page) == table.expected(page), ADVICE


def test_new_figures_are_written_into_the_pages() -> None:
    sentence = Sentence("README.md", "{errors} errors in {rate:.2f} %.", {"errors": 7, "rate": 1.5})
    assert (
        sentence.updated("There are 46\nerrors in 2.29 %.\n") == "There are 7\nerrors in 1.50 %.\n"
    )
    assert sentence.found("46 errors\nin 2.29 %. 1 errors in 2 %!") == ["46 errors in 2.29 %."]


def test_the_published_figures_are_those_of_the_report() -> None:
    table = Page("docs/results.md").table("method", "test error")
    published = [row for row in table if not row[0].startswith("this project")]
    found = {float(row[1].removesuffix(" %")) for row in published}
    assert found == {rate for rate, *_ in PUBLISHED}


def test_the_table_of_seeds_is_of_the_committed_recipe() -> None:
    """Otherwise `make renderings` has to run again, as CONTRIBUTING.md says."""
    table = pd.read_csv(ROOT / "docs/seeds.csv").set_index(["rendering", "members", "seed"])
    assert table["test_errors"]["usps", 1, 0] == headline()["errors"]


def test_the_picture_of_the_page_is_of_the_committed_network() -> None:
    """Otherwise `python -m tests.docs.picture` has to run again, as CONTRIBUTING.md says."""
    with Image.open(PICTURE) as picture:
        assert f"md5: {picture.info['network']}\n" in (ROOT / "dvc.lock").read_text()


def test_the_summary_of_the_network_is_what_the_command_prints() -> None:
    printed = Network.load(ROOT / "params.yaml").table().to_string(index=False)
    block = next(block for block in Page("docs/network.md").blocks if "lenet summary\n" in block)
    shown = [line[4:].rstrip() for line in block.splitlines()[1:]]
    assert [line for line in shown if line] == [line.rstrip() for line in printed.splitlines()]


def test_every_ingredient_is_of_use_as_the_page_says() -> None:
    kept = [
        *("one view in evaluation", "without margin", "without centering", "without proportion"),
        *("without gamma", "without rotation", "without scale", "without shift"),
        *("without weight decay", "without displacement", "constant rate", "pixels from 0 to 1"),
    ]
    assert [name for name in kept if round(certainty(name, "validation_log_loss"), 1) < 2] == []
    uncertain = [name for name in kept if certainty(name, "validation_errors") < 2]
    assert uncertain == ["one view in evaluation", "without margin", "without shift"]
    higher = [name for name in kept if certainty(name, "test_log_loss") > 0]
    assert set(kept) - set(higher) == {"without margin", "without proportion", "without rotation"}


def test_the_plateaus_gradient_of_relu_is_exactly_zero() -> None:
    sizes = pd.read_csv(ROOT / "docs/plateau/sizes.csv")
    dead = sizes[(sizes["variant"] == "ReLU") & (sizes["moment"] == "after training")]
    assert len(dead) > 0
    assert (dead["gradient"] == 0).all()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_placeholder_is_left(page: Page) -> None:
    assert [word for word in page.text.split() if "@@" in word] == []
