"""Each stage, run with what dvc.yaml says that it reads, and nothing else.

The results are those that DVC made in the whole project, to the byte. So a stage reads no other
file and no other parameter. The results do not depend on the folder, the time zone, the language
or the order of sets.
"""

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any, get_args

import pytest
from dvc.utils.serialize import dump_yaml
from ruamel.yaml import YAML

from lenet.model.architecture import ACTIVATIONS, Network
from lenet.raw.layout import Layout
from lenet.training.config import Config
from tests.project import STAGES, Project

CHOICES = {
    name: get_args(field.annotation)
    for model in (Config, Network, Layout)
    for name, field in model.model_fields.items()
}
CHOICES["activation"] = tuple(ACTIVATIONS)
ELSEWHERE = {
    "TZ": "Asia/Kolkata",
    "LC_ALL": "C",
    "PYTHONHASHSEED": "7",
    "PYTHONDONTWRITEBYTECODE": "1",
}


def other(name: str, value: Any) -> Any:
    """Return another value that the parameter `name` may have; of a group, another of each."""
    if isinstance(value, dict):
        return {key: other(key, one) for key, one in value.items()}
    if isinstance(value, list):
        return [other(name, one) for one in value]
    if isinstance(value, str):
        return next((choice for choice in CHOICES[name] if choice != value), "nowhere")
    # The side of the network's input is a multiple of 4.
    return value / 2 + 0.01 if isinstance(value, float) else value + 4


def files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_needs_what_is_listed_and_writes_what_is_listed(
    stage: str, reproduced: Project, tmp_path: Path
) -> None:
    yaml = YAML(typ="safe")
    # DVC noted dependencies and parameters when the stage ran.
    noted = yaml.load(reproduced.path / "dvc.lock")["stages"][stage]
    listed = [dep["path"] for dep in noted["deps"]]
    for name in ("lenet/__init__.py", "stages/__init__.py", *listed):
        source, target = reproduced.path / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target)
    params = other("", yaml.load(reproduced.path / "params.yaml"))
    for key, value in noted.get("params", {}).get("params.yaml", {}).items():
        group, _, leaf = key.rpartition(".")
        (params[group] if group else params)[leaf] = value
    dump_yaml(tmp_path / "params.yaml", params)
    before = files(tmp_path)

    command, environment = shlex.split(noted["cmd"]), os.environ | ELSEWHERE
    done = subprocess.run(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr

    outs = {Path(out["path"]) for out in noted["outs"]}
    assert files(tmp_path) - before == outs
    for path in outs:
        assert (tmp_path / path).read_bytes() == (reproduced.path / path).read_bytes(), path
