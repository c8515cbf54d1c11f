import importlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lenet.core.errors import InputError
from lenet.core.watch import while_unchanged

PARAMS = "lr: 0.05\nraw:\n  side: 16\n"


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """A stage, with code in `own.py`, while which a file gets another text."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    Path("params.yaml").write_text(PARAMS)
    Path("own.py").write_text("value = 1\n")
    os.utime("own.py", ns=(0, 0))
    monkeypatch.delitem(sys.modules, "own", raising=False)
    importlib.invalidate_caches()
    importlib.import_module("own")

    def run(name: str, text: str) -> None:
        def main() -> None:
            Path(name).write_text(text)

        while_unchanged(main)()

    yield run
    sys.modules.pop("own")


@pytest.mark.parametrize(
    ("name", "text", "changed"),
    [
        ("params.yaml", PARAMS.replace("0.05", "0.1"), "lr"),
        ("params.yaml", PARAMS.replace("16", "8"), "raw.side"),
        ("params.yaml", "lr: 0.05\nraw: {}\n", "raw.side"),
        ("own.py", "value = 2\n", "own.py"),
    ],
)
def test_what_changes_while_a_stage_runs_is_named(
    stage: Callable[[str, str], None], name: str, text: str, changed: str
) -> None:
    with pytest.raises(InputError, match=rf"changed while this stage ran: {changed}\. Its results"):
        stage(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [("params.yaml", f"# A comment.\n{PARAMS}"), ("other.py", ""), ("notes.txt", "")],
)
def test_comments_and_other_files_may_change(
    stage: Callable[[str, str], None], name: str, text: str
) -> None:
    stage(name, text)
