"""The experiments of the Makefile; test_pipeline.py runs the notebook's as a whole."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides

from lenet.model.architecture import Network
from lenet.model.preprocess import Averaging, Preprocess
from lenet.training.augment import Augment
from lenet.training.recipe import Recipe
from tests.project import ROOT
from tests.settings import NO_AUGMENT


def applied(target: str, folder: Path) -> Path:
    """Return a copy of params.yaml with the settings of `make target`, each of them a change."""
    # An empty INSTALLED means no set-up.
    typed = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", target, "INSTALLED="],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # An experiment of that name goes first, and the last line prints the result.
    assert typed.startswith(f"dvc exp remove --quiet {target} ")
    assert f"lenet results {target}" in typed
    command = typed.replace("\\\n", " ").partition("dvc exp run ")[2].partition(" | ")[0]
    words = shlex.split(command)
    assert words[:3] == ["--temp", "--name", target]
    assert set(words[3::2]) == {"-S"}
    path = Path(shutil.copy(ROOT / "params.yaml", folder))
    for setting in words[4::2]:
        before = path.read_bytes()
        apply_overrides(path, [setting])
        assert path.read_bytes() != before, setting
    return path


@pytest.mark.parametrize("target", ["plain", "lecun1998", "notebook"])
def test_an_experiment_sets_values_that_the_stages_take(target: str, tmp_path: Path) -> None:
    path = applied(target, tmp_path)
    for params in (Recipe, Network, Preprocess, Augment, Averaging):
        params.load(path)
    assert (Augment.load(path) == NO_AUGMENT) == (target != "lecun1998")


def test_the_notebook_sees_images_as_they_are_and_learns_by_plain_descent(tmp_path: Path) -> None:
    path = applied("notebook", tmp_path)
    assert Network.load(path).activation == "sigmoid"
    assert Preprocess.load(path) == Preprocess(
        input_range=(0, 2), margin=0, centering=0, proportion=0
    )
    assert Averaging.load(path).test_shift == 0
    assert Augment.load(path) == NO_AUGMENT
    recipe = Recipe.load(path)
    assert (recipe.momentum, recipe.weight_decay, recipe.validation_fraction) == (0, 0, 0)
    assert (recipe.lr, recipe.lr_schedule, recipe.epochs) == (0.9, "constant", 10)


def test_the_network_of_1998_is_trained_by_the_recipe(tmp_path: Path) -> None:
    path = applied("lecun1998", tmp_path)
    assert Network.load(path) == Network(
        image_size=32, c3="partial", pooling="subsample", activation="scaled_tanh", classes=10
    )
    for params in (Recipe, Preprocess, Augment, Averaging):
        assert params.load(path) == params.load(ROOT / "params.yaml")


def test_the_make_file_lists_its_commands() -> None:
    # Variables of a make that runs the tests would change the output.
    listed = subprocess.run(
        ["make"], cwd=ROOT, env={"PATH": os.defpath}, capture_output=True, text=True, check=True
    ).stdout
    targets = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [line.split()[1] for line in listed.splitlines()] == targets


def made(folder: Path, target: str) -> list[str]:
    """Run make in a folder whose set-up only writes the lock file's name down; return the names."""
    (folder / "done").write_text("")
    environment = {"PATH": os.defpath}
    subprocess.run(["make", target], cwd=folder, env=environment, capture_output=True, check=False)
    return (folder / "done").read_text().split()


def test_a_lock_file_is_installed_once_and_again_when_it_changes(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt"):
        (tmp_path / name).touch()
    for name in ("tools", ".venv"):
        (tmp_path / name).mkdir()
    (tmp_path / "tools/setup.sh").write_text("echo $1 >> done; test ! -e broken\n")

    def change(name: str) -> None:
        later = (tmp_path / ".venv/.installed-dev").stat().st_mtime + 1
        os.utime(tmp_path / name, (later, later))

    assert made(tmp_path, "setup") == ["requirements.txt"]
    assert made(tmp_path, "setup-dev") == ["requirements-dev.txt"]
    assert made(tmp_path, "setup-dev") == []
    change("requirements-dev.txt")
    (tmp_path / "broken").touch()
    # A set-up that fails is not marked as done.
    assert made(tmp_path, "setup-dev") == made(tmp_path, "setup-dev") == ["requirements-dev.txt"]


@pytest.mark.parametrize(
    ("targets", "lock"),
    [
        ("repro reproduce recipe plateau seeds renderings plain lecun1998 notebook page", ""),
        ("test slow fuzz audit check format bench lock", "-dev"),
    ],
)
def test_a_command_installs_only_what_it_needs(tmp_path: Path, targets: str, lock: str) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt"):
        (tmp_path / name).touch()
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/setup.sh").touch()
    for target in targets.split():
        typed = subprocess.run(
            ["make", "--dry-run", target], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout
        installed = re.findall(r"^sh tools/setup.sh requirements(.*)\.txt$", typed, re.M)
        assert installed == (["", lock] if lock else [""]), target
