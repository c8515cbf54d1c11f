"""The Makefile: its list of commands, and what it installs when."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.project import ROOT

TARGETS = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.M)
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt")


def make(folder: Path, *arguments: str) -> str:
    """Type `make` without the variables of a make that runs the tests; return what it prints."""
    command, environment = ["make", *arguments], {"PATH": os.defpath}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose set-up writes the lock file's name down; it fails if there is `broken`."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("tools", ".venv"):
        (tmp_path / name).mkdir()
    for name in LOCKS:
        (tmp_path / name).touch()
    (tmp_path / "tools/setup.sh").write_text("echo $1 >> done; test ! -e broken\n")
    return tmp_path


def test_make_lists_its_commands() -> None:
    assert sorted(re.findall(r"^ *make ([a-z0-9-]+) ", make(ROOT), re.M)) == sorted(TARGETS)


def made(folder: Path, target: str) -> list[str]:
    """Run `make target`, whose set-up may fail; return the lock files that it installs."""
    (folder / "done").write_text("")
    command, environment = ["make", target], {"PATH": os.defpath}
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    return (folder / "done").read_text().split()


def test_a_lock_file_is_installed_once_and_again_when_it_changes(folder: Path) -> None:
    assert made(folder, "setup") == ["requirements.txt"]
    assert made(folder, "setup-dev") == ["requirements-dev.txt"]
    assert made(folder, "setup-dev") == []
    later = (folder / ".venv/.installed-dev").stat().st_mtime + 1
    os.utime(folder / "requirements-dev.txt", (later, later))
    (folder / "broken").touch()
    # A set-up that fails is not marked as done.
    assert made(folder, "setup-dev") == made(folder, "setup-dev") == ["requirements-dev.txt"]


def test_a_command_installs_only_what_it_needs(folder: Path) -> None:
    development = {"setup-dev", "test", "slow", "fuzz", "audit", "check", "format", "bench", "lock"}
    for target in TARGETS:
        typed = make(folder, "--dry-run", target)
        installed = re.findall(r"^sh tools/setup.sh (.*)$", typed, re.M)
        expected = LOCKS[:2] if target in development else LOCKS[:1]
        assert installed == ([] if target in ("help", "clean") else [*expected]), target
