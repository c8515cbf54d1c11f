"""No code and no output may hold anything that runs what it is given."""

import ast
import io
import pickle
import pickletools
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lenet.core import npz
from lenet.core.npz import Dataset
from tests.project import ROOT, Project

CODE = [
    path
    for folder in ("lenet", "stages", "bench", "studies", "tools")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
# Modules that unpickle or run what they are given.
UNSAFE_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal"}
UNSAFE_CALLS = {"eval", "exec", "read_pickle", "to_pickle", "save_states", "load_states"}


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_pickled_or_evaluated(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                assert not {name.name.partition(".")[0] for name in names} & UNSAFE_MODULES
            case ast.ImportFrom(module=str(module)):
                assert module.partition(".")[0] not in UNSAFE_MODULES
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), keywords=keywords):
                assert name not in UNSAFE_CALLS
                for keyword in keywords:
                    if keyword.arg == "allow_pickle":
                        assert isinstance(keyword.value, ast.Constant)
                        assert keyword.value.value is False
                    assert not (keyword.arg == "shell" and ast.unparse(keyword.value) == "True")
                if name == "load" and ast.unparse(node.func) == "np.load":
                    assert any(keyword.arg == "allow_pickle" for keyword in keywords)
                if name == "YAML":
                    assert {keyword.arg: ast.unparse(keyword.value) for keyword in keywords}[
                        "typ"
                    ] == "'safe'"
            case _:
                pass


def test_no_archive_is_unpacked_to_the_disk() -> None:
    for path in CODE:
        assert not re.search(r"\.extract(all)?\(|unpack_archive", path.read_text()), path


def is_pickle(content: bytes) -> bool:
    """Return whether `content` begins with a whole pickle; its opcodes are listed and not run."""
    try:
        list(pickletools.genops(content))
    except ValueError:
        return False
    return True


def holds_pickle(path: Path) -> bool:
    """Return whether the file is a pickle, or an archive with an array of objects."""
    if not zipfile.is_zipfile(path):
        return is_pickle(path.read_bytes())
    with np.load(path, allow_pickle=False) as arrays:
        try:
            return any(arrays[name].dtype.hasobject for name in arrays)
        except ValueError:
            return True


def test_the_arrays_are_no_pickles(tmp_path: Path, random_digits: Dataset) -> None:
    npz.save(random_digits, tmp_path / "a.npz")
    assert not holds_pickle(tmp_path / "a.npz")
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        for name in archive.namelist():
            content = archive.read(name)
            assert content.startswith(b"\x93NUMPY")
            assert np.lib.format.read_magic(io.BytesIO(content)) == (1, 0)
            assert not is_pickle(content)


def test_no_output_holds_a_pickle(reproduced: Project) -> None:
    outputs = [
        path
        for folder in ("data/sources", "data/npz", "models", "metrics")
        for path in (reproduced.path / folder).rglob("*")
        if path.is_file()
    ]
    assert {path.suffix for path in outputs} >= {".jf", ".npz", ".params", ".onnx", ".json", ".csv"}
    assert not [path for path in outputs if holds_pickle(path)]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_would_be_noticed(tmp_path: Path, protocol: int) -> None:
    (tmp_path / "a").write_bytes(pickle.dumps({"labels": [0, 1]}, protocol))
    assert holds_pickle(tmp_path / "a")


def test_an_array_of_objects_would_be_noticed(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", labels=np.array([0, {}], dtype=object))
    assert holds_pickle(tmp_path / "a.npz")
