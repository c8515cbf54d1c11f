"""The house: imports point down, and each stage depends on the code and parameters that it uses."""

import ast
import re
import sys
from functools import cache
from importlib.metadata import packages_distributions
from modulefinder import ModuleFinder
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

from tests.project import ROOT

# A package may import itself and those before it.
ORDER = (
    *("core", "pictures", "raw", "sources", "model", "training", "deploy", "evaluation"),
    *("runs", "figures", "report", "predict", "command", "__main__"),
)
LENET = sorted((ROOT / "lenet").rglob("*.py"))
STAGES = sorted((ROOT / "stages").glob("*.py"))
ROOTS = [ROOT / "lenet/__init__.py", ROOT / "stages/__init__.py"]
PARAMS: dict[str, Any] = YAML(typ="safe").load(ROOT / "params.yaml")


def stage_entries() -> list[tuple[str, Path, dict[str, Any]]]:
    """Return name, script and definition of every stage of the project."""
    entries = []
    for file in ("dvc.yaml", "data/dvc.yaml"):
        for name, stage in YAML(typ="safe").load(ROOT / file)["stages"].items():
            definition = stage.get("do", stage)
            module = re.match(r"python -m stages\.(\w+)", definition["cmd"])
            assert module, f"{name} does not run a stage"
            entries.append((name, ROOT / f"stages/{module[1]}.py", definition))
    return entries


ENTRIES = stage_entries()


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


@cache
def imported(file: Path) -> list[str]:
    """Return each module that code imports, also in functions; there are no relative imports."""
    names = []
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.module
            assert not node.level
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


@cache
def files_run(script: Path) -> set[Path]:
    """Return the project's files that a stage imports, directly or not, also in functions."""
    finder = ModuleFinder(path=[str(ROOT)])
    finder.run_script(str(script))
    files = {Path(getattr(module, "__file__", None) or "") for module in finder.modules.values()}
    return {script, *(file for file in files if file.is_relative_to(ROOT))} - set(ROOTS)


@pytest.mark.parametrize(
    ("script", "definition"), [entry[1:] for entry in ENTRIES], ids=[entry[0] for entry in ENTRIES]
)
def test_dependencies_cover_all_code_that_a_stage_imports_and_none_is_unused(
    script: Path, definition: dict
) -> None:
    # Results belong to the versions of the packages, too.
    assert "requirements.txt" in definition["deps"]
    files = files_run(script)
    listed = [ROOT / dep for dep in definition["deps"] if dep.startswith(("lenet/", "stages/"))]
    # A package brings its templates with it.
    assert all(path.suffix == ".py" or path.parent == ROOT / "lenet" for path in listed)
    missing = [f for f in files if not any(f.is_relative_to(path) for path in listed)]
    assert missing == [], "deps in dvc.yaml miss these"
    unused = [path for path in listed if not any(f.is_relative_to(path) for f in files)]
    assert unused == [], "deps in dvc.yaml need not have these"


def test_what_no_stage_depends_on_defines_nothing() -> None:
    defined = (ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Lambda)
    nodes = [node for file in ROOTS for node in ast.walk(tree(file))]
    assert not [node for node in nodes if isinstance(node, defined)]


def test_imports_point_down() -> None:
    upward = []
    for file in LENET:
        own = file.relative_to(ROOT / "lenet").parts[0].removesuffix(".py")
        allowed = ["core"] if own == "__init__" else ORDER[: ORDER.index(own) + 1]
        for name in imported(file):
            home, _, package = name.partition(".")
            if home == "stages" or (home == "lenet" and package.split(".")[0] not in allowed):
                upward.append((file, name))
    assert upward == []


@pytest.mark.parametrize(
    ("library", "homes"),
    [
        ("mxnet", ["lenet/model/_mxnet.py"]),
        ("onnxruntime", ["lenet/deploy/_onnxruntime.py"]),
        # It takes half a second to import, and keeps every figure.
        ("matplotlib.pyplot", []),
    ],
)
def test_one_module_at_most_imports_a_library(library: str, homes: list[str]) -> None:
    importers = {
        str(file.relative_to(ROOT))
        for file in (*LENET, *STAGES)
        for name in imported(file)
        if f"{name}.".startswith(f"{library}.")
    }
    assert sorted(importers) == homes


def test_mxnet_is_imported_only_where_it_is_needed() -> None:
    importers = [
        name for name, script, _ in ENTRIES if ROOT / "lenet/model/_mxnet.py" in files_run(script)
    ]
    assert importers == ["train", "export", "draw"]


def test_training_reads_no_test_images_and_no_stage_writes_raw_files() -> None:
    readers = [name for name, _, d in ENTRIES if "data/npz/test.npz" in d["deps"]]
    # Export compares how they were read with how the training images were.
    assert readers == ["export", "evaluate"]
    # A folder would let a stage read them unseen; test_alone.py shows that no stage does.
    assert not [name for name, _, d in ENTRIES if {"data", "data/npz"} & {*d["deps"]}]
    for name, _, definition in ENTRIES:
        written = str([definition.get(kind) for kind in ("outs", "metrics", "plots")])
        folders = set(re.findall(r"data/(?!npz/)[^']*/", written))
        assert folders == ({"data/sources/usps/"} if name == "usps" else set())


def test_every_parameter_belongs_to_a_stage() -> None:
    listed = [key for _, _, definition in ENTRIES for key in definition.get("params", [])]
    names = {key.partition(".")[0] for key in listed if isinstance(key, str)}
    assert set(PARAMS) == names | {"train_file", "test_file"}


def test_the_version_is_the_same_everywhere() -> None:
    versions = {
        re.findall(r"^(?:version|VERSION)\b.*?([\d.]+)", (ROOT / file).read_text(), re.MULTILINE)[0]
        for file in ("pyproject.toml", "CITATION.cff", "lenet/command/__init__.py")
    }
    assert len(versions) == 1


def test_what_the_workflow_imports_is_in_its_lock_file() -> None:
    """The tests' own environment has more than `make repro` installs; h5py is the user's choice."""
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.M)
    names = {canonicalize_name(name) for name in locked}
    folders = ("lenet", "stages", "studies", "tools")
    homes = packages_distributions()
    modules = {
        name.partition(".")[0]
        for folder in folders
        for file in (ROOT / folder).rglob("*.py")
        for name in imported(file)
    }
    missing = [
        module
        for module in modules - sys.stdlib_module_names - {*folders, "h5py"}
        if names.isdisjoint(map(canonicalize_name, homes.get(module, [module])))
    ]
    assert missing == []
