import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lenet.core.errors import InputError, Place, as_typed, printable, see_inspect, untrusted
from tests.project import ROOT


def test_an_error_is_made_of_place_finding_expectation_and_advice() -> None:
    place = Place("a.jf", line=3, record=2)
    error = InputError(place, "found label 12", "0 to 9", "Set raw.classes=13.")
    assert (
        str(error) == "a.jf, line 3, record 2: found label 12; expected 0 to 9. Set raw.classes=13."
    )
    assert (error.place, error.found, error.expected) == (place, "found label 12", "0 to 9")
    assert str(InputError(Path("a.jf"), "is empty")) == "a.jf: is empty."
    assert str(InputError("", "no network")) == "no network."
    picture = Place(Path("mine"), picture="3/a.png")
    assert (str(picture), picture.inside) == ("mine/3/a.png", "3/a.png")


def test_what_a_user_shall_type_is_ready_to_paste() -> None:
    advice = "`lenet inspect 'my digits.jf'` shows the settings that fit."
    assert see_inspect(Path("my digits.jf")) == advice
    values = (8, 0.5, 2.0, (-1, 1), [0.0, 0.5], "a")
    assert [as_typed(value) for value in values] == ["8", "0.5", "2", "[-1,1]", "[0,0.5]", "a"]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("first\nlast"), "a.npz: broken (last). Fetch it again."),
        (KeyError(), "a.npz: broken (KeyError()). Fetch it again."),
        (MemoryError("8 TiB"), "a.npz: broken (8 TiB). Fetch it again."),
        (InputError("b.npz", "as it is"), "b.npz: as it is."),
    ],
)
def test_whatever_a_parser_raises_becomes_the_users_error(error: Exception, message: str) -> None:
    with pytest.raises(InputError) as caught, untrusted("a.npz", "broken", "Fetch it again."):
        raise error
    assert str(caught.value) == message
    with pytest.raises(type(error)), untrusted("a.npz", "broken", passing=(type(error),)):
        raise error
    with pytest.raises(KeyboardInterrupt), untrusted("a.npz", "broken"):
        raise KeyboardInterrupt


def test_control_characters_are_shown() -> None:
    assert printable("a\x1b[2J\n\tb é\u202e") == "a\\x1b[2J\n\\tb é\\u202e"


def run(code: str, stdout: int = subprocess.PIPE) -> "subprocess.CompletedProcess[str]":
    """Run a program that has `run` and InputError, in a terminal of ASCII."""
    return subprocess.run(
        [sys.executable, "-c", f"from lenet.core.errors import InputError, run\n{code}"],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise InputError('a\\x1b', 'no')", "a\\x1b: no."),
        ("open('/none')", "/none: No such file or directory"),
        ("bytearray(1 << 62)", "there is not enough memory (it is used up)."),
        ("raise MemoryError('8 GiB')", "there is not enough memory (8 GiB)."),
    ],
)
def test_what_a_user_can_fix_ends_in_one_line(body: str, message: str) -> None:
    # A terminal may lack characters of a name.
    done = run(f"def main():\n    print('\\u2028é')\n    {body}\nrun(main)")
    assert (done.returncode, done.stdout) == (1, "\\u2028\\xe9\n")
    assert done.stderr == f"error: {message}\n"


def test_a_fault_of_the_program_keeps_its_traceback() -> None:
    done = run("run(lambda: 1 / 0)")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_a_full_disk_is_named_once_and_a_reader_that_stops_is_no_fault() -> None:
    read, write = os.pipe()
    os.close(read)
    done = run("run(lambda: print('digits'))", write)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")
    if Path("/dev/full").exists():
        with Path("/dev/full").open("w") as full:
            done = run("run(lambda: print('digits'))", full.fileno())
        assert (done.returncode, done.stderr) == (1, "error: No space left on device\n")


SLEEPING = "import time; print('ready', flush=True); time.sleep(60)"


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("from lenet.core.errors import run\ndef main(): {}\nrun(main)", 130, "interrupted\n"),
        ("import stages\n{}", -signal.SIGINT, ""),
    ],
    ids=["command", "stage"],
)
def test_a_ctrl_c_ends_without_a_traceback(code: str, status: int, said: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", code.format(SLEEPING)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=30)
    assert (process.returncode, message) == (status, said)


def test_an_ignored_ctrl_c_stays_ignored() -> None:
    done = run(
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "import stages\n"
        "run(lambda: signal.raise_signal(signal.SIGINT)); print('done')"
    )
    assert done.stdout == "done\n"
