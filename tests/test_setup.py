"""Set-up: the lock files, what installs them, and which command needs which."""

import ast
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

from tests.project import ROOT
from tools import install

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt")
NEED_THE_WORKFLOW = ("repro", "reproduce", "recipe", "plateau", "plain", "lecun1998", "notebook")
NEED_THE_REST = ("test", "slow", "fuzz", "audit", "check", "format", "bench", "lock")
OURS = {"bench", "lenet", "stages", "studies", "tests", "tools"}


def pins(lock: str) -> dict[tuple[str, str], set[str]]:
    """Return the hashes of each name and version that a lock file pins."""
    found = {}
    for pin in re.split(r"\n(?=\w)", (ROOT / lock).read_text()):
        if match := re.match(r"([\w.-]+)==([\w.]+)", pin):
            found[match[1], match[2]] = set(re.findall(r"--hash=sha256:([0-9a-f]{64})", pin))
    return found


def required(extra: str) -> list[Requirement]:
    """Return what an extra of the project requires, and what the extras that it names require."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = [Requirement(text) for text in project["dependencies"]]
    for text in project["optional-dependencies"][extra]:
        requirement = Requirement(text)
        if requirement.name == project["name"]:
            found += [more for name in requirement.extras for more in required(name)]
        else:
            found.append(requirement)
    return found


def imports(folder: str) -> Iterator[tuple[Path, str]]:
    """Yield each file of a folder with each package that it imports from outside the project."""
    for file in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules = [node.module]
            else:
                modules = []
            for module in modules:
                package = module.partition(".")[0]
                if package not in OURS | sys.stdlib_module_names:
                    yield file.relative_to(ROOT), package


installed = functools.cache(packages_distributions)


@pytest.mark.parametrize("lock", LOCKS)
def test_the_locked_requirements_have_hashes_and_no_index_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    # pip takes options in such a file too, addresses among them: the hashes are all there are.
    assert not re.search(r"^\s*-(?!-hash=sha256:)", text, re.MULTILINE)
    pinned = pins(lock)
    assert len(pinned) == len(re.findall(r"^\w", text, re.MULTILINE))
    assert all(pinned.values())


def test_the_lock_files_agree() -> None:
    everything = pins("requirements-dev.txt")
    for lock in ("requirements.txt", "requirements-uv.txt"):
        assert {pin: everything.get(pin) for pin in pins(lock)} == pins(lock)


@pytest.mark.parametrize(
    ("lock", "extra"), [("requirements.txt", "workflow"), ("requirements-dev.txt", "dev")]
)
def test_the_lock_files_hold_what_the_project_requires(lock: str, extra: str) -> None:
    pinned = [(canonicalize_name(name), version) for name, version in pins(lock)]
    missing = [
        str(requirement)
        for requirement in required(extra)
        if not any(
            name == canonicalize_name(requirement.name) and version in requirement.specifier
            for name, version in pinned
        )
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("extra", "folder"),
    [
        *(("workflow", folder) for folder in ("lenet", "stages", "studies", "tools")),
        *(("dev", folder) for folder in ("tests", "bench")),
    ],
)
def test_what_is_imported_is_required(extra: str, folder: str) -> None:
    names = {canonicalize_name(requirement.name) for requirement in required(extra)}
    if folder == "bench":
        # It is compared with where it is installed.
        names.add(canonicalize_name("torch"))
    distributions = installed()
    missing = {
        (str(file), package)
        for file, package in imports(folder)
        if names.isdisjoint(map(canonicalize_name, distributions.get(package, [package])))
    }
    assert missing == set()


def test_the_wheel_holds_all_of_lenet(tmp_path: Path) -> None:
    leftovers = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "lenet", tmp_path / "lenet", ignore=leftovers)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    files = [file for file in (tmp_path / "lenet").rglob("*") if file.is_file()]
    build = "from setuptools import build_meta; build_meta.build_wheel('.')"
    subprocess.run([sys.executable, "-c", build], cwd=tmp_path, capture_output=True, check=True)
    (path,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == {str(file.relative_to(tmp_path)) for file in files}


def test_dvc_parses_yaml_in_c() -> None:
    assert YAML(typ="safe").Parser.__module__ != "ruamel.yaml.parser"


def test_the_make_file_lists_its_commands() -> None:
    # Variables of a make that runs the tests would change the output.
    listed = subprocess.run(
        ["make"], cwd=ROOT, env={"PATH": os.defpath}, capture_output=True, text=True, check=True
    ).stdout
    targets = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [line.split()[1] for line in listed.splitlines()] == targets


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A folder with the project's Makefile, and a set-up that only writes down what it does."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for lock in LOCKS:
        (tmp_path / lock).touch()
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/install.py").touch()
    (tmp_path / "tools/setup.sh").write_text(
        "set -e\n"
        "rm -rf .venv\n"
        "mkdir -p .venv/bin\n"
        "echo 'echo dev >> done; test ! -e broken' > .venv/bin/python\n"
        "chmod +x .venv/bin/python\n"
        "echo workflow >> done\n"
        "test ! -e broken\n"
    )
    return tmp_path


def made(folder: Path, *arguments: str) -> str:
    """Run make in a folder; return its standard output."""
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    ).stdout


@pytest.mark.parametrize("target", [*NEED_THE_WORKFLOW, *NEED_THE_REST, "setup", "setup-dev"])
def test_a_command_installs_only_what_it_needs(toy: Path, target: str) -> None:
    commands = made(toy, "--dry-run", target)
    assert "sh tools/setup.sh" in commands
    needs_the_rest = target in (*NEED_THE_REST, "setup-dev")
    assert ("tools/install.py requirements-dev.txt" in commands) == needs_the_rest


def test_packages_are_installed_again_only_when_their_lock_file_changes(toy: Path) -> None:
    def done() -> list[str]:
        (toy / "done").write_text("")
        made(toy, "setup-dev")
        return (toy / "done").read_text().split()

    def change(lock: str) -> None:
        later = (toy / ".venv/.installed-dev").stat().st_mtime + 1
        os.utime(toy / lock, (later, later))

    assert done() == ["workflow", "dev"]
    assert done() == []
    change("requirements-dev.txt")
    assert done() == ["dev"]
    past = (toy / "requirements.txt").stat().st_mtime
    os.utime(toy / "requirements-dev.txt", (past, past))
    change("requirements.txt")
    assert done() == ["workflow", "dev"]


@pytest.mark.parametrize("target", ["setup", "setup-dev"])
def test_a_set_up_that_fails_is_not_marked_as_done(toy: Path, target: str) -> None:
    made(toy, "setup-dev")
    later = (toy / ".venv/.installed-dev").stat().st_mtime + 1
    os.utime(toy / "requirements.txt", (later, later))
    (toy / "broken").touch()
    made(toy, target)
    assert not list((toy / ".venv").glob(".installed*"))


def newer_python() -> str | None:
    """Return a Python that MXNet has no wheel for; a name on the PATH may be a shim without one."""
    for name in ("python3.14", "python3.13"):
        found = shutil.which(name)
        if found and subprocess.run([found, "-c", ""], capture_output=True).returncode == 0:
            return found
    return None


def set_up(folder: Path, python: str, **variables: str) -> subprocess.CompletedProcess:
    """Run the real set-up in a folder with one Python to choose from."""
    return subprocess.run(
        ["sh", str(ROOT / "tools/setup.sh")],
        cwd=folder,
        env={"PATH": os.defpath, "PYTHON": python} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_set_up_without_a_usable_python_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "python3.9").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python3.9").chmod(0o755)
    failed = set_up(tmp_path, str(tmp_path / "python3.9"))
    assert failed.returncode == 1
    assert "found no usable Python 3.10, 3.11 or 3.12" in failed.stderr
    assert "make setup PYTHON=" in failed.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("release", "works"),
    [
        ("ID=debian\nVERSION_ID=12", "apt install python3 python3-venv"),
        # Its python3 is 3.13, which can only fetch another.
        ("ID=debian\nVERSION_ID=13", "First try: sudo apt install python3-venv"),
        ("ID=ubuntu\nID_LIKE=debian\nVERSION_ID=24.04", "apt install python3 python3-venv"),
        ("ID=ubuntu\nID_LIKE=debian\nVERSION_ID=26.04", "ppa:deadsnakes/ppa"),
        ("ID=fedora\nVERSION_ID=43", "dnf install python3.12"),
        ('ID=rocky\nID_LIKE="rhel centos fedora"\nVERSION_ID=9.6', "dnf install python3.12"),
        ("ID=arch", "work in a container (see Dockerfile)"),
    ],
)
def test_the_advice_is_for_this_system(tmp_path: Path, release: str, works: str) -> None:
    (tmp_path / "os-release").write_text(release)
    failed = set_up(tmp_path, "/nowhere", OS_RELEASE=str(tmp_path / "os-release"))
    assert works in failed.stderr
    assert "uv python install 3.12" in failed.stderr


@pytest.mark.slow
def test_a_newer_python_fetches_another_or_says_what_to_do(tmp_path: Path) -> None:
    newer = newer_python()
    if newer is None:
        pytest.skip("needs Python 3.13 or 3.14")
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    shutil.copy(ROOT / "requirements-uv.txt", tmp_path)
    # Nothing listens at this port.
    nowhere = {"UV_PYTHON_INSTALL_MIRROR": "http://127.0.0.1:9", "UV_HTTP_RETRIES": "0"}
    settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    failed = set_up(tmp_path, newer, **nowhere, **settings)
    assert failed.returncode == 1
    assert "Fetching a Python 3.12 into .python" in failed.stdout
    assert "could not fetch a Python 3.12" in failed.stderr
    assert "make setup PYTHON=" in failed.stderr
    assert not (tmp_path / ".venv").exists()


def test_another_python_is_told_to_activate_the_environment(tmp_path: Path) -> None:
    # -I -S: Python without the packages installed beside it.
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import stages.convert"
    failed = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"error: {sys.executable} is not the project's Python")
    assert ". .venv/bin/activate" in failed.stderr


def test_the_installer_is_written_for_older_pythons_too() -> None:
    ast.parse(Path(install.__file__).read_text(), feature_version=(3, 8))


PIP_CONFIGURATION = """
[global]
index-url = file:///one/simple
extra-index-url =
    file:///two/simple
    file:///three/simple
timeout = 60
[install]
timeout = 90
[download]
proxy = proxy.example:3128
"""


def test_uv_is_told_where_pip_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pip.conf").write_text(PIP_CONFIGURATION)
    for name in os.environ:
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_FIND_LINKS", "wheels file:///four/wheels")
    monkeypatch.setenv("UV_INDEX", "file:///elsewhere/simple")
    monkeypatch.setenv("UV_INDEX_URL", "file:///elsewhere/simple")
    environment, unknown = install.uv_environment(install.pip_settings())
    assert environment["UV_DEFAULT_INDEX"] == "file:///one/simple"
    assert environment["UV_INDEX"] == "file:///two/simple file:///three/simple"
    assert environment["UV_FIND_LINKS"] == "wheels,file:///four/wheels"
    assert environment["UV_HTTP_TIMEOUT"] == "90"
    assert "UV_INDEX_URL" not in environment
    assert "proxy" not in unknown


def test_a_setting_that_uv_cannot_be_told_is_named() -> None:
    settings = {"timeout": "60", "proxy": "p:1", "no-index": "1"}
    assert install.uv_environment(settings)[1] == ["no-index", "proxy"]


def wheel(folder: Path, code: str) -> str:
    """Write a package `toy` into an index; return its requirement with its hash."""
    (folder / "toy").mkdir(parents=True)
    path = folder / "toy/toy-1.0-py3-none-any.whl"
    files = {
        "toy.py": code,
        "toy-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n",
        "toy-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "toy-1.0.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    (folder / "toy/index.html").write_text(f'<a href="{path.name}">{path.name}</a>')
    return f"toy==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def empty_environment(tmp_path: Path) -> Path:
    """The Python of an environment with pip and uv alone."""
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    # pip finds itself and uv installed, and downloads neither.
    ours = Path(install.UV.parents[1], packages.relative_to(environment))
    (packages / "ours.pth").write_text(f"{ours}\n")
    (environment / "bin/uv").symlink_to(install.UV)
    return environment / "bin/python"


@pytest.fixture
def indexes(tmp_path: Path) -> dict[str, str]:
    """Two indexes with different packages by one name, as settings of pip, and no other setting."""
    (tmp_path / "toy.txt").write_text(wheel(tmp_path / "right", "RIGHT = True"))
    wheel(tmp_path / "wrong", "RIGHT = False")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return kept | {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": (tmp_path / "wrong").as_uri(),
        "PIP_EXTRA_INDEX_URL": (tmp_path / "right").as_uri(),
        "UV_CACHE_DIR": str(tmp_path / "cache"),
    }


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{}, {"PIP_TRUSTED_HOST": "example.org"}], ids=["uv", "pip"])
def test_the_file_with_the_right_hash_is_installed(
    tmp_path: Path, empty_environment: Path, indexes: dict[str, str], settings: dict[str, str]
) -> None:
    command = [empty_environment, ROOT / "tools/install.py", tmp_path / "toy.txt"]
    done = subprocess.run(
        command, env=indexes | settings, capture_output=True, text=True, check=True
    )
    assert ("pip installs the packages instead" in done.stdout) == bool(settings)
    subprocess.run([empty_environment, "-c", "import toy; assert toy.RIGHT"], check=True)


@pytest.mark.slow
def test_a_file_with_another_hash_is_refused_by_uv_and_by_pip(
    tmp_path: Path, empty_environment: Path, indexes: dict[str, str]
) -> None:
    command = [empty_environment, ROOT / "tools/install.py", tmp_path / "toy.txt"]
    alone = indexes | {"PIP_EXTRA_INDEX_URL": ""}
    done = subprocess.run(command, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "uv could not install the packages" in done.stdout
    assert "pip installs the packages instead" in done.stdout
    assert "hash" in done.stderr.lower()
    found = subprocess.run(
        [empty_environment, "-c", "import toy"], capture_output=True, check=False
    )
    assert found.returncode == 1
