import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lenet.core.errors import InputError
from lenet.core.files import alone_in, md5, whole_file, write_json
from tests.project import ROOT


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    with whole_file(path) as file:
        file.write(b"first")
        file.flush()
        assert not path.exists()
    assert path.read_bytes() == b"first"
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask

    with pytest.raises(KeyboardInterrupt), whole_file(path) as file:
        file.write(b"second")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"first"
    assert list(path.parent.iterdir()) == [path]


def test_one_at_a_time_in_a_folder(tmp_path: Path) -> None:
    curves = tmp_path / "curves"
    message = "curves: another process writes there"
    with alone_in(curves), pytest.raises(InputError, match=message), alone_in(curves):
        pass
    with alone_in(tmp_path / "curves"):
        pass


def test_the_hash_of_a_folder_is_that_of_dvc(tmp_path: Path) -> None:
    shutil.copy(ROOT / ".dvcignore", tmp_path)
    for name in ("b/1.png", "a/2.png", "a/.DS_Store"):
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).write_text(name)
    for command in ("git init --quiet", f"{sys.executable} -m dvc init --quiet",
                    f"{sys.executable} -m dvc add --quiet mine"):  # fmt: skip
        subprocess.run(command.split(), cwd=tmp_path, check=True)
    assert f"md5: {md5(tmp_path / 'mine')}\n" in (tmp_path / "mine.dvc").read_text()


def test_json_is_sorted_and_has_no_nan(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json({"b": 1, "a": {"d": 0.5, "c": []}}, path)
    assert list(json.loads(path.read_text())) == ["a", "b"]
    assert path.read_text().endswith("}\n")
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"a": float("nan")}, path)
    assert "nan" not in path.read_text().lower()
