"""How a process answers a Ctrl-C while modules are imported, and while a network learns.

An ignored Ctrl-C stays ignored. The imports are few, because `exit_at_once` comes first of all.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def exit_at_once() -> None:
    """Let a Ctrl-C end the process at once until `raise_again`, while modules are imported.

    A library may raise any error, or none, if its import is interrupted.
    """
    _replace(signal.default_int_handler, _exit)


def raise_again() -> None:
    """Let a Ctrl-C raise KeyboardInterrupt again, if `exit_at_once` was called."""
    _replace(_exit, signal.default_int_handler)


def _replace(handler: Callable[..., object], other: Callable[..., object]) -> None:
    if signal.getsignal(signal.SIGINT) is handler:
        signal.signal(signal.SIGINT, other)


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

    def hold(*_: object) -> None:
        nonlocal pressed
        pressed = True
        _replace(hold, signal.default_int_handler)

    def release() -> None:
        if pressed:
            raise KeyboardInterrupt

    _replace(signal.default_int_handler, hold)
    try:
        yield release
    finally:
        _replace(hold, signal.default_int_handler)
    release()
