"""README and docs: their length, links, commands, paths and parameters."""

import re
import runpy
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from lenet.core.params import Params
from lenet.model.architecture import Network
from tests.docs.figures import params
from tests.docs.pages import NAMES, PAGES, Page
from tests.project import ROOT

faults_of_text = runpy.run_path(str(ROOT / "tools/style.py"))["faults_of_text"]
each_page = pytest.mark.parametrize("page", PAGES, ids=NAMES)


def test_the_readme_has_at_most_a_thousand_words() -> None:
    assert len((ROOT / "README.md").read_text().split()) <= 1000


def test_the_readme_leads_to_every_page() -> None:
    assert [name for name in NAMES[1:] if name not in Page("README.md").links] == []


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
    known = params()
    groups = "|".join({name.partition(".")[0] for name in known if "." in name})
    code = "\n".join(page.lines)
    used = re.findall(r"-S '?([\w.]+)=", code) + re.findall(
        rf"\b((?:{groups})\.(?!json|js|py)\w+)\b", code
    )
    assert [name for name in used if name not in known] == []


def outputs() -> set[str]:
    """Return the files that the stages write."""
    paths = set()
    for file in ("dvc.yaml", "data/dvc.yaml"):
        for stage in YAML(typ="safe").load(ROOT / file)["stages"].values():
            keys = stage.get("foreach", {"": None})
            stage = stage.get("do", stage)
            for entry in (e for kind in ("outs", "metrics", "plots") for e in stage.get(kind, [])):
                path = entry if isinstance(entry, str) else next(iter(entry))
                paths |= {path.replace("${key}", key) for key in keys}
    return paths


@cache
def known_paths() -> set[str]:
    """Return all files of the project that git knows, all outputs, and the folders around them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    # DVCLive writes the one beside its plots, and DVC the other while it runs.
    others = {"metrics/training/metrics.json", ".dvc/tmp/rwlock"}
    # `lenet label-issues` writes these.
    others |= {"metrics/suspects.csv", "metrics/suspects.png"}
    files = {*filter(None, listed), *outputs(), *others}
    return files | {str(parent) for file in files for parent in Path(file).parents}


@each_page
def test_paths_are_files_of_the_project_or_outputs_of_its_stages(page: Page) -> None:
    folders = {path for path in known_paths() if "/" not in path and (ROOT / path).is_dir()} - {"."}
    missing = []
    for word in re.findall(r"[\w./-]+", "\n".join(page.lines)):
        path = word.rstrip("./") if not word.startswith(".") else word.rstrip("/")
        of_project = "/" in word and path.partition("/")[0] in folders
        own = path.startswith(("data/raw/", "data/sources/"))
        if of_project and not own and path not in known_paths():
            missing.append(word)
    assert missing == []


@cache
def options(command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "lenet", command, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@each_page
def test_commands_of_lenet_have_their_options(page: Page) -> None:
    wrong = []
    for line in page.lines:
        for command, rest in re.findall(r"python -m lenet (\w+)(.*)", line):
            known = re.findall(r"--[\w-]+", options(command))
            wrong += [word for word in re.findall(r"--[\w-]+", rest) if word not in known]
    assert wrong == []


@each_page
def test_commands_of_stages_are_those_of_the_workflow(page: Page) -> None:
    commands = [
        stage.get("do", stage)["cmd"]
        for file in ("dvc.yaml", "data/dvc.yaml")
        for stage in YAML(typ="safe").load(ROOT / file)["stages"].values()
    ]
    used = [
        re.sub(r'( --join)?[" &]*$', "", command)
        for line in page.lines
        for command in re.findall(r"python -m stages\..*", line)
    ]
    assert [command for command in used if command not in commands] == []


def models() -> list[type[Params]]:
    """Return the models of all parameters."""
    found, unseen = [], [Params]
    while unseen:
        subclasses = unseen.pop().__subclasses__()
        unseen += subclasses
        found += [model for model in subclasses if model.__module__.startswith("lenet.")]
    return found


def test_every_parameter_is_in_the_table_with_its_default_and_range() -> None:
    ranges = {
        f"{model.group}.{name}" if model.group else name: field.description
        for model in models()
        for name, field in model.model_fields.items()
        # The group `raw` has it.
        if (model, name) != (Network, "classes")
    }
    expected = {
        f"`{name}`": (as_written(value), ranges.get(name, "a path"))
        for name, value in params().items()
    }
    page = Page("docs/parameters.md")
    tables = re.findall(r"^\| parameter .*\n(?:\|.*\n)+", page.text, re.M)
    rows = [line for table in tables for line in table.splitlines()[2:]]
    listed = {}
    for row in rows:
        name, default, may_be, meaning = (cell.strip() for cell in row.strip("|").split("|"))
        assert meaning, name
        listed[name] = (default, may_be)
    assert listed == expected
    assert ranges.keys() <= params().keys()


def as_written(value: Any) -> str:
    return f"`{value}`" if isinstance(value, str) and "/" in value else str(value)


def test_the_tree_names_every_package_and_module_of_the_library() -> None:
    tree = next(block for block in Page("docs/architecture.md").blocks if "params.yaml" in block)
    # A description may go on in lines that are indented further.
    rows = dict(re.findall(r"^ {2,4}(\w+)(?:/|\.py) +(.*(?:\n {12,}.*)*)$", tree, re.M))
    for package in (
        path for path in (ROOT / "lenet").rglob("__init__.py") if path.parent.parent != ROOT
    ):
        modules = {path.stem for path in package.parent.glob("*.py")} - {"__init__"}
        words = set(re.findall(r"\w+", rows[package.parent.name]))
        assert modules <= words, package.parent
    tops = dict(re.findall(r"^(\w+)/ +(.*(?:\n {12,}.*)*)$", tree, re.M))
    for folder in ("stages", "studies"):
        modules = {path.stem for path in (ROOT / folder).glob("*.py") if path.stem[0] != "_"}
        # Two modules of the studies serve the others.
        assert modules - {"settings", "table"} <= set(re.findall(r"\w+", tops[folder])), folder
    assert {line.split()[0] for line in tree.splitlines() if line[:1].strip()} <= {
        path if (ROOT / path).is_file() else f"{path}/" for path in known_paths()
    }


def test_the_table_of_packages_is_that_of_the_workflow() -> None:
    expected = {}
    for file in ("dvc.yaml", "data/dvc.yaml"):
        for name, stage in YAML(typ="safe").load(ROOT / file)["stages"].items():
            deps = stage.get("do", stage)["deps"]
            expected[name] = {dep[6:] for dep in deps if dep.startswith("lenet/")}
    shown = {}
    for stages, packages in Page("docs/architecture.md").table("stage"):
        for name in re.findall(r"`([\w-]+)`", stages):
            shown[name] = set(packages.split(", "))
    assert shown == expected


@each_page
def test_sentences_are_short_and_open_with_their_subject(page: Page) -> None:
    # Headings, tables, pictures and code are no sentences; an entry of a list is a paragraph.
    text = re.sub(r"^(?:#.*|\|.*|!\[.*| {4,}.*)$", "", page.prose, flags=re.M)
    text = re.sub(r"\]\([^)]*\)|\*\*", "", text)
    text = re.sub(r"^ *(?:\d+\.|-) ", "\n", text, flags=re.M)
    assert list(faults_of_text(re.sub(r"^ +", "", text, flags=re.M))) == []


@each_page
def test_commands_close_their_quotes(page: Page) -> None:
    for block in page.blocks:
        if re.match(r"\s*(dvc|make|git|python|export|docker) ", block):
            shlex.split(block, comments=True)
