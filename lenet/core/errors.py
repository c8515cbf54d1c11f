"""Errors that a person can mend, and how a command ends on one."""

import io
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
    # Of a file's name that cannot be printed as it is: in the encoding, or at all.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            main()
        finally:
            if sys.stdout:
                sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read has had enough, as `head`.
        _give_up_output()
        sys.exit(1)
    # MXNet's are RuntimeErrors; others of those go on, as every fault of ours.
    except (InputError, OSError, MemoryError, RuntimeError) as error:
        message = _message(error)
        if message is None:
            raise
        if isinstance(error, OSError):
            _give_up_output()
        print(f"error: {printable(message)}", file=sys.stderr, flush=True)
        if _is_of_mxnet(error):
            # Which would fail again in its last moments, and not so briefly.
            os._exit(1)
        sys.exit(1)


def _message(error: Exception) -> str | None:
    """Return what to tell a person of an error that can be mended, None of a fault of ours."""
    match error:
        case InputError():
            return str(error)
        case OSError():
            named = f"{error.filename}: " if error.filename else ""
            return f"{named}{error.strerror or error}"
        case MemoryError():
            return f"there is not enough memory ({str(error) or 'it is used up'})."
    if _is_of_mxnet(error) and "allocate" in str(error):
        return (
            "there is not enough memory for MXNet. Lower batch_size, image_size or members, or "
            "take a machine, container or job with more."
        )
    return None


def _is_of_mxnet(error: Exception) -> bool:
    mxnet = sys.modules.get("mxnet")
    return mxnet is not None and isinstance(error, mxnet.MXNetError)


def _give_up_output() -> None:
    """Have what is still to be printed go nowhere; Python would try it at its end, and complain."""
    if sys.stdout:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def printable(text: str) -> str:
    """Return `text` with its control characters, except for line ends, shown and not obeyed.

    A terminal would take those out of a file, or its name, for commands.
    """
    return "".join(
        character if character.isprintable() or character == "\n" else repr(character)[1:-1]
        for character in text
    )


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
