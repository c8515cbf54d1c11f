"""Processes that train one network together, over the parameter server that MXNet carries."""

import atexit
import ctypes
import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO

import numpy as np

from lenet.core.errors import InputError
from lenet.model._mxnet import mx

# Environment variables of ps-lite: the address and the port of the training.
ADDRESS, PORT = "DMLC_PS_ROOT_URI", "DMLC_PS_ROOT_PORT"
# The launcher tells each process its role and the PID of the launcher.
ROLE, LAUNCHER = "LENET_ROLE", "LENET_LAUNCHER"
# Seconds between the signs of life; without any for so long, a process is lost.
_HEARTBEAT, _LOST_AFTER = 2, 20
# Seconds in which all workers must join.
_JOINED_WITHIN = 600
# Workers, servers and scheduler, as ps-lite numbers its groups of processes.
_EVERY_GROUP = 1 + 2 + 4


def launch(command: Sequence[str], workers: int) -> None:
    """Run `command` as the first worker of a training, with all other processes of the training.

    The scheduler, the server and further workers run `command` with --join. If the environment
    names an address, further workers join from other machines, and the training waits for them.

    Raises InputError if a process fails, and OSError if the port is in use. No process outlives
    this call.
    """
    address = os.environ.get(ADDRESS)
    with socket.create_server((address or "127.0.0.1", _port())) as free:
        os.environ[PORT] = str(free.getsockname()[1])
    if address:
        where = f"{address}:{os.environ[PORT]}"
        print(f"waiting at {where} for workers; missing: {workers - 1}", flush=True)
    others = ["scheduler", "server", *["worker"] * (0 if address else workers - 1)]

    def start(role: str, *options: str, output: IO[str] | None = None) -> subprocess.Popen:
        environment = os.environ | {ROLE: role, LAUNCHER: str(os.getpid())}
        return subprocess.Popen([*command, *options], env=environment, stdout=output, stderr=output)

    with tempfile.TemporaryFile("w+", errors="replace") as output:
        # The first worker leads, and prints for itself.
        leader = start("worker")
        processes = {leader: "worker"}
        processes |= {start(role, "--join", output=output): role for role in others}
        try:
            while None in (statuses := [process.poll() for process in processes]):
                if any(statuses):
                    break
                time.sleep(0.1)
            if not any(statuses):
                return
            # The leader may be about to fail for the same reason, and says it best.
            with suppress(subprocess.TimeoutExpired):
                leader.wait(1)
            if leader.returncode == 1:
                sys.exit(1)
            failed = next(process for process in processes if process.returncode)
            output.seek(0)
            last = "\n".join(output.read().strip().splitlines()[-5:])
            raise InputError(
                f"a {processes[failed]} of the training (PID {failed.pid})",
                f"ended with exit status {failed.returncode}",
                advice=f"The other processes have been stopped. Run the stage again.\n{last}",
            )
        finally:
            for process in processes:
                process.kill()
                process.wait()


def _port() -> int:
    """Return the port of the training, 0 if any will do; raise InputError if it is no port."""
    text = os.environ.get(PORT, "0")
    if not (text.isdecimal() and int(text) < 2**16):
        raise InputError(PORT, f"found {text!r}", "the number of a port, from 1 to 65535")
    return int(text)


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


def take_part(workers: int, learn: Callable[[Workers], None]) -> None:
    """Be a process of the training that the environment names, until the training ends.

    The process ends with an error if a worker does not join in time, or a process is lost.

    Args:
        workers: the number of workers.
        learn: what a worker does. The scheduler and the server serve the workers.

    Raises InputError if the environment names no port, OSError if the address is unknown.
    """
    if PORT not in os.environ:
        found = f"the variables {ADDRESS} and {PORT} do not say where the training is led"
        raise InputError("--join", found, advice="See docs/speed.md.")
    _configure(workers)
    ended, stores = threading.Event(), list[mx.kv.KVStore]()
    watch = threading.Thread(target=_watch, args=(stores, ended), daemon=True)
    watch.start()
    stores.append(mx.kv.create("dist_sync"))
    try:
        if os.environ["DMLC_ROLE"] == "worker":
            learn(Workers(stores[0]))
            # Other workers may need longer. MXNet has no public method for this barrier.
            stores[0]._barrier()
        else:
            # MXNet's own controller would unpickle the commands that it receives. MXNet has no
            # public way to replace the controller, so `_LIB` is called directly.
            kind = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
            controller = kind(lambda *_: None)
            mx.base.check_call(mx.base._LIB.MXKVStoreRunServer(stores[0].handle, controller, None))
    except BaseException:
        # Closing the store would wait for workers that wait for this worker.
        atexit.register(os._exit, 1)
        raise
    # The store closes its connections when nothing refers to it.
    ended.set()
    watch.join()


def _configure(workers: int) -> None:
    """Complete the environment for ps-lite.

    Without an address the training stays on this machine, because the server has no
    authentication.
    """
    with socket.socket(type=socket.SOCK_DGRAM) as leader:
        # A datagram socket sends nothing when it connects. The address of all interfaces, 0.0.0.0,
        # becomes that of loopback.
        leader.connect((os.environ.get(ADDRESS, "127.0.0.1"), _port()))
        os.environ[ADDRESS] = leader.getpeername()[0]
        os.environ.setdefault("DMLC_NODE_HOST", leader.getsockname()[0])
    os.environ |= {
        "DMLC_NUM_WORKER": str(workers),
        "DMLC_NUM_SERVER": "1",
        "PS_HEARTBEAT_INTERVAL": str(_HEARTBEAT),
        # A process that joins by hand is a worker.
        "DMLC_ROLE": os.environ.get(ROLE, "worker"),
    }
    # ps-lite would use this variable as the port of every process.
    os.environ.pop("PORT", None)


def _watch(stores: Sequence[mx.kv.KVStore], ended: threading.Event) -> None:
    """End this process when its launcher has ended, a worker is late, or a process is lost.

    MXNet itself would wait for ever.

    Args:
        stores: empty until all workers have joined.
        ended: is set when the training has ended.
    """
    start, lost, number = time.monotonic(), 0, ctypes.c_int()
    while not ended.wait(0.5):
        reason = ""
        if LAUNCHER in os.environ and os.getppid() != int(os.environ[LAUNCHER]):
            os._exit(1)
        elif stores:
            # MXNet has no public way to ask for lost processes. While it starts, it may report all
            # processes as lost for a moment.
            ask = mx.base._LIB.MXKVStoreGetNumDeadNode
            ask(stores[0].handle, _EVERY_GROUP, ctypes.byref(number), _LOST_AFTER)
            lost = lost + 1 if number.value else 0
            if lost == 3:
                reason = f"a process of the training gave no sign of life for {_LOST_AFTER} seconds"
        elif time.monotonic() > start + _JOINED_WITHIN:
            where = f"{os.environ[ADDRESS]}:{os.environ[PORT]}"
            reason = f"not all workers have joined at {where} within {_JOINED_WITHIN} seconds"
        if reason:
            print(f"error: {reason}. The training has ended.", file=sys.stderr, flush=True)
            os._exit(1)
