"""Starting the processes of a training with several workers, and ending them all as one."""

import ipaddress
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import IO

from lenet.core.errors import InputError

# ps-lite's names; the last one is of seconds without a sign of life.
ROLE, ADDRESS, PORT = "DMLC_ROLE", "DMLC_PS_ROOT_URI", "DMLC_PS_ROOT_PORT"
LOST_AFTER = "PS_HEARTBEAT_TIMEOUT"
# Process number of the one that started this one, and without which it has nothing to do.
LAUNCHER = "LENET_LAUNCHER"
_NODE_HOST = "DMLC_NODE_HOST"
_LOOPBACK = "127.0.0.1"
# Seconds between the signs of life.
_HEARTBEAT = 2


def configure(workers: int) -> str:
    """Complete the environment of a process of a training with so many workers; return its role.

    Without an address it stays on this machine: the server has no authentication.
    Raises InputError where the environment says what cannot be.
    """
    address, own_address = _addresses(os.environ.get(ADDRESS) or _LOOPBACK)
    _check_whole(LOST_AFTER, "20", _HEARTBEAT + 1, 86_400)
    os.environ |= {
        ADDRESS: address,
        "DMLC_NUM_WORKER": str(workers),
        "DMLC_NUM_SERVER": "1",
        "PS_HEARTBEAT_INTERVAL": str(_HEARTBEAT),
        # Whoever joins by hand is a worker.
        ROLE: os.environ[ROLE] if LAUNCHER in os.environ else "worker",
    }
    # Where other processes of the training reach this one.
    _check_own(_NODE_HOST, os.environ.setdefault(_NODE_HOST, own_address))
    # ps-lite would take the first for its own port, and all processes for the same; by the second
    # it would talk by files, and wait for ever for those that do not.
    for name in ("PORT", "DMLC_LOCAL"):
        os.environ.pop(name, None)
    return os.environ[ROLE]


def _addresses(leader: str) -> tuple[str, str]:
    """Return the address of the machine that leads, and of this one on the way there."""
    try:
        address = socket.gethostbyname(leader)
        with socket.socket(type=socket.SOCK_DGRAM) as to_leader:
            # Sends nothing.
            to_leader.connect((address, 1))
            own_address = to_leader.getsockname()[0]
    except (OSError, UnicodeError) as error:
        raise InputError(
            f"{ADDRESS}: found {leader!r} ({error}); expected the address or name of the machine "
            "that leads the training."
        ) from error
    if ipaddress.ip_address(address).is_unspecified:
        raise InputError(
            f"{ADDRESS}: found {leader!r}, which is every address of this machine, also those that "
            "strangers reach; expected that of the network which the workers share."
        )
    return address, own_address


def _check_own(name: str, address: str) -> None:
    """Raise InputError where the environment's `name` is no address of this machine."""
    try:
        with socket.socket() as own:
            own.bind((address, 0))
    except (OSError, UnicodeError) as error:
        raise InputError(
            f"{name}: found {address!r} ({error}); expected an address of this machine, where the "
            "other workers reach it."
        ) from error


def check_port() -> None:
    """Raise InputError where the environment does not say at which port the training is led."""
    _check_whole(PORT, "", 1, 65_535)


def _check_whole(name: str, default: str, low: int, high: int) -> None:
    found = os.environ.setdefault(name, default)
    if not (found.isascii() and found.isdigit() and low <= int(found) <= high):
        raise InputError(f"{name}: found {found!r}; expected a whole number from {low} to {high}.")


def launch(command: Sequence[str], *, workers: int) -> None:
    """Run `command` as a training's first worker, and around it all the others that it needs.

    These are the scheduler, the server and further workers, and run `command` with --join. If
    the environment names an address, further workers come from elsewhere, and are waited for.

    Args:
        command: reads the settings that it finds in the environment.
        workers: of the training.

    Raises InputError where a process fails; then no other is left.
    """
    here = 1 if os.environ.get(ADDRESS) else workers
    configure(workers)
    os.environ[PORT] = str(_free_port())
    if here < workers:
        print(
            f"waiting at {os.environ[ADDRESS]}:{os.environ[PORT]} for {workers - here} more "
            "to join",
            flush=True,
        )
    with _Processes() as processes:
        processes.start("worker", command)
        joining = [*command, "--join"]
        for role in ("scheduler", "server", *["worker"] * (here - 1)):
            processes.start(role, joining)
        processes.wait()


def _free_port() -> int:
    """Return the port that the environment names, if it is free, or one that is."""
    if PORT in os.environ:
        check_port()
    address, port = os.environ[ADDRESS], int(os.environ.get(PORT, "0"))
    with socket.socket() as free:
        # As ps-lite itself: a port that was in use a moment ago is free.
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            free.bind((address, port))
        except OSError as error:
            raise InputError(
                f"{ADDRESS}={address}, {PORT}={port}: {error.strerror}; expected an address of "
                "this machine, which leads the training, and a port that nobody uses."
            ) from error
        return free.getsockname()[1]


@dataclass(frozen=True)
class _Process:
    """A process of a training; `said` is what it printed, None where that is not kept."""

    role: str
    popen: subprocess.Popen
    said: IO[str] | None

    def failed(self) -> bool:
        return bool(self.popen.poll())

    def report(self) -> str:
        """Tell how it ended, and the last that it said."""
        how = (
            f"was killed by {signal.Signals(-self.popen.returncode).name}"
            if self.popen.returncode < 0
            else f"ended with exit status {self.popen.returncode}"
        )
        last = ""
        if self.said:
            self.said.seek(0)
            last = "".join(f"\n{line}" for line in self.said.read().strip().splitlines()[-5:])
        return (
            f"a {self.role} of the training (process {self.popen.pid}) {how}. The others have been "
            f"stopped; run it again.{last}"
        )


class _Processes:
    """The processes of a training, the one that leads first; none outlives the `with` block."""

    def __init__(self) -> None:
        self._started: list[_Process] = []
        self._files = ExitStack()

    def __enter__(self) -> "_Processes":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._started:
            process.popen.kill()
        for process in self._started:
            process.popen.wait()
        self._files.close()

    def start(self, role: str, command: Sequence[str]) -> None:
        """Start one; what those behind the first say is kept for the case that they fail."""
        said = None
        if self._started:
            said = self._files.enter_context(tempfile.TemporaryFile("w+", errors="replace"))  # noqa: SIM115
        # Ctrl-C is for this process, which ends the others.
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            popen = subprocess.Popen(
                command,
                env=os.environ | {ROLE: role, LAUNCHER: str(os.getpid())},
                stdout=said,
                stderr=said,
            )
        finally:
            signal.signal(signal.SIGINT, handler)
        self._started.append(_Process(role, popen, said))

    def wait(self) -> None:
        """Wait until all have ended well, or raise InputError for one that did not."""
        leading = self._started[0]
        running = True
        while running:
            running = any(process.popen.poll() is None for process in self._started)
            failed = next(filter(_Process.failed, self._started), None)
            if failed:
                # The one that leads may be about to fail for the same reason.
                with suppress(subprocess.TimeoutExpired):
                    leading.popen.wait(1)
                if leading.popen.returncode == 1:
                    # It has said why.
                    sys.exit(1)
                raise InputError(failed.report())
            time.sleep(0.1)
