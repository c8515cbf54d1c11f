"""How a process answers a Ctrl-C while modules are imported, and while a network learns.

This module imports next to nothing, so that a process can call `exit_at_once` first of all.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def exit_at_once() -> None:
    """Let a Ctrl-C end the process at once until `raise_again`, while modules are imported.

    A library may raise any error, or none, if its import is interrupted.
    """
    # The parent process may have set Ctrl-C to be ignored.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _exit)


def raise_again() -> None:
    """Let a Ctrl-C raise KeyboardInterrupt again, if `exit_at_once` was called."""
    if signal.getsignal(signal.SIGINT) is _exit:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _exit(*_: object) -> None:
    os.write(2, b"interrupted\n")
    os._exit(130)


@contextmanager
def held_back() -> Iterator[Callable[[], None]]:
    """Hold a Ctrl-C back until the block ends, or calls what it is given.

    Python drops the KeyboardInterrupt of a Ctrl-C that comes while an object is deleted, and MXNet
    deletes arrays all the time. A second Ctrl-C is not held back.

    Raises KeyboardInterrupt, as Ctrl-C does.
    """
    pressed = False

    def hold(number: int, _: object) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(number, signal.default_int_handler)

    def release() -> None:
        if pressed:
            raise KeyboardInterrupt

    main_thread = threading.current_thread() is threading.main_thread()
    # Python runs handlers in the main thread. A parent process may have set Ctrl-C to be ignored.
    if not main_thread or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield release
        return
    signal.signal(signal.SIGINT, hold)
    try:
        yield release
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    release()
