"""Processes that train one network together, over the parameter server that MXNet carries."""

import atexit
import ctypes
import hashlib
import ipaddress
import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO

import numpy as np

from lenet.core.errors import InputError
from lenet.model._mxnet import mx

# Where the training is led: environment variables of ps-lite.
ADDRESS, PORT = "DMLC_PS_ROOT_URI", "DMLC_PS_ROOT_PORT"
# What `launch` tells the processes that it starts: their role, and its own PID.
ROLE, LAUNCHER = "LENET_ROLE", "LENET_LAUNCHER"
# Seconds without an answer of the other processes after which a worker gives up.
_PATIENCE = 300


def configure(workers: int) -> str:
    """Complete the environment of a process of a training with `workers`; return its role.

    Without an address the training stays on this machine, because the server has no
    authentication. Raises InputError if the address is impossible.
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
    # A process that joins by hand is a worker.
    role = os.environ.get(ROLE, "worker")
    os.environ |= {
        ADDRESS: address,
        "DMLC_ROLE": role,
        "DMLC_NUM_WORKER": str(workers),
        "DMLC_NUM_SERVER": "1",
    }
    # ps-lite would use it as the port of every process.
    os.environ.pop("PORT", None)
    return role


def launch(command: Sequence[str], workers: int) -> None:
    """Run `command` as the first worker of a training, with all other processes of the training.

    The scheduler, the server and further workers run `command` with --join. If the environment
    names an address, further workers join from other machines, and the training waits for them.

    Raises InputError if a process fails. No process outlives this call.
    """
    here = 1 if os.environ.get(ADDRESS) else workers
    configure(workers)
    if PORT not in os.environ:
        with socket.create_server((os.environ[ADDRESS], 0)) as free:
            os.environ[PORT] = str(free.getsockname()[1])
    if here < workers:
        where = f"{os.environ[ADDRESS]}:{os.environ[PORT]}"
        print(f"waiting at {where} for workers; missing: {workers - here}", flush=True)
    processes: dict[subprocess.Popen, str] = {}
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        # The processes ignore a Ctrl-C; this process ends them.
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        for role in ("worker", "scheduler", "server", *["worker"] * (here - 1)):
            # The first leads, and prints for itself.
            leads = not processes
            process = subprocess.Popen(
                command if leads else [*command, "--join"],
                env=os.environ | {ROLE: role, LAUNCHER: str(os.getpid())},
                stdout=None if leads else output,
                stderr=None if leads else output,
            )
            processes[process] = role
        signal.signal(signal.SIGINT, handler)
        try:
            _wait(processes, output)
        finally:
            for process in processes:
                process.kill()
                process.wait()


def _wait(processes: Mapping[subprocess.Popen, str], output: IO[str]) -> None:
    """Wait until all processes, by role, have succeeded; raise InputError for one that fails."""
    while not any(statuses := [process.poll() for process in processes]):
        if None not in statuses:
            return
        time.sleep(0.1)
    failed = next(process for process in processes if process.returncode)
    # The leader may be about to fail for the same reason, and says it best.
    leader = next(iter(processes))
    with suppress(subprocess.TimeoutExpired):
        leader.wait(1)
    if leader.returncode == 1:
        sys.exit(1)
    output.seek(0)
    last = "\n".join(output.read().strip().splitlines()[-5:])
    raise InputError(
        f"a {processes[failed]} of the training (PID {failed.pid})",
        f"ended with exit status {failed.returncode}",
        advice=f"The other processes have been stopped. Run the stage again.\n{last}",
    )


class Workers:
    """The workers of a training; this process is a worker.

    Args:
        store: MXNet's key-value store of type dist_sync.
        heard: is called after each exchange with the others.

    Attributes:
        part: this worker's part of a batch, for a short batch perhaps no image.
    """

    def __init__(self, store: mx.kv.KVStore, heard: Callable[[], object] = bool) -> None:
        self._store, self._heard, self._keys = store, heard, set[str]()
        self.part = slice(store.rank, None, store.num_workers)

    def add_up(self, key: str, array: mx.nd.NDArray) -> None:
        """Replace an array, (n,) float32, by its sum over all workers, the same bits in every run.

        Args:
            key: the same for each array that takes the place of an earlier one.
            array: of the same size in all workers.
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
        self._heard()

    def agree_on(self, *inputs: bytes | memoryview) -> None:
        """Raise InputError in all workers if a worker has other `inputs` than the others."""
        digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in inputs))
        # float32 holds the sums of 16-bit numbers exactly, in any order. The number of workers is a
        # parameter too, so `add_up` might have other rows.
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
    """Run the scheduler or the server of a training, according to its role, until it ends."""

    def refuse(*_: object) -> None:
        print("refused a command, which MXNet would unpickle", file=sys.stderr)

    _Watch(math.inf)
    store = mx.kv.create("dist_sync")
    # MXNet's own controller would unpickle the commands that it receives. MXNet has no public way
    # to replace the controller, so `_LIB` is called directly.
    controller = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(refuse)
    mx.base.check_call(mx.base._LIB.MXKVStoreRunServer(store.handle, controller, None))


@contextmanager
def joined() -> Iterator[Workers]:
    """Take part in the training that the environment names.

    The process ends with an error where the others give no answer for minutes.
    Raises InputError if the environment names no port.
    """
    if PORT not in os.environ:
        raise InputError(PORT, "is not set", "the port at which the training is led")
    watch = _Watch(_PATIENCE)
    store = mx.kv.create("dist_sync")
    try:
        yield Workers(store, watch.heard)
        # Other workers may need longer. MXNet has no public method for this barrier.
        store._barrier()
    except BaseException:
        # Closing the store would wait for workers that wait for this worker.
        atexit.register(os._exit, 1)
        raise


class _Watch(threading.Thread):
    """Ends this process when its launcher has ended, or the others give no answer.

    MXNet itself would wait for ever.

    Args:
        patience: seconds that this process waits for an answer.
    """

    def __init__(self, patience: float) -> None:
        super().__init__(daemon=True)
        self._patience = patience
        self.heard()
        self.start()

    def heard(self) -> None:
        """Note that the others have given an answer."""
        self._last = time.monotonic()

    def run(self) -> None:
        """Look twice a second."""
        # A process that joined by hand has no launcher.
        launcher = os.environ.get(LAUNCHER)
        while launcher in (None, str(os.getppid())):
            if time.monotonic() - self._last > self._patience:
                where = f"{os.environ[ADDRESS]}:{os.environ[PORT]}"
                reason = f"no answer from the training at {where} for {self._patience} seconds"
                print(f"error: {reason}. It has ended here.", file=sys.stderr, flush=True)
                break
            time.sleep(0.5)
        os._exit(1)
