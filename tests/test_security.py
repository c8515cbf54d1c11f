"""No code and no output may hold anything that runs what it is given.

Ruff refuses pickle, eval, exec and shells; these tests know what ruff does not.
"""

import ast
import pickletools
import re
import zipfile
from pathlib import Path

import numpy as np

from tests.project import ROOT, Project

# Functions of MXNet and pandas that pickle.
PICKLING = {"read_pickle", "to_pickle", "save_states", "load_states"}


def test_nothing_is_unpickled_and_no_archive_is_unpacked() -> None:
    folders = ("lenet", "stages", "bench", "studies", "tools")
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        text = path.read_text()
        assert not re.search(r"\.extract(all)?\(|unpack_archive", text), path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                keywords = {word.arg: ast.unparse(word.value) for word in node.keywords}
                assert name.rpartition(".")[2] not in PICKLING, path
                assert keywords.get("allow_pickle", "False") == "False", path
                assert name != "np.load" or "allow_pickle" in keywords, path
                assert name != "YAML" or keywords["typ"] == "'safe'", path


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


def test_no_output_holds_a_pickle(reproduced: Project) -> None:
    outputs = [
        path
        for folder in ("data/sources", "data/npz", "models", "metrics")
        for path in (reproduced.path / folder).rglob("*")
        if path.is_file()
    ]
    assert {path.suffix for path in outputs} >= {".jf", ".npz", ".params", ".onnx", ".json", ".csv"}
    assert not [path for path in outputs if holds_pickle(path)]
