"""Results of the workspace that cannot be understood."""

from pathlib import Path

import pytest

from lenet.core.errors import InputError
from lenet.runs import revisions
from lenet.runs.revisions import WORKSPACE


def test_marks_of_a_merge_conflict_are_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "metrics/training").mkdir(parents=True)
    for name in ("test", "data_train", "data_test", "training/metrics"):
        (tmp_path / f"metrics/{name}.json").write_text("<<<<<<< HEAD\n{}\n")
    expected = "workspace: its results or params.yaml cannot be read .* `dvc repro` makes the re"
    with pytest.raises(InputError, match=expected):
        revisions.results(WORKSPACE)
    with pytest.raises(InputError, match=expected):
        revisions.compare(WORKSPACE, WORKSPACE)
