"""The project stays small: lines as formatted, and words of the docs."""

from pathlib import Path

from tests.project import ROOT

# The goals of Economy were 6,500 and 8,500 lines of lenet and tests; what came later counts apart.
LINES = {"lenet": 8438, "tests": 10354, "studies bench": 1672, "tools": 250}
OF_A_PACKAGE, OF_A_MODULE = 2112, 320


def lines(path: Path) -> int:
    """Return the lines of a file, or of all modules in a folder."""
    files = path.rglob("*.py") if path.is_dir() else [path]
    return sum(file.read_text().count("\n") for file in files)


def test_the_code_stays_short() -> None:
    for folders, most in LINES.items():
        assert sum(lines(ROOT / folder) for folder in folders.split()) <= most, folders
    for path in (ROOT / "lenet").rglob("*"):
        assert path.suffix != ".py" or lines(path) <= OF_A_MODULE, path
        assert not path.is_dir() or lines(path) <= OF_A_PACKAGE, path
    assert lines(ROOT / "dvc.yaml") <= 170
    assert lines(ROOT / "data/dvc.yaml") <= 25


def test_the_docs_stay_short() -> None:
    pages = [*(ROOT / "docs").glob("*.md")]
    assert len(pages) <= 11
    assert sum(len(page.read_text().split()) for page in pages) <= 10640
    assert len((ROOT / "README.md").read_text().split()) <= 1000
