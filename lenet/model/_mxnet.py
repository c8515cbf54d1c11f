"""The one module that imports MXNet, with the settings that must precede the import."""

import atexit
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# One thread and two threads of an operator add in a different order and give different bits.
# LeNet's operators are too small to gain from threads. Whole operators run at the same time
# instead; see `training.replicas`.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MXNET_CPU_WORKER_NTHREADS"] = str(os.cpu_count())
# Operators wait for a free piece of scratch memory. With MXNet's default of 4 pieces, two networks
# at the same time are hardly faster than two in turn.
os.environ["MXNET_CPU_TEMP_COPY"] = "64"
import numpy as np
from numpy.core._multiarray_umath import __cpu_features__  # type: ignore[import-not-found]

# MXNet 1.9.1 reads the alias that NumPy dropped in 1.24.
np.bool = np.bool_  # type: ignore[attr-defined]

if platform.machine() == "x86_64":
    if not (__cpu_features__["AVX2"] and __cpu_features__["FMA3"]):
        sys.exit(
            "error: NumPy finds no AVX2 and FMA here. Networks are trained with both, so that they "
            "are the same on every processor; expected a processor made since about 2015, and that "
            "lenet is imported before NumPy."
        )
    if __cpu_features__["AVX512F"]:
        sys.exit(
            "error: NumPy was imported before lenet, and computes with AVX-512. The network would "
            "differ from that of other processors. Import lenet first."
        )

# With the role of a server, MXNet would start serving when it is imported, and unpickle every
# command that reaches it; see `training.distributed.workers.serve`.
_role = os.environ.pop("DMLC_ROLE", None)
# MXNet imports these packages if it finds them, for parts that nothing here uses. That would take
# more than half of its import.
_unneeded = {"scipy.stats", "sklearn"} - set(sys.modules)
sys.modules.update(dict.fromkeys(_unneeded))  # type: ignore[arg-type]
try:
    import mxnet as mx
except OSError as error:
    sys.exit(
        f"error: MXNet does not load: {error}. It needs libraries of the system that small "
        "installations lack; on Debian and Ubuntu: apt install libgomp1 libgfortran5, and on arm64 "
        "libopenblas0-pthread liblapacke too."
    )
finally:
    for _name in _unneeded:
        del sys.modules[_name]
    if _role is not None:
        os.environ["DMLC_ROLE"] = _role

from lenet.core.errors import InputError  # noqa: E402

__all__ = ["context", "memory_reported", "mx"]


@contextmanager
def memory_reported() -> Iterator[None]:
    """Turn MXNet's or NumPy's error for memory that cannot be allocated into an InputError."""
    try:
        yield
    except (mx.MXNetError, MemoryError) as error:
        if isinstance(error, mx.MXNetError) and "allocate" not in str(error):
            raise
        # The engine would raise its error again, with a long trace, when Python exits. It may have
        # one too where NumPy was refused memory first.
        atexit.register(os._exit, 1)
        raise InputError(
            "",
            "there is not enough memory for MXNet",
            advice="Lower batch_size, network.image_size or members, or take a machine, container "
            "or job with more.",
        ) from error


def context(device: str) -> mx.Context:
    """Return the MXNet context of `device`, "cpu" or "gpu" (the first one).

    Raises InputError where MXNet was built without CUDA or the machine shows no GPU.
    """
    if device == "cpu":
        return mx.cpu()
    if not mx.runtime.Features().is_enabled("CUDA"):
        raise InputError(
            "device",
            f"gpu needs an MXNet built with CUDA; the installed {mx.__version__} is the CPU build",
            advice="Install a mxnet-cu112 wheel in its place, or set device: cpu.",
        )
    try:
        gpus = mx.context.num_gpus()
    except mx.MXNetError as error:
        raise InputError("device", f"gpu, but CUDA does not start: {error}") from error
    if gpus == 0:
        found = "gpu, but MXNet sees no GPU on this machine"
        raise InputError("device", found, advice="Set device: cpu.")
    return mx.gpu()
