"""Errors that a person can mend, and how a command ends on one."""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType


class InputError(Exception):
    """Something given to the program is wrong: a file, a parameter, a missing network.

    The message says what was found, where, what was expected and what to do.
    """


def run(main: Callable[[], None]) -> None:
    """Call `main`; end what a person can mend, or a Ctrl-C, in a message and a failing status.

    Of errors these are an InputError, and what the system refuses: a full disk, a file that may
    not be read, more memory.
    """
    expect_interrupts()
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        sys.exit(f"error: {named}{error.strerror or error}")
    except MemoryError as error:
        sys.exit(f"error: there is not enough memory ({str(error) or 'it is used up'}).")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)


def expect_interrupts() -> None:
    """Have a Ctrl-C end the process at once while it imports modules.

    A library's import that is broken off may end in any error, or in none. What has been begun by
    then, a temporary file, is removed by the next run. Else it is a KeyboardInterrupt, as ever.
    """
    # Not where whoever started this process has it ignored.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)


def _interrupt(_: int, frame: FrameType | None) -> None:
    while frame:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            os.write(2, b"interrupted\n")
            os._exit(130)
        frame = frame.f_back
    raise KeyboardInterrupt
