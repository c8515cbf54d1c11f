"""The one module that imports MXNet, with the settings that must precede the import."""

import atexit
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# One thread and two threads of an operator add in a different order and give different bits.
# LeNet's operators are too small to gain from threads. Whole operators run at the same time.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MXNET_CPU_WORKER_NTHREADS"] = str(os.cpu_count())
import numpy as np
from numpy.core._multiarray_umath import __cpu_features__  # type: ignore[import-not-found]

# MXNet 1.9.1 reads the alias that NumPy dropped in 1.24.
np.bool = np.bool_  # type: ignore[attr-defined]

_own = {name: __cpu_features__.get(name) for name in ("AVX2", "FMA3", "AVX512F")}
if platform.machine() == "x86_64" and [*_own.values()] != [True, True, False]:
    sys.exit(
        f"error: NumPy computes with {_own}. Networks are trained with AVX2 and FMA3 alone, so "
        "that they are the same on every processor; expected a processor made since about 2015, "
        "and that lenet is imported before NumPy."
    )

# With the role of a server, MXNet would start serving when it is imported, and unpickle every
# command that reaches it; see `training.workers`.
os.environ.pop("DMLC_ROLE", None)
# MXNet imports these packages if it finds them, for parts that nothing here uses. That would take
# more than half of its import.
_unneeded = {"scipy.stats", "sklearn"} - set(sys.modules)
sys.modules.update(dict.fromkeys(_unneeded))  # type: ignore[arg-type]
try:
    import mxnet as mx
except OSError as error:
    sys.exit(
        f"error: MXNet does not load: {error}. It needs libraries of the system; on Debian and "
        "Ubuntu: apt install libgomp1 libgfortran5, on arm64 libopenblas0-pthread liblapacke too."
    )
finally:
    for _name in _unneeded:
        del sys.modules[_name]

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
        advice = "Lower batch_size, network.image_size or members, or take more memory."
        raise InputError("", "there is not enough memory for MXNet", advice=advice) from error


def context(device: str) -> mx.Context:
    """Return the MXNet context of `device`, "cpu" or "gpu" (the first one).

    Raises InputError where MXNet was built without CUDA or the machine shows no GPU.
    """
    if device == "gpu" and not mx.context.num_gpus():
        found, expected = "gpu, but MXNet sees none", "a GPU, and MXNet built with CUDA"
        raise InputError("device", found, expected, "Set device: cpu.")
    return mx.Context(device)
