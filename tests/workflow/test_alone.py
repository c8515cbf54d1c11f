"""Each stage, run with what dvc.yaml says that it reads, and nothing else.

The results are those that DVC made in the whole project, to the byte. So a stage reads no other
file and no other parameter. The results do not depend on the folder, the time zone, the language
or the order of sets.
"""

import os
import shlex
import shutil
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from dvc.utils.serialize import dump_yaml
from ruamel.yaml import YAML

from tests.project import STAGES, Project

# Another value for every parameter, which a stage may be given.
OTHER: dict[str, Any] = {
    "train_file": "nowhere/train.jf",
    "test_file": "nowhere/test.jf",
    "seed": 7,
    "validation_fraction": 0.2,
    "epochs": 3,
    "batch_size": 16,
    "lr": 0.01,
    "lr_schedule": "constant",
    "momentum": 0.5,
    "weight_decay": 0.1,
    "members": 2,
    "replicas": 2,
    "workers": 3,
    "device": "gpu",
    "test_shift": 0.2,
    "raw": {"pixel_range": [-1, 1], "side": 28, "first_label": 1, "first_index": 0, "classes": 26},
    "network": {"image_size": 28, "activation": "tanh", "c3": "partial", "pooling": "subsample"},
    "preprocess": {"input_range": [0, 2], "margin": 0, "centering": 0.1, "proportion": 0.1},
    "augment": {
        "rotation": 1,
        "scale": 0.1,
        "shift": 0.1,
        "gamma": 0.1,
        "elastic": 0.05,
        "control_points": 7,
    },
}
ELSEWHERE = {
    "TZ": "Asia/Kolkata",
    "LC_ALL": "C",
    "PYTHONHASHSEED": "7",
    "PYTHONDONTWRITEBYTECODE": "1",
}


def lock(project: Project, stage: str) -> dict[str, Any]:
    """Return what DVC noted of a stage when it ran: its command, and all that it depends on."""
    stages = YAML(typ="safe").load(project.path / "dvc.lock")["stages"]
    return stages[stage]


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def copy(source: Path, target: Path) -> None:
    """Copy a file, or a folder without its compiled files."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)


def test_another_value_of_each_parameter_is_known(reproduced: Project) -> None:
    values = YAML(typ="safe").load(reproduced.path / "params.yaml")
    assert OTHER.keys() == values.keys()
    for key, value in values.items():
        pairs = [(OTHER[key], value)]
        if isinstance(value, dict):
            assert OTHER[key].keys() == value.keys()
            pairs = [(OTHER[key][name], value[name]) for name in value]
        assert all(other != one for other, one in pairs), key


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_needs_what_is_listed_and_writes_what_is_listed(
    stage: str, reproduced: Project, tmp_path: Path
) -> None:
    noted = lock(reproduced, stage)
    for name in ("lenet/__init__.py", "stages/__init__.py", *(d["path"] for d in noted["deps"])):
        copy(reproduced.path / name, tmp_path / name)
    params = deepcopy(OTHER)
    for key, value in noted.get("params", {}).get("params.yaml", {}).items():
        group, _, leaf = key.rpartition(".")
        (params[group] if group else params)[leaf] = value
    dump_yaml(tmp_path / "params.yaml", params)
    before = files(tmp_path)

    command = shlex.split(noted["cmd"])
    environment = os.environ | ELSEWHERE
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

    listed = set()
    for out in noted["outs"]:
        path = reproduced.path / out["path"]
        inside = files(path) if path.is_dir() else {""}
        listed |= {str(Path(out["path"], name)) for name in inside}
    assert files(tmp_path) - before == listed
    for name in listed:
        assert (tmp_path / name).read_bytes() == (reproduced.path / name).read_bytes(), name
