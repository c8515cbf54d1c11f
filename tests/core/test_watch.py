"""A stage whose parameters or code change while it runs."""

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from lenet.core.errors import InputError
from lenet.core.watch import while_unchanged

PARAMS = "lr: 0.05\nraw:\n  side: 16\n"


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project whose stage has imported `own.py`."""
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(PARAMS)
    Path("own.py").touch()
    os.utime("own.py", ns=(0, 0))
    module = ModuleType("own")
    module.__file__ = str(tmp_path / "own.py")
    monkeypatch.setitem(sys.modules, "own", module)


@pytest.mark.parametrize(
    ("name", "text", "changed"),
    [
        ("params.yaml", PARAMS.replace("0.05", "0.1"), "lr"),
        ("params.yaml", "lr: 0.05\nraw: {}\n", "raw.side"),
        ("own.py", "value = 2\n", "own.py"),
    ],
)
def test_what_changes_while_a_stage_runs_is_named(name: str, text: str, changed: str) -> None:
    def main() -> None:
        Path(name).write_text(text)

    with pytest.raises(InputError, match=rf"^changed while this stage ran: {changed}\. Its"):
        while_unchanged(main)()


def test_comments_and_other_files_may_change() -> None:
    def main() -> None:
        Path("params.yaml").write_text(f"# A comment.\n{PARAMS}")
        Path("other.py").touch()

    while_unchanged(main)()
