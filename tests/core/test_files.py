import json
import os
from pathlib import Path

import pandas as pd
import pytest

from lenet.core.errors import InputError
from lenet.core.files import alone_in, whole_file, write_csv, write_json


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    with whole_file(path) as file:
        file.write(b"first")
        file.flush()
        assert not path.exists()
    assert path.read_bytes() == b"first"

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


def test_a_file_is_as_readable_as_any_other_new_one(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with whole_file(tmp_path / "file") as file:
            file.write(b"")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


def test_json_is_sorted_and_has_no_nan(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json({"b": 1, "a": {"d": 0.5, "c": []}}, path)
    assert list(json.loads(path.read_text())) == ["a", "b"]
    assert path.read_text().endswith("}\n")
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"a": float("nan")}, path)
    assert "nan" not in path.read_text().lower()


def test_csv_has_a_header_and_no_index(tmp_path: Path) -> None:
    write_csv(pd.DataFrame({"a": [1, 2], "b": [0.5, 1.0]}), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == b"a,b\n1,0.5\n2,1.0\n"
