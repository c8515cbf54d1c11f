"""`python -m lenet predict`, with a network of random weights."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from lenet import command
from lenet.core import npz
from lenet.core.npz import Dataset
from tests.conftest import Typed
from tests.project import ROOT

Predict = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def predict(typed: Typed, exported: Path) -> Predict:
    """Type `python -m lenet predict` with arguments in `tmp_path`."""
    return partial(typed, command.main, "predict", "--model", exported)


def test_every_format_tells_the_same(
    tmp_path: Path, predict: Predict, random_digits: Dataset
) -> None:
    npz.save(random_digits[:3], tmp_path / "three.npz")
    Image.fromarray((load_digits().images[5] * 15).astype(np.uint8)).save(tmp_path / "five.png")
    files = ("three.npz", "five.png")
    asked = {name: predict(*files, "--format", name) for name in ("csv", "json", "table")}
    assert all(result.returncode == 0 for result in asked.values()), asked
    assert all(result.stderr == "" for result in asked.values())

    rows = list(csv.DictReader(io.StringIO(asked["csv"].stdout)))
    assert list(rows[0]) == [
        *("file", "index", "prediction", "confidence", "novelty", "flags"),
        *(f"p{digit}" for digit in range(10)),
    ]
    assert [(row["file"], row["index"]) for row in rows] == [
        ("three.npz", "0"),
        ("three.npz", "1"),
        ("three.npz", "2"),
        ("five.png", "0"),
    ]
    for row in rows:
        values = [float(row[f"p{digit}"]) for digit in range(10)]
        assert sum(values) == pytest.approx(1, abs=1e-5)
        assert int(row["prediction"]) == int(np.argmax(values))
        assert float(row["confidence"]) == max(values)

    objects = json.loads(asked["json"].stdout)
    assert [str(one["prediction"]) for one in objects] == [row["prediction"] for row in rows]
    assert [one["probabilities"][3] for one in objects] == [float(row["p3"]) for row in rows]

    lines = asked["table"].stdout.splitlines()
    assert [line.split()[2] for line in lines[1:]] == [row["prediction"] for row in rows]
    unsure = [float(row["confidence"]) < 0.9 for row in rows]
    assert any(unsure)
    assert ["unsure" in row["flags"] for row in rows] == unsure
    assert ["unlike" in row["flags"] for row in rows] == [float(row["novelty"]) > 1 for row in rows]
    assert [line.split()[3].endswith("?") for line in lines[1:]] == [
        bool(row["flags"]) for row in rows
    ]
    assert [one["flags"] for one in objects] == [row["flags"].split() for row in rows]
    assert [one["novelty"] for one in objects] == [float(row["novelty"]) for row in rows]
    # Images of an npz file are read whole.
    assert [one["box"] is None for one in objects] == [True, True, True, False]


def test_all_digits_of_a_picture_are_answered_and_drawn(tmp_path: Path, predict: Predict) -> None:
    digits = [np.kron(load_digits().images[i] * 15, np.ones((12, 12))) for i in (2, 5, 9)]
    row = np.concatenate([np.pad(digit, 20) for digit in digits], axis=1)
    Image.fromarray(255 - row.astype(np.uint8)).save(tmp_path / "row.png")
    done = predict("row.png", "--format", "json", "--picture", "out.png")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [(one["file"], one["index"]) for one in found] == [("row.png", i) for i in range(3)]
    for number, one in enumerate(found):
        left, top, right, bottom = one["box"]
        assert 136 * number <= left < right <= 136 * (number + 1)
        assert 0 <= top < bottom <= 136
    with Image.open(tmp_path / "out.png") as drawn:
        assert drawn.size == (3 * 136, 136)
        colours = {colour for _, colour in drawn.getcolors(1 << 16)}  # type: ignore[union-attr]
    assert colours & {(10, 125, 50), (198, 40, 40)}


def test_a_drawing_replaces_no_file_that_is_read(tmp_path: Path, predict: Predict) -> None:
    Image.fromarray((load_digits().images[5] * 15).astype(np.uint8)).save(tmp_path / "five.png")
    before = (tmp_path / "five.png").read_bytes()
    done = predict("five.png", "--picture", "./five.png")
    assert (done.returncode, done.stdout) == (1, "")
    assert "five.png: is one of the files to read; expected another name." in done.stderr
    assert (tmp_path / "five.png").read_bytes() == before
    # A user who takes the option for the name of the input does not lose a photograph.
    (tmp_path / "mine.jpg").write_bytes(before)
    done = predict("--picture", "mine.jpg", "five.png")
    assert "expected the name of a PNG file to write" in done.stderr
    assert (tmp_path / "mine.jpg").read_bytes() == before


def test_nothing_is_drawn_where_no_file_is_a_picture(
    tmp_path: Path, predict: Predict, random_digits: Dataset
) -> None:
    npz.save(random_digits[:2], tmp_path / "two.npz")
    done = predict("two.npz", "--picture", "out.png")
    assert (done.returncode, done.stdout) == (1, "")
    said = "error: --picture out.png: nothing to draw, because no FILE is a picture.\n"
    assert done.stderr == said
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC picture"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", "a HEIF picture"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "an AVIF picture"),
        (b"%PDF-1.7\n", "a PDF document"),
    ],
)
def test_what_can_be_read_instead_is_said(
    tmp_path: Path, predict: Predict, start: bytes, name: str
) -> None:
    (tmp_path / "mine").write_bytes(start + bytes(100))
    done = predict("mine")
    assert done.returncode == 1
    assert f"this is {name}. Save it as JPEG or PNG, which can be read." in done.stderr


def test_an_older_network_that_knows_no_novelty_answers(
    tmp_path: Path, typed: Typed, exported: Path, random_digits: Dataset
) -> None:
    model = onnx.load(exported)
    del model.graph.output[1]
    onnx.save(model, tmp_path / "old.onnx")
    npz.save(random_digits[:2], tmp_path / "two.npz")
    asked = [
        typed(command.main, "predict", "two.npz", "--model", path, "--format", "csv")
        for path in ("old.onnx", exported)
    ]
    old, new = (list(csv.DictReader(io.StringIO(one.stdout))) for one in asked)
    assert [row["novelty"] for row in old] == ["", ""]
    assert all(float(row["novelty"]) >= 0 for row in new)
    assert [row["p3"] for row in old] == [row["p3"] for row in new]


def test_raw_files_are_read_as_they_are_said_to_be(
    tmp_path: Path, typed: Typed, predict: Predict, random_digits: Dataset
) -> None:
    npz.save(random_digits[:2], tmp_path / "two.npz")
    said = ("--first-label", "1", "--pixel-range", "0", "1")
    done = typed(command.main, "convert", "two.npz", "two.txt", *said)
    assert done.returncode == 0, done.stderr
    text = predict("two.txt", *said, "--format", "csv")
    arrays = predict("two.npz", *said, "--format", "csv")
    assert text.returncode == 0, text.stderr
    assert text.stdout == arrays.stdout.replace("two.npz", "two.txt")


def test_dark_ink_on_light_paper_is_seen_where_the_range_is_wrong(
    tmp_path: Path, predict: Predict
) -> None:
    dark = np.full((2, 16, 16), 255)
    dark[:, 4:12, 7:9] = 0
    for label in ("7", "-1"):
        rows = (" ".join([label, *map(str, image)]) for image in dark.reshape(2, -1))
        (tmp_path / "dark.jf").write_text("\n".join(rows) + "\n")
        error = predict("dark.jf", "--pixel-range", "0", "2").stderr
        assert error.endswith("expected a value from 0 to 2. Add --pixel-range 255 0.\n")
        assert predict("dark.jf", "--pixel-range", "255", "0").returncode == 0


def test_a_bad_file_is_named_and_the_others_are_answered(
    tmp_path: Path, typed: Typed, predict: Predict
) -> None:
    Image.new("L", (30, 30)).save(tmp_path / "blank.png")
    Image.fromarray((load_digits().images[5] * 15).astype(np.uint8)).save(tmp_path / "five.png")
    (tmp_path / "words.txt").write_text("no digits here\n")
    files = ("blank.png", "five.png", "words.txt", "none.png")
    result = predict(*files)
    assert result.returncode == 1
    assert len(result.stdout.splitlines()) == 2
    faults = result.stderr.splitlines()
    assert [re.split("[:,] ?", fault)[1].strip() for fault in faults] == [files[0], *files[2:]]
    assert all(fault.startswith("error: ") for fault in faults)

    without = typed(command.main, "predict", "five.png")
    assert without.returncode == 1
    assert without.stderr.startswith("error: models/lenet.onnx: no such model file")


def test_names_are_shown_and_not_obeyed(
    tmp_path: Path, predict: Predict, random_digits: Dataset
) -> None:
    name = "\x1b[31mred\r.npz"
    npz.save(random_digits[:1], tmp_path / name)
    (tmp_path / "bad.jf").write_text("1 \x1b]0;title\x07 3\n")
    result = predict(name, "bad.jf")
    assert "\\x1b[31mred\\r.npz" in result.stdout
    assert "\x1b" not in result.stdout + result.stderr
    assert "bad.jf, line 1: found " in result.stderr


def test_a_name_that_the_encoding_lacks(
    tmp_path: Path, predict: Predict, random_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    npz.save(random_digits[:1], tmp_path / "é.npz")
    for name in ("csv", "json", "table"):
        printed = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, "ascii"))
        done = predict("é.npz", "--format", name)
        assert done.returncode == 0, done.stderr
        assert rb"\xe9.npz" in printed.getvalue() or rb"\u00e9.npz" in printed.getvalue()


@pytest.mark.parametrize(
    ("redirection", "expected"),
    [("| head -1", ""), ("| true", ""), ("> /dev/full", "error: No space left on device\n")],
)
def test_output_that_nobody_takes(
    tmp_path: Path, exported: Path, random_digits: Dataset, redirection: str, expected: str
) -> None:
    npz.save(random_digits[np.arange(1000) % 40], tmp_path / "many.npz")
    line = f"{sys.executable} -m lenet predict many.npz --model {exported} {redirection}"
    done = subprocess.run(
        ["sh", "-c", line],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == expected
    assert (done.returncode == 1) == bool(expected)


def test_a_pipe_is_refused_by_its_name(tmp_path: Path, predict: Predict) -> None:
    os.mkfifo(tmp_path / "pipe")
    result = predict("pipe")
    assert result.returncode == 1
    assert result.stderr == (
        "error: pipe: found a pipe or a device; expected a file. "
        "Write its output to a file first.\n"
    )


def test_what_to_do_is_said_in_options(
    tmp_path: Path, predict: Predict, random_digits: Dataset
) -> None:
    (tmp_path / "signed.jf").write_text(f"3 {'-1 ' * 256}\n")
    result = predict("signed.jf")
    assert "from -1 to 1? Add --pixel-range -1 1." in result.stderr
    larger = Dataset(np.ones((1, 20, 20), np.float32), random_digits.labels[:1])
    npz.save(larger, tmp_path / "larger.npz")
    result = predict("larger.npz")
    assert "side 20; expected 16. The network takes no images of another side." in result.stderr


def test_predict_needs_neither_mxnet_nor_the_workflow(tmp_path: Path, exported: Path) -> None:
    Image.fromarray((load_digits().images[5] * 15).astype(np.uint8)).save(tmp_path / "five.png")
    code = (
        "import sys; from lenet.__main__ import start; "
        f"sys.argv = ['lenet', 'predict', 'five.png', '--model', {str(exported)!r}]; start(); "
        "print(*sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.split(".")[0] for name in result.stdout.splitlines()[-1].split()}
    assert {"onnxruntime", "PIL"} <= loaded
    assert not loaded & {"mxnet", "onnx", "dvc", "sklearn", "matplotlib", "pandas"}


def test_nothing_is_left_in_the_home_folder(
    tmp_path: Path, exported: Path, random_digits: Dataset
) -> None:
    """The telemetry of onnxruntime would write there, except in a CI system."""
    npz.save(random_digits[:3], tmp_path / "three.npz")
    Image.fromarray((load_digits().images[5] * 15).astype(np.uint8)).save(tmp_path / "five.png")
    command = ("lenet", "predict", "three.npz", "five.png", "--picture", "out.png")
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", *command, "--model", str(exported)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "three.npz" in done.stdout
    assert list(home.iterdir()) == []


def test_only_one_module_imports_onnxruntime() -> None:
    """This module switches the telemetry off first."""
    importers = {
        str(file.relative_to(ROOT))
        for folder in ("lenet", "stages", "bench", "studies", "tools", "tests")
        for file in (ROOT / folder).rglob("*.py")
        if re.search(r"^\s*(import|from) onnxruntime", file.read_text(), re.MULTILINE)
    }
    assert importers == {"lenet/deploy/_onnxruntime.py"}
