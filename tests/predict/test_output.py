import csv
import io
import json

import numpy as np

from lenet.pictures.frame import Character
from lenet.predict.output import as_csv, as_json, as_table
from lenet.predict.predictor import Prediction

BLANK = np.zeros((16, 16), np.float32)


def prediction(
    file: str,
    index: int,
    confidence: float,
    digit: int,
    novelty: float = 0.25,
    character: Character | None = None,
) -> Prediction:
    probabilities = np.full(10, (1 - confidence) / 9, np.float32)
    probabilities[digit] = confidence
    return Prediction(file, index, BLANK, probabilities, novelty, character)


PREDICTIONS = [prediction("a,b.npz", 0, 0.95, 7), prediction("a,b.npz", 1, 0.5, 0)]


def test_the_table_marks_what_is_not_confident() -> None:
    head, sure, unsure = as_table(PREDICTIONS).splitlines()
    assert head.split() == ["file", "index", "prediction", "confidence", "most", "probable"]
    assert sure.split()[:4] == ["a,b.npz", "0", "7", "0.9500"]
    assert unsure.split()[:4] == ["a,b.npz", "1", "0", "0.5000?"]
    # The columns stand under their names.
    assert sure.index("7 ", 10) + 1 == head.index("prediction") + len("prediction")


def test_csv_and_json_hold_the_same_values() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(PREDICTIONS))))
    objects = json.loads(as_json(PREDICTIONS))
    for row, value in zip(rows, objects, strict=True):
        assert row["file"] == value["file"] == "a,b.npz"
        for name in ("index", "prediction", "confidence"):
            assert float(row[name]) == value[name]
        assert [float(row[f"p{digit}"]) for digit in range(10)] == value["probabilities"]
        assert (row["novelty"], row["flags"]) == ("0.25", " ".join(value["flags"]))
        assert value["box"] is None


def test_flags_say_why_a_prediction_may_be_wrong() -> None:
    answers = {
        (): prediction("a.png", 0, 0.95, 7, 0.4, cut_out()),
        ("unsure",): prediction("a.png", 0, 0.89, 7, 1.0),
        ("unlike",): prediction("a.png", 0, 0.95, 7, 1.25),
        ("wide",): prediction("a.png", 0, 0.95, 7, 0.4, cut_out(wide=True)),
        ("left_out",): prediction("a.png", 0, 0.95, 7, 0.4, cut_out(left_out=True)),
        ("boxes",): prediction("a.png", 0, 0.95, 7, 0.4, cut_out(boxes=True)),
        ("unsure", "unlike", "wide"): prediction("a.png", 0, 0.5, 7, 2, cut_out(wide=True)),
    }
    for flags, answer in answers.items():
        assert tuple(answer.flags) == flags
        row = as_table([answer]).splitlines()[1]
        assert row.split()[3].endswith("?") == bool(flags)
        assert row.endswith("  " + ", ".join(flags) if flags else ")")
        (written,) = csv.DictReader(io.StringIO(as_csv([answer])))
        (value,) = json.loads(as_json([answer]))
        assert written["flags"] == " ".join(flags)
        assert value["flags"] == list(flags)
        assert float(written["novelty"]) == value["novelty"] == answer.novelty
        assert value["box"] == (None if answer.character is None else [30, 40, 90, 140])


def cut_out(*, wide: bool = False, left_out: bool = False, boxes: bool = False) -> Character:
    ink = np.zeros((16, 40 if wide else 16))
    return Character(ink, (40, 30, 140, 90), left_out=left_out, boxes=boxes)


def test_classes_are_told_by_their_names() -> None:
    probabilities = np.array([0.2, 0.5, 0.3], np.float32)
    answers = [Prediction("t.png", 0, BLANK, probabilities, 0.25, class_names=("a", "b c", "d"))]
    assert "b c (0.5000), d (0.3000), a (0.2000)" in as_table(answers)
    assert as_csv(answers).splitlines()[0].endswith(",flags,pa,pb c,pd")
    assert json.loads(as_json(answers))[0]["prediction"] == "b c"


def test_the_table_shows_the_most_probable_classes() -> None:
    probabilities = np.full(26, 0.01, np.float32)
    probabilities[[19, 3]] = 0.5, 0.26
    answers = [Prediction("t.png", 0, BLANK, probabilities, 0.25)]
    head, row = as_table(answers).splitlines()
    assert head.endswith("most probable")
    assert row.endswith("19 (0.5000), 3 (0.2600), 0 (0.0100)  unsure")
    assert as_csv(answers).splitlines()[0].endswith(",p25")
