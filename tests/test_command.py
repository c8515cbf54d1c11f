"""The command line, as a user types it."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from lenet import __main__, command
from lenet.core import npz
from tests.conftest import Typed
from tests.project import ROOT

JF = "10 4\n6 -1 0 0.5 1\n3 1 1 1 1\n-1\n"
OPTIONS = ("--side", "2", "--pixel-range", "-1", "1")

Lenet = Callable[..., "subprocess.CompletedProcess[str]"]
Refused = Callable[..., str]


@pytest.fixture
def lenet(typed: Typed) -> Lenet:
    """Type `python -m lenet` with arguments in `tmp_path`."""
    return partial(typed, command.main)


@pytest.fixture
def refused(lenet: Lenet) -> Refused:
    """Type what is to be refused; return the error, all that the command prints."""

    def run(*arguments: str) -> str:
        failed = lenet(*arguments)
        assert failed.returncode == 1
        assert failed.stdout == ""
        assert failed.stderr.startswith("error: ")
        return failed.stderr

    return run


def test_a_bare_lenet_lists_the_commands(lenet: Lenet) -> None:
    done = lenet()
    assert (done.returncode, done.stderr) == (0, "")
    assert "predict     recognise characters\n" in done.stdout
    assert done.stdout == lenet("--help").stdout


def test_split_says_how_many_images_are_in_each_file(tmp_path: Path, lenet: Lenet) -> None:
    rows = (f"{i % 2} 0 {i} 0 1" for i in range(20))
    (tmp_path / "in.jf").write_text("\n".join(rows) + "\n")
    options = ("--side", "2", "--pixel-range", "0", "20", "--test-fraction", "0.3")
    done = lenet("split", "in.jf", "train.jf", "test.txt", *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "14 images -> train.jf, 6 -> test.txt\n"
    assert len((tmp_path / "test.txt").read_text().splitlines()) == 6


def test_convert_reads_a_pipe_without_mxnet(tmp_path: Path) -> None:
    code = (
        "import sys; from lenet.__main__ import start; "
        f"sys.argv = {['lenet', 'convert', '/dev/stdin', 'out.txt', *OPTIONS]}; "
        "start(); assert not {'mxnet', 'dvc'} & {*sys.modules}"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    line = [sys.executable, "-c", code]
    subprocess.run(line, cwd=tmp_path, env=environment, input=JF, text=True, check=True)
    assert (tmp_path / "out.txt").read_text().startswith("6 1:-1 3:0.5")


def test_convert_converts_and_reports(tmp_path: Path, lenet: Lenet, refused: Refused) -> None:
    (tmp_path / "in.jf").write_text(JF)
    done = lenet("convert", "in.jf", "out.txt", *OPTIONS)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "2 images -> out.txt\n"
    assert (tmp_path / "out.txt").read_text() == "6 1:-1 3:0.5 4:1\n3 1:1 2:1 3:1 4:1\n"

    npz.save(npz.Dataset(np.zeros((1, 8, 8), np.float32), np.array([3])), tmp_path / "eight.npz")
    see = " `lenet inspect {}` shows the settings that fit.\n"
    for arguments, message in (
        (("in.jf", "out.npz"), "expected 16 x 16 = 256." + see.format("in.jf")),
        (("eight.npz", "out.npz"), "found side 8; expected 16." + see.format("eight.npz")),
        (("none.jf", "out.npz"), "none.jf: cannot be read (No such file or directory)."),
        (("in.jf", "out.csv"), "out.csv: unknown suffix; expected .jf, .txt (image-text) or .npz."),
        (("in.jf", "out.npz", "--side", "1"), "side: found 1; expected a whole number from 2"),
        (
            ("in.jf", "out.npz", "--pixel-range", "2", "2"),
            "pixel_range: found [2.0, 2.0]; expected two different",
        ),
    ):
        assert message in refused("convert", *arguments)
    assert not (tmp_path / "out.npz").exists()


def test_another_python_is_told_to_set_up() -> None:
    # Without site-packages, as before `make setup`.
    done = subprocess.run(
        [sys.executable, "-S", "-m", "lenet", "results"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "is not the project's Python: it lacks " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", ["results", "compare", "diff", "experiments", "summary"])
def test_outside_of_a_project_a_command_ends_with_an_error(
    tmp_path: Path, refused: Refused, arguments: str
) -> None:
    assert refused(arguments).count("\n") == 1
    assert not [*tmp_path.iterdir()]


def test_a_package_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`pip install ".[predict]"` brings neither DVC nor scikit-learn."""
    for name in ("dvc", "dvc.api", "lenet.runs.revisions"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "lenet.runs.revisions")
    # A test before this one may have imported it.
    monkeypatch.delattr("lenet.runs.revisions", raising=False)
    monkeypatch.setattr(sys, "argv", ["lenet", "results"])
    with pytest.raises(
        SystemExit, match="is not the project's Python: it lacks dvc.* `make setup`"
    ):
        __main__.main()


def test_summary_prints_the_table_of_params_yaml(
    tmp_path: Path, lenet: Lenet, refused: Refused
) -> None:
    text = (ROOT / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(text.replace("image_size: 32", "image_size: 16"))
    small = lenet("summary")
    assert small.returncode == 0, small.stderr
    assert small.stdout.splitlines()[5].split() == ["C5", "120", "2,040"]
    (tmp_path / "params.yaml").write_text(text.replace("c3: full", "c3: half"))
    wrong = refused("summary")
    assert wrong == "error: params.yaml: network.c3: found 'half'; expected full or partial.\n"


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
