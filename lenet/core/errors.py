"""Errors that a user can fix, and how a command ends after one."""

import io
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """A place that a message names.

    file: the file or folder as the user named it, or the name of a parameter or an option.
    line, record: the line and the record in the file, from 1.
    picture: the picture in a folder, as a path from the folder.
    """

    file: Path | str
    line: int | None = None
    record: int | None = None
    picture: str | None = None

    def __str__(self) -> str:
        separator = ", " if self.picture is None else "/"
        return f"{self.file}{separator}{self.inside}" if self.inside else str(self.file)

    @property
    def inside(self) -> str:
        """The place within the file: "line 3, record 2", or the picture; "" for the whole file."""
        if self.picture is not None:
            return self.picture
        numbers = {"line": self.line, "record": self.record}
        return ", ".join(f"{name} {number}" for name, number in numbers.items() if number)


class InputError(Exception):
    """Something given to the program is wrong: a file, a parameter, a missing network.

    Its text is made where it is printed: "{place}: {found}; expected {expected}. {advice}".

    Args:
        place: where the fault is; "" if it is in no one place.
        found: what was found there, without a full stop: "found label 12", "is a folder".
        expected: what was expected, without a full stop; "" if `found` says it.
        advice: what to do, in whole sentences; "" if `expected` says it.
    """

    def __init__(
        self, place: Place | Path | str, found: str, expected: str = "", advice: str = ""
    ) -> None:
        super().__init__(place, found, expected, advice)
        self.place = place if isinstance(place, Place) else Place(place)
        self.found, self.expected, self.advice = found, expected, advice

    def __str__(self) -> str:
        place = f"{self.place}: " if str(self.place) else ""
        expected = f"; expected {self.expected}" if self.expected else ""
        return f"{place}{self.found}{expected}. {self.advice}".rstrip()


def as_typed(value: object) -> str:
    """Return a parameter's value as a user types it after `-S name=`."""
    if isinstance(value, tuple | list):
        return f"[{','.join(map(as_typed, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    # All digits are kept; only the ".0" of a whole number is left out.
    return repr(float(value)).removesuffix(".0") if isinstance(value, float) else str(value)


def see_inspect(path: Path | str) -> str:
    """Return the advice where another setting may cure an error of a file."""
    return f"`lenet inspect {shlex.quote(str(path))}` shows the settings that fit."


@contextmanager
def untrusted(
    place: Place | Path | str,
    found: str,
    advice: str = "",
    *,
    passing: tuple[type[Exception], ...] = (),
) -> Iterator[None]:
    """Turn whatever a parser of untrusted bytes raises into an InputError.

    Args:
        place, found, advice: see `InputError`; the parser's own words follow `found` in brackets.
        passing: errors that stay as they are, because the caller handles them.
    """
    try:
        yield
    except InputError:
        raise
    except passing:
        raise
    except Exception as error:
        reason = (str(error).strip() or repr(error)).splitlines()[-1]
        raise InputError(place, f"{found} ({reason})", advice=advice) from error


def run(main: Callable[[], None]) -> None:
    """Call `main`, and report an error that a user can fix, or a Ctrl-C, in one message.

    A user can fix an InputError, and what the system refuses: a full disk, a file that may not be
    read, more memory. The exit status is 1; after a Ctrl-C it is 130.
    """
    # The name of a file may have characters that the terminal's encoding lacks.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            main()
        finally:
            print(end="", flush=True)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except (InputError, OSError, MemoryError) as error:
        text = str(error)
        if isinstance(error, OSError):
            text = f"{error.filename or ''}: {error.strerror or error}".removeprefix(": ")
        elif isinstance(error, MemoryError):
            text = f"there is not enough memory ({text or 'it is used up'})."
        # A program behind a pipe may have stopped reading, like `head`.
        if not isinstance(error, BrokenPipeError):
            print(f"error: {printable(text)}", file=sys.stderr, flush=True)
        if isinstance(error, OSError) and sys.stdout:
            # Python would try to write buffered output at exit, and fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def printable(text: str) -> str:
    """Return `text` with its control characters, except for line ends, written as escapes.

    A terminal would obey control characters that stand in a file or in its name.
    """
    return "".join(
        character if character.isprintable() or character == "\n" else repr(character)[1:-1]
        for character in text
    )
