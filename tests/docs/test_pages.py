"""README and docs: their length, links, commands, paths and parameters."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from lenet.core.params import flat
from tests.docs.pages import NAMES, PAGES, Page
from tests.project import ROOT

PARAMETERS = flat(YAML(typ="safe").load(ROOT / "params.yaml"))

each_page = pytest.mark.parametrize("page", PAGES, ids=NAMES)


def test_the_page_of_the_recipe_has_at_most_1000_words() -> None:
    assert len(Page("docs/recipe.md").text.split()) <= 1000


def test_the_readme_leads_to_every_page_in_at_most_ten_rows() -> None:
    readme = Page("README.md")
    assert [name for name in NAMES[1:] if name not in readme.links] == []
    assert 1 <= len(re.findall(r"^\|.*\.md\) \|$", readme.text, re.M)) <= 10


@each_page
def test_links_lead_to_files_and_headings_that_exist(page: Page) -> None:
    broken = []
    for link in page.links:
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = (ROOT / page.name).parent / path if path else ROOT / page.name
        name = str(target.resolve().relative_to(ROOT))
        if not target.exists() or (anchor and anchor not in Page(name).anchors):
            broken.append(link)
    assert broken == []


@each_page
def test_make_commands_are_targets(page: Page) -> None:
    targets = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.M)
    used = re.findall(r"(?:^|\s)make ([a-z0-9-]+)", "\n".join(page.lines), re.M)
    assert set(used) <= set(targets)


@each_page
def test_settings_are_parameters(page: Page) -> None:
    groups = "|".join({name.partition(".")[0] for name in PARAMETERS if "." in name})
    code = "\n".join(page.lines)
    used = re.findall(r"-S '?([\w.]+)=", code) + re.findall(
        rf"\b((?:{groups})\.(?!json|js|py|mat|h5)\w+)\b", code
    )
    assert [name for name in used if name not in PARAMETERS] == []


def test_every_parameter_has_a_row() -> None:
    """`tools/figures.py` leaves out a parameter that its model does not describe."""
    rows = re.findall(r"^\| `([\w.]+)` \|", Page("docs/parameters.md").text, re.M)
    assert sorted(rows) == sorted(PARAMETERS)


def stages() -> list[dict]:
    """Return the stages of the workflow."""
    files = [YAML(typ="safe").load(ROOT / name) for name in ("dvc.yaml", "data/dvc.yaml")]
    return [stage for file in files for stage in file["stages"].values()]


def outputs() -> set[str]:
    """Return the files that the stages write."""
    paths = set()
    for stage in stages():
        definition = stage.get("do", stage)
        entries = [
            each for kind in ("outs", "metrics", "plots") for each in definition.get(kind, [])
        ]
        for entry in entries:
            path = entry if isinstance(entry, str) else next(iter(entry))
            paths |= {path.replace("${key}", key) for key in stage.get("foreach", [""])}
    return paths


@cache
def known_paths() -> set[str]:
    """Return all files of the project that git knows, all outputs, and the folders around them."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    # DVC and its library for metrics write these, and `lenet label-issues` the last two.
    others = {
        "metrics/training/metrics.json",
        ".dvc/tmp/rwlock",
        "metrics/label_issues.csv",
        "metrics/label_issues.png",
    }
    files = {*done.stdout.splitlines(), *outputs(), *others}
    return files | {str(parent) for file in files for parent in Path(file).parents}


@each_page
def test_paths_are_files_of_the_project_or_outputs_of_its_stages(page: Page) -> None:
    folders = {path for path in known_paths() if "/" not in path and (ROOT / path).is_dir()} - {"."}
    missing = []
    text = re.sub(r"git show \w+:\S+", "", "\n".join(page.lines))
    for word in re.findall(r"[\w./-]+", text):
        path = word.rstrip("./") if not word.startswith(".") else word.rstrip("/")
        of_project = "/" in word and path.partition("/")[0] in folders
        of_user = path.startswith(("data/raw/", "data/sources/"))
        if of_project and not of_user and path not in known_paths():
            missing.append(word)
    assert missing == []


@cache
def options(command: str) -> list[str]:
    """Return the options of a command of lenet."""
    help_of_command = [sys.executable, "-m", "lenet", command, "--help"]
    done = subprocess.run(help_of_command, cwd=ROOT, capture_output=True, text=True, check=True)
    return re.findall(r"--[\w-]+", done.stdout)


@each_page
def test_commands_of_lenet_have_their_options(page: Page) -> None:
    for line in page.lines:
        for command, rest in re.findall(r"^(?:\$ )?(?:python -m )?lenet ([a-z-]+)(.*)", line):
            unknown = [
                word for word in re.findall(r"--[\w-]+", rest) if word not in options(command)
            ]
            assert unknown == [], line


@each_page
def test_commands_of_stages_are_those_of_the_workflow(page: Page) -> None:
    commands = [stage.get("do", stage)["cmd"] for stage in stages()]
    used = [
        re.sub(r'( --join)?[" &]*$', "", command)
        for line in page.lines
        for command in re.findall(r"python -m stages\..*", line)
    ]
    assert [command for command in used if command not in commands] == []


def test_the_tree_names_every_package_of_the_library() -> None:
    tree = next(block for block in Page("docs/architecture.md").blocks if "params.yaml" in block)
    shown = re.findall(r"^ {2}(\w+)/ ", tree, re.M)
    assert set(shown) == {path.parent.name for path in (ROOT / "lenet").glob("*/__init__.py")}
    tops = [line.split()[0] for line in tree.splitlines() if line[:1].strip()]
    assert [top for top in tops if top.rstrip("/") not in known_paths()] == []
