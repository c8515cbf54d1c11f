"""The verdict of tools/reproduce.py; test_pipeline.py runs the tool as a whole."""

import runpy

import pytest

from tests.project import ROOT

compare = runpy.run_path(str(ROOT / "tools/reproduce.py"))["compare"]
RESULTS = {"error_rate": 0.02, "log_loss": 0.09}
FILES = {"data/npz/train.npz": "a", "models/lenet.onnx": "b", "metrics/test.json": "c"}


def test_the_same_bytes_are_said_to_be_so() -> None:
    verdict, fault = compare(FILES, dict(FILES), RESULTS, RESULTS)
    assert verdict.endswith("All 3 files are the same to the byte.")
    assert not fault


@pytest.mark.parametrize(
    ("changed", "results", "message", "fault"),
    [
        (
            {"models/lenet.onnx", "metrics/test.json"},
            {"error_rate": 0.029},
            "0.0290, committed 0.0200",
            False,
        ),
        (
            {"models/lenet.onnx", "metrics/test.json"},
            {"error_rate": 0.031},
            "error: error rate 0.0310",
            True,
        ),
        ({"models/lenet.onnx", "data/npz/train.npz"}, {}, "error: the data differ", True),
        (
            {"metrics/test.json"},
            {"log_loss": 0.0900000003},
            "The network is the same to the byte. The log loss has other last digits",
            False,
        ),
        (
            {"metrics/test.json"},
            {"log_loss": 0.091},
            "error: the same network gives other results",
            True,
        ),
    ],
)
def test_what_may_differ_and_what_may_not(
    changed: set[str], results: dict[str, float], message: str, fault: bool
) -> None:
    found = {path: md5 * (1 + (path in changed)) for path, md5 in FILES.items()}
    verdict, is_fault = compare(FILES, found, RESULTS, RESULTS | results)
    assert message in verdict
    assert is_fault == fault
    for path in FILES:
        assert f"{'differs' if path in changed else 'same   '}  {path}" in verdict


def test_a_missing_file_differs() -> None:
    verdict, fault = compare(FILES, {}, RESULTS, RESULTS)
    assert verdict.count("differs") == 3
    assert fault
