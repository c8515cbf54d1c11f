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

from lenet import command
from lenet.core import npz
from tests.conftest import Typed
from tests.deploy.untrained import export_untrained
from tests.project import ROOT

JF = "10 4\n6 -1 0 0.5 1\n3 1 1 1 1\n-1\n"


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


def test_split_says_how_many_images_are_in_each_file(tmp_path: Path, lenet: Lenet) -> None:
    rows = (f"{i % 2} 0 {i} 0 1" for i in range(20))
    (tmp_path / "in.jf").write_text("\n".join(rows) + "\n")
    options = ("--side", "2", "--pixel-range", "0", "20", "--test-fraction", "0.3")
    done = lenet("split", "in.jf", "train.jf", "test.txt", *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "14 images -> train.jf, 6 -> test.txt\n"
    assert len((tmp_path / "test.txt").read_text().splitlines()) == 6


def test_convert_reads_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "in.jf").write_text(JF)
    options = ("--side", "2", "--pixel-range", "-1", "1")
    with subprocess.Popen(["cat", tmp_path / "in.jf"], stdout=subprocess.PIPE) as feed:
        assert feed.stdout
        stdin = feed.stdout.fileno()
        words = [sys.executable, "-m", "lenet", "convert", "/dev/stdin", "out.txt", *options]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        subprocess.run(words, cwd=tmp_path, env=environment, stdin=stdin, check=True)
    assert (tmp_path / "out.txt").read_text().startswith("6 1:-1 2:0")


def test_convert_converts_and_reports(tmp_path: Path, lenet: Lenet, refused: Refused) -> None:
    (tmp_path / "in.jf").write_text(JF)
    options = ("--side", "2", "--pixel-range", "-1", "1")
    done = lenet("convert", "in.jf", "out.txt", *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "2 images -> out.txt\n"
    assert (tmp_path / "out.txt").read_text() == "6 1:-1 2:0 3:0.5 4:1\n3 1:1 2:1 3:1 4:1\n"

    for arguments, message in (
        (("in.jf", "out.npz"), "line 1: the header says 4 features"),
        (("none.jf", "out.npz"), "none.jf: cannot be read (No such file or directory)."),
        (("in.jf", "out.csv"), "out.csv: unknown suffix; expected .jf, .txt (image-text) or .npz."),
    ):
        assert message in refused("convert", *arguments)
    assert not (tmp_path / "out.npz").exists()


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (JF, (), "line 1: the header says 4 features an image; expected 16 x 16 = 256."),
        (JF, ("--side", "2"), "found -1 as pixel 1; expected a value from 0 to 2."),
        ("10 0 0 0 0\n", ("--side", "2"), "found label 10; expected a whole number from 0 to 9."),
    ],
)
def test_convert_names_the_command_that_shows_what_would_fit(
    tmp_path: Path, refused: Refused, text: str, options: tuple[str, ...], message: str
) -> None:
    (tmp_path / "in.jf").write_text(text)
    error = refused("convert", "in.jf", "out.npz", *options)
    assert error.endswith(f"{message} `lenet inspect in.jf` shows the settings that fit.\n")


def test_convert_says_which_side_an_npz_has(tmp_path: Path, refused: Refused) -> None:
    npz.save(npz.Dataset(np.zeros((1, 8, 8), np.float32), np.array([3])), tmp_path / "in.npz")
    error = refused("convert", "in.npz", "out.jf")
    assert error.startswith("error: in.npz: found side 8; expected 16. `lenet inspect in.npz`")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--pixel-range", "2", "2"), "pixel_range: found (2.0, 2.0); expected two different"),
        (("--pixel-range", "0", "inf"), "pixel_range: found inf; expected two different"),
        (("--side", "1"), "side: found 1; expected a whole number from 2"),
        (("--side", "100000"), "side: found 100000; expected a whole number from 2"),
        (("--classes", "1"), "classes: found 1; expected a whole number from 2"),
        (("--first-label", "-1"), "first_label: found -1; expected a whole number from 0"),
    ],
)
def test_convert_refuses_impossible_options(
    tmp_path: Path, refused: Refused, option: tuple[str, ...], message: str
) -> None:
    (tmp_path / "in.jf").write_text(JF)
    error = refused("convert", "in.jf", "out.npz", *option)
    assert error.startswith(f"error: raw.{message}")


def test_convert_does_without_mxnet(tmp_path: Path) -> None:
    (tmp_path / "in.jf").write_text(JF)
    code = (
        "import sys; from lenet import __main__; "
        "sys.argv = ['lenet', 'convert', 'in.jf', 'out.npz', '--side', '2', "
        "'--pixel-range', '-1', '1']; __main__.start(); assert 'mxnet' not in sys.modules"
    )
    environment = {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)


def test_predict_names_the_faults_of_all_files(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "a.jf").write_text("3 0 0 0 -1\n")
    (tmp_path / "b.jf").write_text("3 0 0\n")
    export_untrained(tmp_path, side=2)
    error = refused("predict", "--model", "lenet.onnx", "--pixel-range", "0", "2", "a.jf", "b.jf")
    one, two = error.splitlines()
    assert one.startswith("error: a.jf, line 1, record 1: found -1 as pixel 4; expected a value fr")
    assert two.startswith("error: b.jf, line 1, record 1: found 2 pixel values before the end")


def test_lenet_alone_lists_the_commands(lenet: Lenet) -> None:
    done = lenet()
    assert done.returncode == 0
    for name in ("inspect", "convert", "split", "fetch", "predict", "label-issues", "results"):
        assert f"\n    {name}" in done.stdout


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


@pytest.mark.parametrize("arguments", [["results"], ["compare", "main", "feature"], ["summary"]])
def test_outside_of_a_project_that_is_said(
    tmp_path: Path, refused: Refused, arguments: list[str]
) -> None:
    assert f"{tmp_path}: found no params.yaml; expected the folder of a project" in refused(
        *arguments
    )


def test_a_package_that_is_missing_is_named(
    tmp_path: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`pip install ".[predict]"` brings neither DVC nor scikit-learn."""
    (tmp_path / "params.yaml").touch()
    for name in ("dvc", "dvc.api", "lenet.runs.revisions"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "lenet.runs.revisions")
    # A test before this one may have imported it.
    monkeypatch.delattr("lenet.runs.revisions", raising=False)
    said = refused("results")
    assert said.startswith("error: this command needs the package dvc")
    assert "`make setup`" in said


def test_summary_prints_the_network_of_params_yaml(tmp_path: Path, lenet: Lenet) -> None:
    text = (ROOT / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(text)
    totals = lenet("summary").stdout.splitlines()[-1].split()
    assert totals == ["total", "61,706", "429,342", "8,094"]
    (tmp_path / "params.yaml").write_text(text.replace("image_size: 32", "image_size: 16"))
    assert lenet("summary").stdout.splitlines()[-1].split()[1] == "15,626"


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
