"""The house: imports point down, and each stage depends on the code and parameters that it uses."""

import ast
import re
import shlex
import sys
from collections.abc import Iterator
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
    *("core", "raw", "sources", "model", "training", "deploy"),
    *("evaluation", "runs", "figures", "report", "predict", "command", "__main__"),
)
LENET = sorted((ROOT / "lenet").rglob("*.py"))
STAGES = sorted((ROOT / "stages").glob("*.py"))
ROOTS = [ROOT / "lenet/__init__.py", ROOT / "stages/__init__.py"]
PARAMS: dict[str, Any] = YAML(typ="safe").load(ROOT / "params.yaml")


def stage_entries() -> list[tuple[str, str, dict[str, Any]]]:
    """Return name, module and definition of every stage of the project."""
    entries = []
    for file in ("dvc.yaml", "data/dvc.yaml"):
        for name, stage in YAML(typ="safe").load(ROOT / file)["stages"].items():
            definition = stage.get("do", stage)
            module = re.match(r"python -m stages\.(\w+)", definition["cmd"])
            assert module, f"{name} does not run a stage"
            entries.append((name, module[1], definition))
    return entries


ENTRIES = stage_entries()
each_stage = pytest.mark.parametrize(
    ("name", "module", "definition"), ENTRIES, ids=[name for name, _, _ in ENTRIES]
)


def paths(entries: list[str | dict]) -> set[str]:
    """Return the paths of a list of dependencies or outputs, which may have options."""
    return {path for entry in entries for path in ([entry] if isinstance(entry, str) else entry)}


def outputs(definition: dict[str, Any]) -> set[str]:
    return set().union(*(paths(definition.get(k, [])) for k in ("outs", "metrics", "plots")))


def code(definition: dict[str, Any]) -> set[str]:
    """Return the packages and modules that a stage depends on."""
    return {dep for dep in paths(definition["deps"]) if dep.startswith(("lenet/", "stages/"))}


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield each module that code imports, also in functions; there are no relative imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module
            assert not node.level
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files_run(module: str) -> set[Path]:
    """Return the project's files that a stage imports, directly or not, also in functions."""
    finder = ModuleFinder(path=[str(ROOT)])
    script = ROOT / "stages" / f"{module}.py"
    finder.run_script(str(script))
    files = (getattr(part, "__file__", None) for part in finder.modules.values())
    found = {Path(file) for file in files if file}
    return {script} | {file for file in found if file.is_relative_to(ROOT)} - set(ROOTS)


@each_stage
def test_dependencies_cover_all_code_that_a_stage_imports_and_none_is_unused(
    name: str, module: str, definition: dict
) -> None:
    files = files_run(module)
    listed = {dep: ROOT / dep for dep in code(definition)}
    # A package brings its templates with it.
    assert all(path.suffix == ".py" or path.parent == ROOT / "lenet" for path in listed.values())
    uncovered = {f for f in files if not any(f.is_relative_to(path) for path in listed.values())}
    assert uncovered == set(), f"deps of {name} in dvc.yaml miss these"
    used = {dep for dep, path in listed.items() if any(f.is_relative_to(path) for f in files)}
    assert set(listed) - used == set(), f"deps of {name} in dvc.yaml need not have these"


def test_results_belong_to_the_versions_of_the_packages() -> None:
    assert [name for name, _, d in ENTRIES if "requirements.txt" not in d["deps"]] == []


@pytest.mark.parametrize("file", ROOTS, ids=["lenet", "stages"])
def test_what_no_stage_depends_on_defines_nothing(file: Path) -> None:
    defined = (ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Lambda)
    assert not [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, defined)]


def test_every_package_has_its_place_in_the_order() -> None:
    found = {path.stem for path in (ROOT / "lenet").iterdir() if path.suffix or path.is_dir()}
    assert found - {"__init__", "__pycache__"} == set(ORDER)


@pytest.mark.parametrize("file", LENET, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(file: Path) -> None:
    tree = ast.parse(file.read_text())
    modules = [name.split(".") for name in imported(tree)]
    assert [name for name in modules if name[0] == "stages"] == []
    own = file.relative_to(ROOT / "lenet").parts[0].removesuffix(".py")
    packages = {name[1] for name in modules if name[0] == "lenet"}
    allowed = ORDER[: ORDER.index(own) + 1] if own in ORDER else ("core",)
    assert packages - set(allowed) == set()


@pytest.mark.parametrize(
    ("library", "home"),
    [("mxnet", "lenet/model/_mxnet.py"), ("onnxruntime", "lenet/deploy/_onnxruntime.py")],
)
def test_one_module_alone_imports_a_library(library: str, home: str) -> None:
    importers = {
        str(file.relative_to(ROOT))
        for file in (*LENET, *STAGES)
        for name in imported(ast.parse(file.read_text()))
        if name.split(".")[0] == library
    }
    assert importers == {home}


@pytest.mark.parametrize("module", ["fetch", "convert", "evaluate", "report"])
def test_mxnet_is_not_imported_where_nothing_is_trained(module: str) -> None:
    assert ROOT / "lenet/model/_mxnet.py" not in files_run(module)


@pytest.mark.parametrize(("name", "definition"), [(name, d) for name, _, d in ENTRIES])
def test_commands_are_given_the_files_that_are_listed(name: str, definition: dict) -> None:
    files = {dep for dep in paths(definition["deps"]) if dep not in code(definition)}
    files = files - {"requirements.txt"} | outputs(definition)
    given = {argument for argument in shlex.split(definition["cmd"])[3:] if argument != name}
    # An argument is a listed file, or the folder of listed files; no listed file is elsewhere.
    folders = {argument for argument in given if argument not in files}
    assert all(any(file.startswith(f"{folder}/") for file in files) for folder in folders)
    assert [f for f in files - given if not any(f.startswith(f"{d}/") for d in folders)] == []


def test_only_evaluation_reads_the_test_images() -> None:
    readers = [name for name, _, d in ENTRIES if "data/npz/test.npz" in d["deps"]]
    assert readers == ["evaluate"]
    # A folder would let a stage read them unseen; test_alone.py shows that no stage does.
    assert not [name for name, _, d in ENTRIES if {"data", "data/npz"} & paths(d["deps"])]


def test_no_stage_writes_into_the_users_folder() -> None:
    written = set().union(*(outputs(definition) for _, _, definition in ENTRIES))
    assert [path for path in written if path.startswith("data/raw")] == []
    for name, module, definition in ENTRIES:
        if module == "fetch":
            folder = Path("data/sources", name)
            assert {Path(path).parent for path in outputs(definition)} == {folder}


@each_stage
def test_each_parameter_that_is_listed_is_used(name: str, module: str, definition: dict) -> None:
    """Each is an attribute that the stage's code reads, or a name that the stage looks up.

    test_alone.py shows the converse: a stage reads no other parameter.
    """
    listed = definition.get("params", [])
    if listed == [{"params.yaml": None}]:
        assert module == "report"
        return
    nodes = [node for file in files_run(module) for node in ast.walk(ast.parse(file.read_text()))]
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    stage = ast.walk(ast.parse((ROOT / "stages" / f"{module}.py").read_text()))
    looked_up = {node.value for node in stage if isinstance(node, ast.Constant)}
    for key in listed:
        group, _, leaf = key.rpartition(".")
        value = PARAMS[group or key]
        leaves = {leaf} if group or not isinstance(value, dict) else set(value)
        assert key in looked_up or leaves <= attributes, f"{key} of {name} in dvc.yaml"


def test_every_parameter_belongs_to_a_stage_and_has_a_row_in_the_docs() -> None:
    listed = [key for _, _, definition in ENTRIES for key in definition.get("params", [])]
    names = {key.partition(".")[0] for key in listed if isinstance(key, str)}
    used = names | {"train_file", "test_file"}
    assert set(PARAMS) == used
    leaves = [
        f"{key}.{leaf}" if leaf else key
        for key, value in PARAMS.items()
        for leaf in (value if isinstance(value, dict) else [""])
    ]
    page = (ROOT / "docs/parameters.md").read_text()
    assert [name for name in leaves if f"| `{name}` |" not in page] == []


@pytest.mark.parametrize(("file", "most"), [("dvc.yaml", 170), ("data/dvc.yaml", 25)])
def test_the_workflow_is_short_enough_to_read(file: str, most: int) -> None:
    assert (ROOT / file).read_text().count("\n") <= most


def test_the_version_is_the_same_everywhere() -> None:
    versions = {
        re.findall(r"^(?:version|VERSION)\b.*?([\d.]+)", (ROOT / file).read_text(), re.MULTILINE)[0]
        for file in ("pyproject.toml", "CITATION.cff", "lenet/command/__init__.py")
    }
    assert len(versions) == 1


@pytest.mark.parametrize("folder", ["lenet", "stages", "studies", "tools"])
def test_what_the_workflow_imports_is_in_its_lock_file(folder: str) -> None:
    """The tests' own environment has more than `make repro` installs."""
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.M)
    names = {canonicalize_name(name) for name in locked}
    own = {"lenet", "stages", "studies", "tools"} | sys.stdlib_module_names
    homes = packages_distributions()
    missing = {
        (str(file.relative_to(ROOT)), module)
        for file in (ROOT / folder).rglob("*.py")
        for module in (name.partition(".")[0] for name in imported(ast.parse(file.read_text())))
        if module not in own
        and names.isdisjoint(map(canonicalize_name, homes.get(module, [module])))
    }
    assert missing == set()
