"""`lenet diff` finds versions in git, in DVC, and in the workspace."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lenet import command
from tests.conftest import Typed
from tests.project import Project

PARAMS = """\
train_file: {train}
test_file: built/test.txt
raw: {{pixel_range: [0, 2], class_names: [], side: 2, first_label: 0, first_index: auto,
  classes: 10, pictures: whole, transpose: false}}
"""


def test_two_files_are_compared_without_git(tmp_path: Path, typed: Typed) -> None:
    lenet = partial(typed, command.main, "diff")
    (tmp_path / "params.yaml").write_text(PARAMS.format(train="old.jf"))
    (tmp_path / "old.jf").write_text("10 4\n3 0 1 2 0\n5 0 0.5 2 2\n7 2 2 2 2\n-1\n")
    (tmp_path / "new.txt").write_text("8 1:2 2:2 3:2 4:2\n3 2:1 3:2\n")
    done = lenet("old.jf", "new.txt", "--picture", "out.png")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:2] == [
        "old.jf -> new.txt",
        "  images 3 -> 2: 1 the same, relabelled 1, added 0, removed 1",
    ]
    assert "relabelled 3 4 7 1 1 8" in " ".join(done.stdout.split())
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")
    done = lenet("old.jf", "new.txt", "--csv")
    columns = "{0}_record,{0}_line,{0}_picture,{0}_class"
    assert done.stdout.splitlines() == [
        f"file,change,{columns.format('old')},{columns.format('new')}",
        ",relabelled,3,4,,7,1,1,,8",
        ",removed,2,3,,5,,,,",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none", "old.jf"), "none: its results or params.yaml cannot be read ("),
        (("old.jf", "none"), "old.jf: its results or params.yaml cannot be read ("),
        (("old.jf", "old.jf"), "old.jf"),
    ],
)
def test_a_name_or_file_that_does_not_fit_is_refused(
    tmp_path: Path, typed: Typed, arguments: tuple[str, ...], message: str
) -> None:
    (tmp_path / "params.yaml").write_text(PARAMS.format(train="old.jf"))
    (tmp_path / "old.jf").write_text("10 9\n3 0 0 0 0 0 0 0 0 2\n")
    failed = typed(command.main, "diff", *arguments)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.startswith(f"error: {message}")
    assert failed.stderr.count("\n") == 1


STAGE = """\
stages:
  made:
    cmd: mkdir -p built && cp source.txt built/test.txt
    deps: [source.txt]
    outs: [built/test.txt]
"""


def start(project: Project) -> None:
    """Make a project of git and DVC with a file that a user adds, and a file that a stage makes."""
    project.run("git init --quiet --initial-branch main")
    project.run("dvc init --quiet")
    for name, text in (
        ("params.yaml", PARAMS.format(train="mine.jf")),
        ("dvc.yaml", STAGE),
        ("source.txt", "1 1:2 4:2\n"),
        ("mine.jf", "3 0 1 2 0\n5 0 0.5 2 2\n7 2 2 2 2\n"),
    ):
        (project.path / name).write_text(text)
    project.run("dvc repro --quiet")
    project.run("dvc add --quiet mine.jf")
    project.commit("one")
    (project.path / "mine.jf").write_text("3 0 1 2 0\n6 0 0.5 2 2\n7 2 2 2 2\n")
    project.run("dvc add --quiet mine.jf")
    project.commit("two")


@pytest.fixture
def diff(_alone: None, tmp_path: Path, typed: Typed) -> Callable[..., str]:
    """Type `lenet diff` in a project; return what it prints, or its error, which is one line."""
    start(Project(tmp_path))

    def run(*arguments: str, fails: bool = False) -> str:
        done = typed(command.main, "diff", *arguments)
        assert done.returncode == fails, done.stderr
        assert done.stderr.count("\n") == fails
        return done.stderr if fails else done.stdout

    return run


RELABELLED = "relabelled 1, added 0, removed 0\n"


@pytest.mark.slow
def test_versions_come_from_git_dvc_and_the_workspace(
    tmp_path: Path, diff: Callable[..., str]
) -> None:
    output = diff("HEAD~1")
    assert output.startswith(
        "train_file: mine.jf at HEAD~1 -> mine.jf\n  images 3 -> 3: 2 the same"
    )
    assert RELABELLED in output
    assert output.endswith(
        "test_file: built/test.txt at HEAD~1 -> built/test.txt: the same 1 image\n"
    )
    same = "train_file: mine.jf at HEAD -> mine.jf: the same 3 images\n"
    assert diff("--file", "train") == same
    assert diff("HEAD", "workspace", "--file", "train") == same
    (tmp_path / "mine.jf").write_text("3 0 1 2 0\n")
    assert "removed 2\n" in diff("main", "--file", "train")

    # The next version is a folder of pictures in git, in other numbers.
    for name, pixels in {"3/a.png": [0, 127, 255, 0], "8/b.png": [255] * 4}.items():
        path = tmp_path / "pictures" / name
        path.parent.mkdir(parents=True)
        Image.fromarray(np.array(pixels, np.uint8).reshape(2, 2)).save(path)
    params = PARAMS.format(train="pictures").replace("[0, 2]", "[0, 255]")
    (tmp_path / "params.yaml").write_text(params)
    Project(tmp_path).commit("three")
    output = diff("HEAD~1", "HEAD", "--file", "train")
    assert output.startswith("train_file: mine.jf at HEAD~1 -> pictures at HEAD\n")
    assert "relabelled 3 3 7 2 8/b.png 8" in " ".join(output.split())

    error = diff("mine.jf", "none.jf", fails=True)
    assert error.startswith("error: mine.jf: its results or params.yaml cannot be read (")
    assert "for `lenet diff` also two files that are here." in error
    (tmp_path / "params.yaml").write_text(params.replace("side: 2", "side: 3"))
    error = diff("HEAD", "--file", "train", fails=True)
    assert "the images have sides of 2 and 3 pixels" in error
    (tmp_path / "params.yaml").write_text(
        params.replace("train_file: pictures", "train_file: elsewhere")
    )
    error = diff("HEAD", "--file", "train", fails=True)
    assert error.startswith("error: elsewhere: not there, but params.yaml names it as train_file.")


@pytest.mark.slow
def test_what_is_not_in_the_cache_is_said_with_the_command_that_brings_it(
    tmp_path: Path, diff: Callable[..., str]
) -> None:
    project, storage = Project(tmp_path), tmp_path / "storage"
    (tmp_path / ".dvc/cache").rename(storage)
    (tmp_path / "built/test.txt").unlink()
    error = diff("HEAD", "HEAD~1", "--file", "test", fails=True)
    assert error.startswith(
        "error: built/test.txt at HEAD: cannot be read from git, or from DVC's "
    )
    assert "`dvc repro` makes a file of a stage again" in error
    project.run("dvc repro")
    assert "the same 1 image\n" in diff("HEAD", "HEAD~1", "--file", "test")

    # A remote is read without fetching, one that later revisions name too.
    project.run(f"dvc remote add --local --default storage {storage}")
    assert RELABELLED in diff("HEAD~1", "HEAD", "--file", "train")
    shutil.rmtree(tmp_path / ".dvc/cache")
    storage.rename(tmp_path / "away")
    error = diff("HEAD~1", "HEAD", "--file", "train", fails=True)
    assert "mine.jf at HEAD~1: cannot be read from git, or from DVC's cache or remote (" in error
    (tmp_path / "away").rename(storage)
    project.run("dvc remote remove --local storage")
    project.run(f"dvc remote add --default later {storage}")
    assert RELABELLED in diff("HEAD~1", "HEAD", "--file", "train")
