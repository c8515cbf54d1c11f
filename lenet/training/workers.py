"""Processes that train one network together, over the parameter server that MXNet carries."""

import atexit
import ctypes
import hashlib
import ipaddress
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO

import numpy as np

from lenet.core.errors import InputError
from lenet.model._mxnet import mx

# Environment variables of ps-lite.
ADDRESS, PORT, LOST_AFTER = "DMLC_PS_ROOT_URI", "DMLC_PS_ROOT_PORT", "PS_HEARTBEAT_TIMEOUT"
# The launcher tells each process its role and the PID of the launcher.
ROLE, LAUNCHER = "LENET_ROLE", "LENET_LAUNCHER"
# Seconds between the signs of life.
_HEARTBEAT = 2
# A process is lost after this many checks in a row, half a second apart. While ps-lite starts, it
# may report all processes as lost for a moment; the leader of a busy machine takes long to start.
_CHECKS, _CHECKS_AT_START = 3, 360
# Process groups of ps-lite. The scheduler watches all others, and all others watch the scheduler.
_SCHEDULER, _SERVERS_AND_WORKERS = 1, 2 + 4


def configure(workers: int) -> str:
    """Complete the environment of a process of a training with `workers`; return its role.

    Without an address the training stays on this machine, because the server has no
    authentication. Raises InputError if a variable has an impossible value.
    """
    leader = os.environ.get(ADDRESS) or "127.0.0.1"
    expected = "the address or name of the machine that leads the training"
    try:
        address = socket.gethostbyname(leader)
        with socket.socket(type=socket.SOCK_DGRAM) as to_leader:
            # A datagram socket sends nothing when it connects.
            to_leader.connect((address, 1))
            own_address = to_leader.getsockname()[0]
    except (OSError, UnicodeError) as error:
        raise InputError(ADDRESS, f"found {leader!r} ({error})", expected) from error
    if ipaddress.ip_address(address).is_unspecified:
        found = f"found {leader!r}, every address of this machine, also those of the internet"
        raise InputError(ADDRESS, found, "an address in the network that the workers share")
    os.environ.setdefault("DMLC_NODE_HOST", own_address)
    os.environ.setdefault(LOST_AFTER, "20")
    _whole(LOST_AFTER, _HEARTBEAT + 1, 86_400)
    # A process that joins by hand is a worker.
    role = os.environ.get(ROLE, "worker")
    os.environ |= {
        ADDRESS: address,
        "DMLC_NUM_WORKER": str(workers),
        "DMLC_NUM_SERVER": "1",
        "PS_HEARTBEAT_INTERVAL": str(_HEARTBEAT),
        "DMLC_ROLE": role,
    }
    # ps-lite would use PORT as the port of every process, and files instead of the network if
    # DMLC_LOCAL is set.
    for name in ("PORT", "DMLC_LOCAL"):
        os.environ.pop(name, None)
    return role


def _whole(name: str, low: int, high: int) -> int:
    """Return the whole number of an environment variable; raise InputError if it is none."""
    text = os.environ.get(name, "")
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise InputError(name, f"found {text!r}", f"a whole number from {low} to {high}")
    return int(text)


def launch(command: Sequence[str], workers: int) -> None:
    """Run `command` as the first worker of a training, with all other processes of the training.

    The scheduler, the server and further workers run `command` with --join. If the environment
    names an address, further workers join from other machines, and the training waits for them.

    Raises InputError if a process fails. No process outlives this call.
    """
    here = 1 if os.environ.get(ADDRESS) else workers
    configure(workers)
    address = os.environ[ADDRESS]
    port = _whole(PORT, 1, 65_535) if PORT in os.environ else 0
    with socket.socket() as free:
        # A port that was in use a moment ago counts as free, as in ps-lite.
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            free.bind((address, port))
        except OSError as error:
            expected = "an address of this machine, which leads the training, and a free port"
            place = f"{ADDRESS}={address}, {PORT}={port}"
            raise InputError(place, str(error.strerror), expected) from error
        os.environ[PORT] = str(free.getsockname()[1])
    if here < workers:
        where = f"{address}:{os.environ[PORT]}"
        print(f"waiting at {where} for workers; missing: {workers - here}", flush=True)
    roles = ["worker", "scheduler", "server", *["worker"] * (here - 1)]
    processes: list[subprocess.Popen] = []
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        # The processes ignore a Ctrl-C; this process ends them.
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        for role in roles:
            # The first leads, and prints for itself.
            leads = not processes
            processes.append(
                subprocess.Popen(
                    command if leads else [*command, "--join"],
                    env=os.environ | {ROLE: role, LAUNCHER: str(os.getpid())},
                    stdout=None if leads else output,
                    stderr=None if leads else output,
                )
            )
        signal.signal(signal.SIGINT, handler)
        try:
            _wait(dict(zip(processes, roles, strict=True)), output)
        finally:
            for process in processes:
                process.kill()
                process.wait()


def _wait(processes: Mapping[subprocess.Popen, str], output: IO[str]) -> None:
    """Wait until all processes, by role, have succeeded; raise InputError for one that fails."""
    leader = next(iter(processes))
    while any(process.poll() is None for process in processes) or leader.returncode:
        for process, role in processes.items():
            if process.poll():
                # The leader may be about to fail for the same reason, and says it best.
                with suppress(subprocess.TimeoutExpired):
                    leader.wait(1)
                if leader.returncode == 1:
                    sys.exit(1)
                output.seek(0)
                last = "\n".join(output.read().strip().splitlines()[-5:])
                raise InputError(
                    f"a {role} of the training (PID {process.pid})",
                    f"ended with exit status {process.returncode}",
                    advice=f"The other processes have been stopped. Run the stage again.\n{last}",
                )
        time.sleep(0.1)


class Workers:
    """The workers of a training; this process is a worker.

    Args:
        store: MXNet's key-value store of type dist_sync.

    Attributes:
        part: this worker's part of a batch; of a short batch perhaps no image.
    """

    def __init__(self, store: mx.kv.KVStore) -> None:
        self._store, self._keys = store, set[str]()
        self.part = slice(store.rank, None, store.num_workers)

    def add_up(self, key: str, array: mx.nd.NDArray) -> None:
        """Replace an array, (n,) float32, by its sum over all workers, the same bits in every run.

        Args:
            key: a name for the array, the same in every worker.
            array: the terms of this worker.
        """
        # The server adds in the order of arrival, which changes the last bits of the sum of three
        # terms. So each worker sends its terms in a separate row, and adds up all rows.
        rows = mx.nd.zeros((self._store.num_workers, array.size), ctx=array.context)
        rows[self._store.rank] = array
        self._exchange(key, rows)
        array[:] = mx.nd.add_n(*rows)

    def _exchange(self, key: str, array: mx.nd.NDArray) -> None:
        if key not in self._keys:
            self._store.init(key, array)
            self._keys.add(key)
        self._store.pushpull(key, array, out=array)

    def agree_on(self, *inputs: bytes | memoryview) -> None:
        """Raise InputError in all workers if a worker has other `inputs` than the others."""
        digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in inputs))
        # float32 holds the sums of 16-bit numbers exactly, in any order.
        own = np.frombuffer(digest.digest(), np.uint16).astype(np.float32)
        total = mx.nd.array(own)
        self._exchange("inputs", total)
        if (total.asnumpy() != self._store.num_workers * own).any():
            raise InputError(
                "",
                "the workers were given different training images or parameters",
                "the same params.yaml and the same npz as the leader's",
                "`git pull` and `dvc pull` bring them.",
            )


def serve() -> None:
    """Run the scheduler or the server of a training, according to DMLC_ROLE, until it ends."""
    watch = _Watch()
    store = mx.kv.create("dist_sync")

    def refuse(*_: object) -> None:
        print("refused a command, which MXNet would unpickle", file=sys.stderr)

    # MXNet's own controller would unpickle the commands that it receives. MXNet has no public way
    # to replace the controller, and none to ask for lost processes, so `_LIB` is called directly.
    controller = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(refuse)
    with watch.over(store):
        mx.base.check_call(mx.base._LIB.MXKVStoreRunServer(store.handle, controller, None))


@contextmanager
def joined() -> Iterator[Workers]:
    """Take part in the training that the environment names.

    The process ends with an error if no scheduler answers within minutes, or a process is lost.
    Raises InputError if the environment names no port.
    """
    _whole(PORT, 1, 65_535)
    watch = _Watch()
    store = mx.kv.create("dist_sync")
    try:
        with watch.over(store):
            yield Workers(store)
            # Other workers may need longer. MXNet has no public method for this barrier.
            store._barrier()
    except BaseException:
        # Closing the store would wait for workers that wait for this worker.
        atexit.register(os._exit, 1)
        raise


def _refusal() -> str:
    """Return why the scheduler cannot be reached; "" where it can."""
    address = (os.environ[ADDRESS], int(os.environ[PORT]))
    try:
        with socket.create_connection(address, timeout=5) as connection:
            # Every version of ZeroMQ greets with this byte (ZMTP 3.1, section "Framing").
            greets = connection.recv(1) == b"\xff"
    except OSError as error:
        return (
            f"no training at {address[0]}:{address[1]} ({error}). Start the leading process first"
        )
    return "" if greets else f"another program than MXNet's scheduler at {address[0]}:{address[1]}"


class _Watch(threading.Thread):
    """Ends this process when the launcher has ended or a needed process is lost.

    MXNet itself would wait for ever.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._store: mx.kv.KVStore | None = None
        self._done, self._lock = False, threading.Lock()
        # A process that joined by hand has no launcher.
        self._parent = int(os.environ.get(LAUNCHER, 0))
        self.start()

    @contextmanager
    def over(self, store: mx.kv.KVStore) -> Iterator[None]:
        """Watch the processes that `store` is connected to, inside the `with` block."""
        self._store = store
        yield
        with self._lock:
            # Its last reference closes the connections.
            self._store, self._done = None, True

    def run(self) -> None:
        """Look twice a second, until a process is lost."""
        lost, most = 0, _CHECKS_AT_START
        while not self._parent or os.getppid() == self._parent:
            reason = self._loss()
            if not reason:
                most = _CHECKS
            lost = lost + 1 if reason else 0
            if lost == most:
                print(f"error: {reason}. The training has ended.", file=sys.stderr, flush=True)
                break
            time.sleep(0.5)
        os._exit(1)

    def _loss(self) -> str:
        """Return what is lost; "" where all is well."""
        role = os.environ["DMLC_ROLE"]
        with self._lock:
            if self._done:
                return ""
            if self._store is None:
                # The scheduler has not admitted this process yet.
                return _refusal() if role == "worker" else ""
            group = _SERVERS_AND_WORKERS if role == "scheduler" else _SCHEDULER
            number, seconds = ctypes.c_int(), os.environ[LOST_AFTER]
            mx.base.check_call(
                mx.base._LIB.MXKVStoreGetNumDeadNode(
                    self._store.handle, group, ctypes.byref(number), int(seconds)
                )
            )
            gone = "a worker, or the scheduler, has gone, or given no sign of life"
            return f"{gone} for {seconds} seconds" if number.value else ""
