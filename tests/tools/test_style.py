import runpy
import subprocess
import sys
from pathlib import Path

import pytest

STYLE = str(Path(__file__).parents[2] / "tools/style.py")
FAULTS = runpy.run_path(STYLE)["check"]


def check(path: Path, content: str) -> list[str]:
    """Write `content` to `path`, and return its faults, each `line: fault`."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    return [fault.removeprefix(f"{path}:") for fault in FAULTS(path)]


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a.py", "x = 1\n# Of the files the last.\n", 2),
        ("a.py", "x = 1  # By force.\n", 1),
        ("a.py", '"""What it is."""\n', 1),
        ("a.py", 'def f():\n    """Do it.\n\n    Which it does.\n    """\n', 2),
        ("a.py", 'class A:\n    """An A.\n\n    a: of it. Nor of others.\n    """\n', 2),
        ("a.py", "# A sentence goes\n# on here. As does the next.\n", 1),
        ("a.sh", "#!/bin/sh\n# Likewise here.\n", 2),
        ("a.sh", "make  # As always.\n", 1),
        ("a.yaml", "lr: 1  # What it says\n", 1),
        ("Makefile", "test: setup  ## Whoever tests\n", 1),
    ],
)
def test_a_sentence_that_opens_without_its_subject_is_a_fault(
    tmp_path: Path, name: str, content: str, line: int
) -> None:
    (fault,) = check(tmp_path / name, content)
    assert fault.startswith(f"{line}: opens with ")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.py", "# Office files. Bytes. Asked.\n"),
        ("a.py", 'x = "# Of text"\n"""What is no docstring."""\n'),
        ("a.py", "# The first\n# Of two is one sentence that goes on.\n"),
        ("a.py", 'def f():\n    """Do it.\n\n        What code says.\n\n    Do it.\n    """\n'),
        ("a.py", "# Call it so:\n#   What --option\n# The end.\n"),
        ("a.sh", "echo '#Of'\n"),
        ("a.yaml", "lr: What\n"),
    ],
)
def test_other_text_is_none(tmp_path: Path, name: str, content: str) -> None:
    assert check(tmp_path / name, content) == []


def test_a_long_sentence_is_a_fault_and_two_short_ones_are_none(tmp_path: Path) -> None:
    words = ["word"] * 24
    assert check(tmp_path / "a.py", f"# The {' '.join(words)}.\n") == []
    assert check(tmp_path / "a.py", f"# The {' '.join(words)}. The {' '.join(words)}.\n") == []
    (fault,) = check(tmp_path / "a.py", f"# The very {' '.join(words[:12])}\n# {words[0] * 2}\n"
                     f"# {' '.join(words[12:])}.\n")  # fmt: skip
    assert fault.startswith("1: a sentence of 27 words; expected at most 25")


def test_a_long_function_is_a_fault_and_so_is_a_stage_with_a_long_main(tmp_path: Path) -> None:
    def function(name: str, lines: int) -> str:
        return f"def {name}():\n" + "    x = 1\n" * (lines - 1)

    assert check(tmp_path / "a.py", function("f", 60)) == []
    (fault,) = check(tmp_path / "a.py", "\n" + function("f", 61))
    assert fault == "2: f has 61 lines; expected at most 60."
    stage = tmp_path / "stages" / "a.py"
    assert check(stage, function("main", 40)) == []
    assert check(stage, function("main", 41)) == ["1: main has 41 lines; expected at most 40."]


def test_the_command_names_the_place_and_fails(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("# By name.\n")
    done = subprocess.run(
        [sys.executable, STYLE, "a.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "a.py:1: opens with 'By'; expected the subject: By name.\n"
    assert done.returncode == 1
