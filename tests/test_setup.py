"""Set-up: what the lock files hold, and how it is installed."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

from tests.project import ROOT

LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt")


def pins(lock: str) -> dict[tuple[str, str], set[str]]:
    """Return the hashes of each name and version in a lock file."""
    pinned = re.findall(r"^([\w.-]+)==([\w.]+)(.*\n(?: .*\n)*)", (ROOT / lock).read_text(), re.M)
    return {(name, of): set(re.findall(r"--hash=sha256:(\w{64})", it)) for name, of, it in pinned}


def test_lock_files_have_hashes_and_no_address_and_agree_with_the_largest() -> None:
    for lock in LOCKS:
        text = (ROOT / lock).read_text()
        assert "://" not in text
        assert not re.search(r"^\s*-(?!-hash=sha256:)", text, re.MULTILINE)
        assert len(pins(lock)) == len(re.findall(r"^\w", text, re.MULTILINE))
        assert all(pins(lock).values())
        assert pins(lock).items() <= pins("requirements-dev.txt").items()


def test_the_lock_files_hold_what_the_project_requires() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    for extra, lock in (("workflow", LOCKS[0]), ("dev", LOCKS[1])):
        (listed,) = re.findall(rf"^{extra} = \[\n(.*?)^\]", project, re.M | re.S)
        for text in re.findall(r'^    "([^l].*)",$', listed, re.M):
            required = Requirement(text)
            names = [of for name, of in pins(lock) if name == canonicalize_name(required.name)]
            assert any(version in required.specifier for version in names), text


def test_dvc_parses_yaml_in_c() -> None:
    assert YAML(typ="safe").Parser.__module__ != "ruamel.yaml.parser"


def test_another_python_is_told_to_activate_the_environment() -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import stages.convert"
    command = [sys.executable, "-I", "-S", "-c", code]
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"error: {sys.executable} is not the project's Python")


def wheel(index: Path, name: str, file: str, text: str) -> str:
    """Write a package of one file into an index; return its pinned requirement."""
    path, about = index / name / f"{name}-1.0-py3-none-any.whl", f"{name}-1.0.dist-info"
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo(file)
        entry.external_attr = 0o100755 << 16
        archive.writestr(entry, text)
        archive.writestr(
            f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        )
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    (path.parent / "index.html").write_text(f'<a href="{path.name}">{path.name}</a>')
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.mark.slow
@pytest.mark.parametrize("case", ["by uv", "by pip", "another hash", "no Python"])
def test_set_up_installs_what_has_the_right_hash_from_the_users_mirror(
    tmp_path: Path, case: str
) -> None:
    # Where the mirror has no uv, pip installs.
    index = tmp_path / ("elsewhere" if case == "by pip" else "index")
    uv = f'#!/bin/sh\necho "$UV_DEFAULT_INDEX" > used\nexec {shutil.which("uv")} "$@"\n'
    (tmp_path / "requirements-uv.txt").write_text(wheel(index, "uv", "uv-1.0.data/scripts/uv", uv))
    toy = wheel(tmp_path / "index", "toy", "toy.py", "RIGHT = True\n")
    if case == "another hash":
        toy = toy.replace("sha256:", "sha256:0")[:-2]
    (tmp_path / "requirements.txt").write_text(toy)
    (tmp_path / "lenet/model").mkdir(parents=True)
    (tmp_path / "lenet/model/_mxnet.py").write_text("import toy\nassert toy.RIGHT\n")
    mirror = (tmp_path / "index").as_uri()
    environment = {name: text for name, text in os.environ.items() if name[:4] != "PIP_"} | {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": mirror,
        "PYTHON": "false" if case == "no Python" else sys.executable,
    }
    command = ["sh", f"{ROOT}/tools/setup.sh", "requirements.txt"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode == 0) == case.startswith("by"), done.stderr
    assert (tmp_path / "used").exists() == (case in ("by uv", "another hash"))
    assert case != "by uv" or (tmp_path / "used").read_text().strip() == mirror
    assert ("docs/troubleshooting.md" in done.stderr) == (case == "no Python")
