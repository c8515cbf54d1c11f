"""Starts the processes of a training with several workers, and ends them together."""

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

# Environment variables of ps-lite.
ROLE, ADDRESS, PORT = "DMLC_ROLE", "DMLC_PS_ROOT_URI", "DMLC_PS_ROOT_PORT"
# Seconds without a sign of life.
LOST_AFTER = "PS_HEARTBEAT_TIMEOUT"
# PID of the launcher; the processes that it started end with it.
LAUNCHER = "LENET_LAUNCHER"
_NODE_HOST = "DMLC_NODE_HOST"
_LOOPBACK = "127.0.0.1"
# Seconds between the signs of life.
_HEARTBEAT = 2


def configure(workers: int) -> str:
    """Complete the environment of a process of a training with `workers`; return its role.

    Without an address the training stays on this machine, because the server has no
    authentication. Raises InputError if a variable has an impossible value.
    """
    address, own_address = _addresses(os.environ.get(ADDRESS) or _LOOPBACK)
    _check_whole(LOST_AFTER, "20", _HEARTBEAT + 1, 86_400)
    os.environ |= {
        ADDRESS: address,
        "DMLC_NUM_WORKER": str(workers),
        "DMLC_NUM_SERVER": "1",
        "PS_HEARTBEAT_INTERVAL": str(_HEARTBEAT),
        # A process that joins by hand is a worker.
        ROLE: os.environ[ROLE] if LAUNCHER in os.environ else "worker",
    }
    # The address where other processes of the training reach this one.
    _check_own(_NODE_HOST, os.environ.setdefault(_NODE_HOST, own_address))
    # ps-lite would use PORT as the port of every process, and files instead of the network if
    # DMLC_LOCAL is set.
    for name in ("PORT", "DMLC_LOCAL"):
        os.environ.pop(name, None)
    return os.environ[ROLE]


def _addresses(leader: str) -> tuple[str, str]:
    """Return the address of the leading machine, and this machine's address on the way there."""
    try:
        address = socket.gethostbyname(leader)
        with socket.socket(type=socket.SOCK_DGRAM) as to_leader:
            # A datagram socket sends nothing when it connects.
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
            "strangers reach; expected an address in the network that the workers share."
        )
    return address, own_address


def _check_own(name: str, address: str) -> None:
    """Raise InputError if the variable `name` holds no address of this machine."""
    try:
        with socket.socket() as own:
            own.bind((address, 0))
    except (OSError, UnicodeError) as error:
        raise InputError(
            f"{name}: found {address!r} ({error}); expected an address of this machine, where the "
            "other workers reach it."
        ) from error


def check_port() -> None:
    """Raise InputError if the environment does not name the port of the training."""
    _check_whole(PORT, "", 1, 65_535)


def _check_whole(name: str, default: str, low: int, high: int) -> None:
    found = os.environ.setdefault(name, default)
    if not (found.isascii() and found.isdigit() and low <= int(found) <= high):
        raise InputError(f"{name}: found {found!r}; expected a whole number from {low} to {high}.")


def takes_part(*, join: bool) -> bool:
    """Return whether this process takes part in a training, rather than starting it.

    Args:
        join: whether the user asked to take part in a training that another machine leads.
    """
    return join or LAUNCHER in os.environ


def launch(command: Sequence[str], workers: int) -> None:
    """Run `command` as the first worker of a training, with all other processes of the training.

    The scheduler, the server and further workers run `command` with --join. If the environment
    names an address, further workers join from other machines, and the training waits for them.

    Args:
        command: reads its settings from the environment.
        workers: number of workers.

    Raises InputError if a process fails; all other processes have ended then.
    """
    here = 1 if os.environ.get(ADDRESS) else workers
    configure(workers)
    os.environ[PORT] = str(_free_port())
    if here < workers:
        print(
            f"waiting at {os.environ[ADDRESS]}:{os.environ[PORT]} for workers; missing: "
            f"{workers - here}",
            flush=True,
        )
    with _Processes() as processes:
        processes.start("worker", command)
        joining = [*command, "--join"]
        for role in ("scheduler", "server", *["worker"] * (here - 1)):
            processes.start(role, joining)
        processes.wait()


def _free_port() -> int:
    """Return the port that the environment names if the port is free, or any free port."""
    if PORT in os.environ:
        check_port()
    address, port = os.environ[ADDRESS], int(os.environ.get(PORT, "0"))
    with socket.socket() as free:
        # A port that was in use a moment ago counts as free, as in ps-lite.
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            free.bind((address, port))
        except OSError as error:
            raise InputError(
                f"{ADDRESS}={address}, {PORT}={port}: {error.strerror}; expected an address of "
                "this machine, which leads the training, and a free port."
            ) from error
        return free.getsockname()[1]


@dataclass(frozen=True)
class _Process:
    """A process of a training; `output` holds its printed lines, None if they are not kept."""

    role: str
    popen: subprocess.Popen
    output: IO[str] | None

    def failed(self) -> bool:
        return bool(self.popen.poll())

    def report(self) -> str:
        """Return how the process ended, and the last lines of its output."""
        how = (
            f"was killed by {signal.Signals(-self.popen.returncode).name}"
            if self.popen.returncode < 0
            else f"ended with exit status {self.popen.returncode}"
        )
        last = ""
        if self.output:
            self.output.seek(0)
            last = "".join(f"\n{line}" for line in self.output.read().strip().splitlines()[-5:])
        return (
            f"a {self.role} of the training (PID {self.popen.pid}) {how}. The other processes "
            f"have been stopped. Run the stage again.{last}"
        )


class _Processes:
    """The processes of a training, the leader first; none outlives the `with` block."""

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
        """Start a process; the output of all but the first is kept in case they fail."""
        output = None
        if self._started:
            output = self._files.enter_context(tempfile.TemporaryFile("w+", errors="replace"))  # noqa: SIM115
        # This process handles a Ctrl-C, and ends the others.
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            popen = subprocess.Popen(
                command,
                env=os.environ | {ROLE: role, LAUNCHER: str(os.getpid())},
                stdout=output,
                stderr=output,
            )
        finally:
            signal.signal(signal.SIGINT, handler)
        self._started.append(_Process(role, popen, output))

    def wait(self) -> None:
        """Wait until all processes have succeeded; raise InputError for one that fails."""
        leading = self._started[0]
        running = True
        while running:
            running = any(process.popen.poll() is None for process in self._started)
            failed = next(filter(_Process.failed, self._started), None)
            if failed:
                # The leader may be about to fail for the same reason, and says it best.
                with suppress(subprocess.TimeoutExpired):
                    leading.popen.wait(1)
                if leading.popen.returncode == 1:
                    # The leader has printed the reason.
                    sys.exit(1)
                raise InputError(failed.report())
            time.sleep(0.1)
