"""Processes that train one network together, over the parameter server that MXNet carries."""

import atexit
import ctypes
import hashlib
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from lenet.core.errors import InputError
from lenet.model._mxnet import mx
from lenet.training.distributed.launcher import (
    ADDRESS,
    LAUNCHER,
    LOST_AFTER,
    PORT,
    ROLE,
    check_port,
)
from lenet.training.replicas import parts

# Seconds. The leader of a busy machine takes long to start.
_REACH_WITHIN = 180
# A process counts as lost after so many checks in a row, half a second apart. While ps-lite starts,
# it may report all processes as lost for a moment.
_LOST_CHECKS = 3
# Process groups of ps-lite. The scheduler watches all others, and all others watch the scheduler.
_SCHEDULER, _SERVERS_AND_WORKERS = 1, 2 + 4


class Workers:
    """The workers of a training; this process is a worker.

    Args:
        store: MXNet's key-value store of type dist_sync.

    Attributes:
        rank: number of this process, from 0.
        count: number of workers.
    """

    def __init__(self, store: mx.kv.KVStore) -> None:
        self._store = store
        self.rank = store.rank
        self.count = store.num_workers
        self._keys: set[str] = set()

    def part(self, images: int) -> slice:
        """Return this worker's part of a batch of `images`; the part may be empty."""
        return parts(images, self.count)[self.rank]

    def add_up(self, key: str, arrays: Sequence[mx.nd.NDArray]) -> None:
        """Replace `arrays` by their sums over all workers; every worker has to call this method.

        The sums have the same bits in every run.

        Args:
            key: a name for the arrays, the same in every worker.
            arrays: float32, of any shapes.
        """
        # All arrays travel in one message, because a round trip takes longer than 60,000 numbers.
        flat = mx.nd.concat(*(array.reshape(-1) for array in arrays), dim=0)
        if self.count > 2:
            # The server adds in the order of arrival, which changes the last bits of the sum of
            # three terms. So each worker sends its terms in a separate row, and adds up all rows.
            rows = mx.nd.zeros((self.count, flat.size), ctx=flat.context)
            rows[self.rank] = flat
            self._exchange(key, rows)
            flat = mx.nd.add_n(*rows)
        else:
            self._exchange(key, flat)
        start = 0
        for array in arrays:
            array[:] = flat[start : start + array.size].reshape(array.shape)
            start += array.size

    def _exchange(self, key: str, array: mx.nd.NDArray) -> None:
        if key not in self._keys:
            self._store.init(key, array)
            self._keys.add(key)
        self._store.pushpull(key, array, out=array)

    def agree_on(self, *inputs: bytes | memoryview) -> None:
        """Raise InputError in all workers if a worker has other `inputs` than the others."""
        digest = hashlib.sha256()
        for part in inputs:
            digest.update(hashlib.sha256(part).digest())
        # float32 holds the sums of 16-bit numbers exactly, in any order.
        own = np.frombuffer(digest.digest(), np.uint16).astype(np.float32)
        total = mx.nd.array(own)
        self._exchange("inputs", total)
        if (total.asnumpy() != self.count * own).any():
            raise InputError(
                "the workers were given different training images or parameters. Each needs the "
                "same params.yaml and the same npz as the leader: `git pull`, `dvc pull`."
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

    Raises InputError if no scheduler answers.
    """
    _reach_scheduler()
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


def _reach_scheduler() -> None:
    """Wait until the scheduler listens; MXNet itself would wait for ever, and print nothing."""
    check_port()
    deadline = time.monotonic() + _REACH_WITHIN
    while (error := _refusal(greets=True)) is not None:
        if time.monotonic() > deadline or not isinstance(error, ConnectionError | TimeoutError):
            raise InputError(
                f"found no training at {os.environ[ADDRESS]}:{os.environ[PORT]} ({error}). Start "
                f"the leading process first, and give each worker the same {ADDRESS} and {PORT}."
            ) from error
        time.sleep(0.2)


def _refusal(*, greets: bool = False) -> OSError | None:
    """Return why the scheduler cannot be reached; None where it can.

    Args:
        greets: whether to read the first byte of the scheduler's greeting too.
    """
    try:
        address = (os.environ[ADDRESS], int(os.environ[PORT]))
        with socket.create_connection(address, timeout=5) as connection:
            # Every version of ZeroMQ greets with this byte (ZMTP 3.1, section "Framing").
            if greets and connection.recv(1) != b"\xff":
                return ConnectionError("another program than MXNet's scheduler answers there")
    except TimeoutError:
        return TimeoutError("no answer")
    except OSError as error:
        return error
    return None


class _Watch(threading.Thread):
    """Ends this process when the launcher has ended or a needed process is lost.

    MXNet itself would wait for ever.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._store: mx.kv.KVStore | None = None
        self._done = False
        self._lock = threading.Lock()
        # A process that joined by hand has no launcher.
        self._parent = int(os.environ.get(LAUNCHER, 0))
        self._lost_after = int(os.environ[LOST_AFTER])
        self.start()

    @contextmanager
    def over(self, store: mx.kv.KVStore) -> Iterator[None]:
        """Watch the processes that `store` is connected to, inside the `with` block."""
        self._store = store
        yield
        with self._lock:
            # Its last reference closes the connections.
            self._store = None
            self._done = True

    def run(self) -> None:
        lost = 0
        while not self._parent or os.getppid() == self._parent:
            lost = lost + 1 if self._is_lost() else 0
            if lost == _LOST_CHECKS:
                print(
                    "error: a worker, or the scheduler, has gone, or given no sign of life for "
                    f"{self._lost_after} seconds. The training has ended. Run the stage again.",
                    file=sys.stderr,
                    flush=True,
                )
                break
            time.sleep(0.5)
        os._exit(1)

    def _is_lost(self) -> bool:
        role = os.environ[ROLE]
        with self._lock:
            if self._done:
                return False
            if self._store is None:
                # The scheduler has not admitted this process yet.
                return role == "worker" and _refusal() is not None
            group = _SERVERS_AND_WORKERS if role == "scheduler" else _SCHEDULER
            number = ctypes.c_int()
            mx.base.check_call(
                mx.base._LIB.MXKVStoreGetNumDeadNode(
                    self._store.handle, group, ctypes.byref(number), self._lost_after
                )
            )
            return number.value > 0
