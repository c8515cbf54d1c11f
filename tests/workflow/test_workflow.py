"""dvc.yaml tells the truth: about code, parameters and files."""

import ast
import re
import shlex
import subprocess
import sys
from modulefinder import ModuleFinder
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

import lenet
import stages
from lenet.core.params import (
    AllParams,
    ConversionParams,
    DrawingParams,
    EvaluationParams,
    ExportParams,
    TrainingParams,
)

ROOT = Path(__file__).parents[1]
PARAMS: dict[str, type[BaseModel] | None] = {
    "fetch": None,
    "convert": ConversionParams,
    "train": TrainingParams,
    "draw": DrawingParams,
    "export": ExportParams,
    "evaluate": EvaluationParams,
    "report": AllParams,
}


def stage_entries() -> list[tuple[str, str, dict[str, Any]]]:
    """Return name, stage module and definition of every stage of the project."""
    entries = []
    for file in ("dvc.yaml", "data/dvc.yaml"):
        for name, stage in YAML(typ="safe").load(ROOT / file)["stages"].items():
            definition = stage.get("do", stage)
            module = re.match(r"python -m stages\.(\w+)", definition["cmd"])
            assert module, f"{name} does not run a stage"
            entries.append((name, module[1], definition))
    return entries


ENTRIES = stage_entries()
NAMES = [name for name, _, _ in ENTRIES]


def files_run(module: str) -> set[str]:
    """Return the project's files that a stage imports, directly or not, anywhere in a function."""
    finder = ModuleFinder(path=[str(ROOT)])
    finder.run_script(str(ROOT / "stages" / f"{module}.py"))
    found = {f"stages/{module}.py"}
    for part in finder.modules.values():
        if part.__file__ and Path(part.__file__).is_relative_to(ROOT):
            found.add(str(Path(part.__file__).relative_to(ROOT)))
    # A package's __init__ has no say in any result; the next test holds them to that.
    return {file for file in found if not file.endswith("__init__.py")}


@pytest.mark.parametrize(("name", "module", "definition"), ENTRIES, ids=NAMES)
def test_deps_are_the_code_that_runs(name: str, module: str, definition: dict) -> None:
    listed = {dep for dep in definition["deps"] if dep.endswith((".py", ".jinja"))}
    expected = files_run(module)
    for file in tuple(expected):
        found = re.findall(r"get_template\(\"(.+?)\"\)", (ROOT / file).read_text())
        expected |= {f"lenet/templates/{template}" for template in found}
    assert listed == expected, f"deps of {name} in dvc.yaml"


def test_package_files_define_nothing() -> None:
    for package in (lenet, stages):
        assert package.__file__
        tree = ast.parse(Path(package.__file__).read_text())
        defined = (ast.FunctionDef, ast.ClassDef, ast.Assign)
        assert not [node for node in ast.walk(tree) if isinstance(node, defined)]


@pytest.mark.parametrize(("name", "module", "definition"), ENTRIES, ids=NAMES)
def test_params_are_those_the_code_looks_up(name: str, module: str, definition: dict) -> None:
    model = PARAMS[module]
    expected = set(model.model_fields) if model else set()
    listed = definition.get("params", [])
    if listed == [{"params.yaml": None}]:
        listed = YAML(typ="safe").load(ROOT / "params.yaml")
    assert set(listed) == expected, f"params of {name} in dvc.yaml"
    # The stage loads this class and no other, and each parameter of it is used: by name, or
    # with the rest of them as arguments, none of which Python lets a function ignore.
    source = (ROOT / "stages" / f"{module}.py").read_text()
    loaded = re.findall(r"(\w+)\.load\(Path\(\"params\.yaml\"\)\)", source)
    assert loaded == ([model.__name__] if model else [])
    if model != AllParams and "**params.model_dump(" not in source:
        assert set(re.findall(r"params\.(\w+)", source)) - {"yaml"} == expected


@pytest.mark.parametrize(("name", "module", "definition"), ENTRIES, ids=NAMES)
def test_commands_are_given_the_files_that_are_listed(
    name: str, module: str, definition: dict
) -> None:
    def paths(entries: list) -> set[str]:
        return {path for e in entries for path in ([e] if isinstance(e, str) else e)}

    deps = {dep for dep in paths(definition["deps"]) if not dep.endswith((".py", ".jinja"))}
    outs = paths(
        definition.get("outs", []) + definition.get("metrics", []) + definition.get("plots", [])
    )
    given = {argument for argument in shlex.split(definition["cmd"])[3:] if argument != name}
    if module == "train":
        # DVCLive lays its folder out by itself.
        given |= {out for out in outs if out.startswith("metrics/training/")}
        given.remove("metrics/training")
    assert given == deps | outs


def test_only_evaluation_reads_the_test_images() -> None:
    readers = [name for name, _, d in ENTRIES if "data/npz/test.npz" in d["deps"]]
    # The report tells its hash.
    assert readers == ["evaluate", "report"]


@pytest.mark.parametrize("module", ["fetch", "convert", "report"])
def test_mxnet_is_not_imported_where_nothing_is_trained_or_evaluated(module: str) -> None:
    code = f"import sys, stages.{module}; print('mxnet' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_only_one_module_imports_mxnet_and_lenet_never_imports_stages() -> None:
    for file in (*(ROOT / "lenet").glob("*.py"), *(ROOT / "stages").glob("*.py")):
        imported = set()
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
        assert file.parent.name == "stages" or "stages" not in imported, file
        assert ("mxnet" in imported) == (file.name == "_mxnet.py"), file


def test_every_parameter_belongs_to_a_stage_and_is_explained_in_the_readme() -> None:
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    assert set(params) == set(AllParams.model_fields)
    used = set().union(*(m.model_fields for m in PARAMS.values() if m and m != AllParams))
    assert set(params) == used | {"train_file", "test_file"}
    readme = (ROOT / "README.md").read_text()
    assert [name for name in params if f"| `{name}` |" not in readme] == []


def test_the_version_is_the_same_everywhere() -> None:
    versions = {
        re.findall(r"^version\b.*?([\d.]+)", (ROOT / file).read_text(), re.MULTILINE)[0]
        for file in ("pyproject.toml", "CITATION.cff")
    }
    assert len(versions) == 1
