"""Errors that a person can mend, and how a command ends on one."""

import sys
from collections.abc import Callable


class InputError(Exception):
    """Something given to the program is wrong: a file, a parameter, a missing network.

    The message says what was found, where, what was expected and what to do.
    """


def run(main: Callable[[], None]) -> None:
    """Call `main`; end an InputError or a Ctrl-C in one message and a failing exit status."""
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
