"""`python -m lenet predict`, with a network of random weights."""

import base64
import csv
import io
import json
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from lenet import command
from lenet.core import npz
from lenet.core.npz import Dataset
from lenet.deploy.recogniser import Recogniser
from lenet.predict import predictor
from tests.conftest import Typed
from tests.deploy.untrained import export_untrained
from tests.project import ROOT

Predict = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def predict(typed: Typed, exported: Path, tmp_path: Path, random_digits: Dataset) -> Predict:
    """Type `python -m lenet predict` with arguments in `tmp_path`, where two files are."""
    npz.save(random_digits[:3], tmp_path / "three.npz")
    Image.fromarray((load_digits().images[5] * 15).astype(np.uint8)).save(tmp_path / "five.png")
    return partial(typed, command.main, "predict", "--model", exported)


def run(code: str, folder: Path, **environment: str) -> str:
    """Return what a Python of its own prints, which knows the project but no user."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_every_format_tells_the_same(predict: Predict) -> None:
    files = ("three.npz", "five.png")
    asked = {name: predict(*files, "--format", name) for name in ("csv", "json", "table")}
    assert all(result.returncode == 0 for result in asked.values()), asked
    assert all(result.stderr == "" for result in asked.values())

    rows = list(csv.DictReader(io.StringIO(asked["csv"].stdout)))
    names = [f"p{digit}" for digit in range(10)]
    assert list(rows[0]) == [
        *["file", "index", "prediction", "confidence", "novelty", "flags"],
        *names,
    ]
    places = [(row["file"], row["index"]) for row in rows]
    assert places == [*(("three.npz", str(i)) for i in range(3)), ("five.png", "0")]
    for row in rows:
        values = [float(row[name]) for name in names]
        assert sum(values) == pytest.approx(1, abs=1e-5)
        assert int(row["prediction"]) == int(np.argmax(values))
        assert float(row["confidence"]) == max(values)

    objects = json.loads(asked["json"].stdout)
    assert [str(one["prediction"]) for one in objects] == [row["prediction"] for row in rows]
    assert [one["probabilities"][3] for one in objects] == [float(row["p3"]) for row in rows]
    assert [one["flags"] for one in objects] == [row["flags"].split() for row in rows]
    # Images of an npz file are read whole.
    assert [one["box"] is None for one in objects] == [True, True, True, False]

    lines = asked["table"].stdout.splitlines()[1:]
    assert [line.split()[2] for line in lines] == [row["prediction"] for row in rows]
    assert [line.split()[3].endswith("?") for line in lines] == [bool(row["flags"]) for row in rows]
    assert any(row["flags"] for row in rows)


def test_all_digits_of_a_picture_are_answered_and_drawn(tmp_path: Path, predict: Predict) -> None:
    digits = [np.kron(load_digits().images[i] * 15, np.ones((12, 12))) for i in (2, 5, 9)]
    row = np.concatenate([np.pad(digit, 20) for digit in digits], axis=1)
    Image.fromarray(255 - row.astype(np.uint8)).save(tmp_path / "row.png")
    done = predict("row.png", "--format", "json", "--picture", "out.png")
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert [(one["file"], one["index"]) for one in answers] == [("row.png", i) for i in range(3)]
    for number, one in enumerate(answers):
        left, top, right, bottom = one["box"]
        assert 136 * number <= left < right <= 136 * (number + 1)
        assert 0 <= top < bottom <= 136
    with Image.open(tmp_path / "out.png") as drawn:
        # A legend stands above.
        assert drawn.width == 3 * 136
        assert drawn.height > 136
        colours = {colour for _, colour in drawn.getcolors(1 << 16)}  # type: ignore[union-attr]
    assert colours & {(10, 125, 50), (198, 40, 40)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("five.png", "--picture", "./five.png"), "is one of the files to read; expected another"),
        # A user who takes the option for the name of the input does not lose a photograph.
        (
            ("--picture", "three.npz", "five.png"),
            "is no PNG file; expected the name of a file *.png",
        ),
    ],
)
def test_a_picture_that_cannot_be_drawn_replaces_no_file(
    tmp_path: Path, predict: Predict, arguments: tuple[str, ...], message: str
) -> None:
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.*")}
    done = predict(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr
    assert "nothing to draw" in predict("three.npz", "--picture", "out.png").stderr
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.*")} == before


def test_text_is_read_like_the_training_file_or_as_it_is_said_to_be(
    typed: Typed, predict: Predict
) -> None:
    arrays = predict("three.npz", "--format", "csv").stdout
    for options in ((), ("--pixel-range", "255", "0")):
        assert typed(command.main, "convert", "three.npz", "three.txt", *options).returncode == 0
        text = predict("three.txt", "--format", "csv", *options)
        assert text.returncode == 0, text.stderr
        assert text.stdout.replace("three.txt", "three.npz") == arrays
    error = predict("three.txt").stderr
    assert "expected a value from 0 to 2. `lenet inspect three.txt` shows the settings" in error


def test_a_folder_is_read_as_its_pictures_are(tmp_path: Path, predict: Predict) -> None:
    for name in ("some/3/a.png", "some/b.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.open(tmp_path / "five.png").save(tmp_path / name)
    (tmp_path / "some/notes.txt").write_text("mine")
    folder = predict("some", "--format", "csv")
    files = predict("some/3", "some/b.png", "some/notes.txt", "--format", "csv")
    assert (folder.returncode, folder.stdout) == (1, files.stdout)
    assert folder.stdout.count("\n") == 3
    assert "some/notes.txt, line 1: found 'mine'" in folder.stderr


def test_review_makes_a_page_of_the_answers_the_doubtful_ones_first(
    tmp_path: Path, typed: Typed, predict: Predict, exported: Path
) -> None:
    files = ("three.npz", "five.png")
    answers = json.loads(predict(*files, "--format", "json").stdout)
    review = partial(typed, command.main, "review", "--model", exported)
    done = review(*files, "none.png", "--page", "out.html")
    # A file that cannot be read is an error. The page has the characters of the other files.
    assert done.returncode == 1
    assert "out.html has " in done.stdout
    assert done.stderr == "error: none.png: cannot be read (No such file or directory).\n"
    text = (tmp_path / "out.html").read_text()
    page = json.loads(re.findall('id="page">(.*?)</script>', text)[0])
    answers.sort(key=lambda each: (not each["flags"], each["confidence"]))
    assert [each["label"] for each in page["characters"]] == [
        each["prediction"] for each in answers
    ]
    for each, answer in zip(page["characters"], answers, strict=True):
        assert each["title"] == f"{answer['file']}, index {answer['index']}"
        assert each["note"] == ", ".join([f"{answer['confidence']:.1%}", *answer["flags"]])
        assert each["sure"] == (not answer["flags"])
    pixels = np.frombuffer(zlib.decompress(base64.b64decode(page["levels"])), "<u2")
    images = pixels.reshape(-1, 16, 16)[[each["file"] == "three.npz" for each in answers]]
    expected = npz.load(tmp_path / "three.npz").images
    order = [each["index"] for each in answers if each["file"] == "three.npz"]
    np.testing.assert_allclose(images / 10_000, expected[order], rtol=0, atol=0.6e-4)

    for arguments, message in (
        ((), "found no files; expected files to read, or --label-issues"),
        (("five.png", "--label-issues"), "found files and --label-issues; expected files"),
        (("five.png", "--page", "five.png"), "five.png is no page; expected the name of a file *."),
    ):
        refused = review(*arguments)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert message in refused.stderr


@pytest.mark.parametrize("pictures", ["whole", "cut", ""])
def test_a_picture_is_read_as_those_of_the_training_were(tmp_path: Path, pictures: str) -> None:
    recogniser = Recogniser(export_untrained(tmp_path, pictures=pictures))
    digit = load_digits().images[5].repeat(2, axis=0).repeat(2, axis=1)
    pixels = (digit * 15 / 2).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "five.png")
    Image.fromarray(np.pad(pixels, 1)).save(tmp_path / "larger.png")
    (own,), (larger,) = (
        predictor.predict(tmp_path / name, recogniser, {}) for name in ("five.png", "larger.png")
    )
    whole = recogniser.probabilities(pixels[None] / np.float32(255))[0]
    assert np.allclose(own.probabilities, whole, atol=1e-6) == (pictures == "whole")
    assert (own.character is None) == (pictures == "whole")
    assert larger.character is not None
    Image.fromarray(255 - pixels).save(tmp_path / "dark.png")
    told: list[str] = []
    predictor.predict(tmp_path / "dark.png", recogniser, {}, lambda *said: told.append(said[-1]))
    advice = "`lenet predict --pixel-range 255 0` exchanges them."
    assert told == ([advice] if pictures == "whole" else [])


def test_a_bad_file_is_named_and_the_others_are_answered(
    tmp_path: Path, typed: Typed, predict: Predict
) -> None:
    Image.new("L", (30, 30)).save(tmp_path / "blank.png")
    (tmp_path / "words.txt").write_text("no digits here\n")
    os.mkfifo(tmp_path / "pipe")
    files = ("blank.png", "five.png", "words.txt", "none.png", "pipe")
    result = predict(*files)
    assert result.returncode == 1
    assert len(result.stdout.splitlines()) == 2
    faults = result.stderr.splitlines()
    names = [re.split("[:,] ?", fault)[1].strip() for fault in faults]
    assert names == [name for name in files if name != "five.png"]
    assert all(fault.startswith("error: ") for fault in faults)
    assert "found a pipe or a device; expected a file." in faults[-1]

    without = typed(command.main, "predict", "five.png")
    assert without.returncode == 1
    assert without.stderr.startswith(
        "error: models/lenet.onnx: no network that this project exported ([Errno 2] No such"
    )


def test_names_are_shown_and_not_obeyed(tmp_path: Path, predict: Predict) -> None:
    name = "\x1b[31mred\r.npz"
    (tmp_path / "three.npz").rename(tmp_path / name)
    (tmp_path / "bad.jf").write_text("1 \x1b]0;title\x07 3\n")
    result = predict(name, "bad.jf")
    assert "\\x1b[31mred\\r.npz" in result.stdout
    assert "\x1b" not in result.stdout + result.stderr
    assert "bad.jf, line 1: found " in result.stderr


@pytest.mark.usefixtures("predict")
def test_predict_needs_little_and_leaves_nothing_in_the_home_folder(
    tmp_path: Path, exported: Path
) -> None:
    """The telemetry of onnxruntime would write there, except in a CI system."""
    (tmp_path / "home").mkdir()
    code = (
        "import sys; from lenet.__main__ import start; "
        "sys.argv = ['lenet', 'predict', {}, '--model', '{}']; start(); print(*sys.modules)"
    )
    for files in ("'five.png'", "'three.npz', 'five.png', '--picture', 'out.png'"):
        printed = run(code.format(files, exported), tmp_path, HOME=str(tmp_path / "home"))
        assert "five.png" in printed
        loaded = {name.split(".")[0] for name in printed.splitlines()[-1].split()}
        assert {"onnxruntime", "PIL"} <= loaded
        assert not loaded & {"mxnet", "onnx", "dvc", "sklearn", "matplotlib", "pandas"}
    assert list((tmp_path / "home").iterdir()) == []
