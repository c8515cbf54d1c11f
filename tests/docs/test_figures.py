"""Figures and pictures of the pages are those of the committed results."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from tests.docs.pages import Page
from tests.docs.picture import DIGITS, HAND, PICTURE, SAMPLE
from tests.project import ROOT


def test_the_script_finds_no_table_to_change_and_restores_one_that_was_changed(
    tmp_path: Path,
) -> None:
    """Otherwise `make figures` has to run again, as CONTRIBUTING.md says."""
    shutil.copy(ROOT / "README.md", tmp_path)
    (tmp_path / "docs").mkdir()
    for page in (ROOT / "docs").glob("*.md"):
        shutil.copy(page, tmp_path / "docs")
    changed = tmp_path / "docs/recipe.md"
    changed.write_text(changed.read_text().replace("| the default recipe | ", "| another | "))
    script = [sys.executable, str(ROOT / "tools/figures.py")]
    subprocess.run(script, cwd=tmp_path, check=True)
    for page in tmp_path.rglob("*.md"):
        assert page.read_text() == (ROOT / page.relative_to(tmp_path)).read_text(), page.name


def test_the_table_of_seeds_is_of_the_committed_recipe() -> None:
    """Otherwise `make renderings` has to run again, as CONTRIBUTING.md says."""
    table = pd.read_csv(ROOT / "docs/seeds.csv").set_index(["rendering", "members", "seed"])
    result = pd.read_json(ROOT / "metrics/test.json", typ="series")
    assert table["test_errors"]["usps", 1, 0] == result["errors"]


@pytest.mark.parametrize("path", [PICTURE, HAND])
def test_the_pictures_of_answers_are_of_the_committed_network(path: Path) -> None:
    """Otherwise `python -m tests.docs.picture` has to run again, as CONTRIBUTING.md says."""
    with Image.open(path) as picture:
        assert f"md5: {picture.info['network']}\n" in (ROOT / "dvc.lock").read_text()


@pytest.mark.skipif(not (ROOT / "models/lenet.onnx").exists(), reason="`dvc repro` makes it")
def test_the_sample_is_read_as_the_readme_shows() -> None:
    command = [sys.executable, "-m", "lenet", "predict", str(SAMPLE.relative_to(ROOT))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert [line.split()[2] for line in lines[1:]] == [str(digit) for digit in DIGITS]
    readme = Page("README.md").text
    shown = re.findall(r"^    (?:file  |docs/sample\.png ).*$", readme, re.M)
    assert [line.strip() for line in shown] == lines
