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
    assert error.advice == "Set raw.classes=13."
    assert str(InputError(Path("a.jf"), "is empty")) == "a.jf: is empty."
    assert str(InputError("", "no network")) == "no network."


@pytest.mark.parametrize(
    ("place", "text", "inside"),
    [
        (Place("a.jf"), "a.jf", ""),
        (Place("a.jf", line=1), "a.jf, line 1", "line 1"),
        (Place("a.npz", record=7), "a.npz, record 7", "record 7"),
        (Place(Path("mine"), picture="3/a.png"), "mine/3/a.png", "3/a.png"),
    ],
)
def test_a_place_has_a_text_with_and_without_its_file(place: Place, text: str, inside: str) -> None:
    assert (str(place), place.inside) == (text, inside)


def test_the_advice_to_inspect_is_ready_to_paste() -> None:
    advice = "`lenet inspect 'my digits.jf'` shows the settings that fit."
    assert see_inspect(Path("my digits.jf")) == advice


@pytest.mark.parametrize(
    ("value", "text"),
    [(8, "8"), (0.5, "0.5"), (2.0, "2"), ((-1, 1), "[-1,1]"), ([0.0, 0.5], "[0,0.5]"), ("a", "a")],
)
def test_a_value_is_written_as_a_user_types_it(value: object, text: str) -> None:
    assert as_typed(value) == text


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
    with pytest.raises(InputError) as found, untrusted("a.npz", "broken", "Fetch it again."):
        raise error
    assert str(found.value) == message


def test_a_parsers_error_passes_where_the_caller_wants_it() -> None:
    with pytest.raises(KeyError), untrusted("a.npz", "broken", passing=(KeyError, OSError)):
        raise KeyError("images")
    with pytest.raises(InputError, match=r"^a.npz: broken \(no\).$"), untrusted("a.npz", "broken"):
        raise RuntimeError("no")
    with pytest.raises(KeyboardInterrupt), untrusted("a.npz", "broken"):
        raise KeyboardInterrupt


def test_control_characters_are_shown() -> None:
    assert printable("a\x1b[2J\n\tb é\u202e") == "a\\x1b[2J\n\\tb é\\u202e"


def run_main(body: str, **options: object) -> "subprocess.CompletedProcess[str]":
    """Run a program whose `main` has the lines `body`."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    code = f"from lenet.core.errors import *\ndef main():\n{lines}run(main)\n"
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=options.get("stdout", subprocess.PIPE),  # type: ignore[call-overload]
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise InputError('a\\x1b', 'no')", "a\\x1b: no."),
        ("open('/none')", "/none: No such file or directory"),
        ("raise OSError(28, 'No space left on device')", "No space left on device"),
        ("bytearray(1 << 62)", "there is not enough memory (it is used up)."),
        ("raise MemoryError('8 GiB')", "there is not enough memory (8 GiB)."),
    ],
)
def test_what_a_user_can_fix_ends_in_one_line(body: str, message: str) -> None:
    done = run_main(f"print('before')\n{body}")
    assert done.returncode == 1
    assert done.stderr == f"error: {message}\n"


def test_a_fault_of_the_program_keeps_its_traceback() -> None:
    done = run_main("raise ValueError('ours')")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_a_full_disk_is_named_once() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("the system has no /dev/full")
    with Path("/dev/full").open("w") as full:
        done = run_main("print('digits')", stdout=full)
    assert (done.returncode, done.stderr) == (1, "error: No space left on device\n")


def test_a_reader_that_stops_is_no_fault() -> None:
    read, write = os.pipe()
    os.close(read)
    done = run_main("print('digits')", stdout=write)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_name_that_the_terminal_cannot_show_is_escaped() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from lenet.core.errors import run; run(lambda: print('\\u2028é'))"],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "\\u2028\\xe9\n"


IMPORTS = (
    "import time; from lenet.core.errors import run; from lenet.core.interrupt import exit_at_once"
)
SLEEPING = "print('ready', flush=True); time.sleep(60)"


@pytest.mark.parametrize(
    "code",
    [
        f"def main(): {SLEEPING}\nrun(main)",
        # While the modules of a stage are imported.
        f"exit_at_once()\n{SLEEPING}",
        f"exit_at_once()\ndef main(): {SLEEPING}\nrun(main)",
    ],
    ids=["run", "import", "both"],
)
def test_a_ctrl_c_ends_in_one_word(code: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", f"{IMPORTS}\n{code}"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=30)
    assert (process.returncode, message) == (130, "interrupted\n")


def test_an_ignored_ctrl_c_stays_ignored() -> None:
    code = (
        f"import signal; {IMPORTS}\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN); exit_at_once()\n"
        "run(lambda: signal.raise_signal(signal.SIGINT)); print('done')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "done\n"
