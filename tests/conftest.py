"""Fixtures that several test modules share."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
import pytest
from filelock import FileLock
from hypothesis import settings

from lenet.core import errors
from lenet.core.npz import Dataset
from tests.project import ROOT, SMALL, STAGES, TEST_FILE, TRAIN_FILE, Project

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The stages call `python`, and a user may not have activated the environment.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

# A shell ignores Ctrl-C for a command in the background, and what the tests start would do so too.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The time that an example takes depends on the machine, so it says little about the code. The same
# code is given the same examples; `make fuzz` looks for new ones.
settings.register_profile("lenet", deadline=None, max_examples=50, derandomize=True)
settings.register_profile("fuzz", deadline=None, max_examples=100_000)
settings.load_profile("lenet")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the workflow: its tests take longest, and pytest's other processes can help."""
    items.sort(key=lambda item: "workflow" not in item.path.parts)


@pytest.fixture
def random_digits() -> Dataset:
    """Forty 16 x 16 noise images, four of each label; each test has arrays of its own."""
    generator = np.random.default_rng(0)
    return Dataset(
        generator.random((40, 16, 16), dtype=np.float32), np.arange(40, dtype=np.int64) % 10
    )


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for files that the examples of a property overwrite."""
    return tmp_path_factory.mktemp("scratch")


Typed = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Typed:
    """Run a command's `main` with arguments in `tmp_path`, and return what a process would leave.

    It runs in this process, which spares the start of Python and its imports.
    """

    def run(main: Callable[[], None], *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", [main.__module__, *map(str, arguments)])
        capfd.readouterr()
        status = 0
        try:
            errors.run(main)
        except SystemExit as end:
            status = int(end.code or 0)
        printed = capfd.readouterr()
        return subprocess.CompletedProcess(sys.argv, status, printed.out, printed.err)

    return run


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A headless Chromium or Chrome for a module's tests; without one they are skipped."""
    path = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
    if path is None:
        pytest.skip("needs Chromium or Chrome")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Root has no sandbox in a container.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def _alone(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep DVC and git to the project's folder, without the user's own settings and caches."""
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text("[user]\n\tname = Tester\n\temail = tester@example.org\n")
    folders = ("DVC_SITE_CACHE_DIR", "DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR")
    os.environ |= {name: str(home / name) for name in folders}
    # Matplotlib would look for fonts in each new home, and say so on a slow machine.
    os.environ |= {"HOME": str(home), "MPLCONFIGDIR": matplotlib.get_cachedir()}
    # The order of stages that do not depend on each other follows the order of a set.
    os.environ |= {"DVC_NO_ANALYTICS": "1", "GIT_CONFIG_NOSYSTEM": "1", "PYTHONHASHSEED": "0"}


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Project], None]) -> Project:
    """Return a project that pytest's processes share; the first process that asks makes it."""
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    project, made = Project(folder / name / "lenet"), folder / name / "made"
    with FileLock(folder / f"{name}.lock"):
        if not made.exists():
            make(project)
            made.touch()
    return project


@pytest.fixture(scope="session")
def reproduced(_alone: None, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A clone of the working tree with the small recipe, reproduced and committed."""

    def make(project: Project) -> None:
        listed = Project(ROOT).run("git ls-files --cached --others --exclude-standard")
        for name in listed.splitlines():
            # The committed results belong to the default recipe. Without a network, the project
            # does without USPS, as docs/data.md says.
            theirs = name.startswith("metrics/") or name in ("data/dvc.yaml", "data/dvc.lock")
            if (ROOT / name).is_file() and not theirs and name != "dvc.lock":
                (project.path / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, project.path / name)
        project.run("git init --quiet --initial-branch main")
        project.run("python -m lenet fetch digits")
        project.run(f"dvc add --quiet {TRAIN_FILE} {TEST_FILE}")
        project.set(SMALL)
        assert project.repro() == STAGES
        project.commit("small")

    return shared(tmp_path_factory, "reproduced", make)


@pytest.fixture
def project(reproduced: Project, tmp_path: Path) -> Project:
    """A copy of the reproduced project, which the test may change."""
    return reproduced.copy(tmp_path / "lenet")


@pytest.fixture(scope="session")
def _branched(reproduced: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    def make(project: Project) -> None:
        reproduced.copy(project.path)
        project.run("git checkout --quiet -b feature")
        # The network is trained no more; it is exported with another mean of shifted copies.
        assert project.ran("dvc exp run -S test_shift=0") == ["export", "evaluate", "report"]
        project.commit("feature")

    return shared(tmp_path_factory, "branched", make)


@pytest.fixture
def branched(_branched: Project, tmp_path: Path) -> Project:
    """A copy on the branch `feature`: with test_shift 0, which is 0.09 on `main`, and results."""
    return _branched.copy(tmp_path / "branched")
