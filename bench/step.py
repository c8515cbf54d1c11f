"""Where a step of training goes: the primitives of oneDNN, the making of input, and the rest.

oneDNN prints the time of each of its primitives if DNNL_VERBOSE is 1. Printing slows the training
down, so the whole step is timed without it.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from statistics import median

import pandas as pd

from bench import training

SIZES = ((32, 64), (16, 120))
# The fastest counts, which other work on the machine disturbs least.
ROUNDS = 5
# The parts of a step, by a pattern of primitive, pass and shapes, as oneDNN prints them.
PARTS = {
    "C1 and P2: convolution": r"convolution,forward\w*,.*_ic1oc",
    "C1 and P2: gradient of the kernels": r"convolution,backward_weights,.*_ic1oc",
    "C3: convolution": r"convolution,forward",
    "C3: gradients": r"convolution,backward",
    "pooling and its gradient": "pooling",
    "C5, F6, O7 and their gradients": "inner_product",
    "changes of memory layout": "reorder|concat",
    "other primitives": "",
}
_VIEW = "preprocessing and augmentation"
_REST = "MXNet's own operators, engine, Python"


def primitives(lines: str, steps: int) -> dict[str, float]:
    """Return the milliseconds a step of each of `PARTS`, from what oneDNN printed.

    The median of each primitive counts, because printing interrupts some.
    """
    times: dict[tuple[str, str], list[float]] = {}
    for line in lines.splitlines():
        fields = line.split(",")
        if fields[:2] != ["dnnl_verbose", "exec"]:
            continue
        described = ",".join([fields[3], fields[5], fields[-2]])
        part = next(name for name, pattern in PARTS.items() if re.match(pattern, described))
        times.setdefault((part, described), []).append(float(fields[-1]))
    sums = dict.fromkeys(PARTS, 0.0)
    for (part, _), each in times.items():
        sums[part] += median(each) * len(each) / steps
    return sums


def measure() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each table with its title."""
    core = str(min(os.sched_getaffinity(0)))
    for size, batch in SIZES:
        command = [sys.executable, "-m", "bench.training", training.OURS, str(size), str(batch)]
        done = subprocess.run(
            ["taskset", "--cpu-list", core, *command],
            env={**os.environ, "DNNL_VERBOSE": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        steps = training.EPOCHS * training.IMAGES // batch
        parts = primitives(done.stdout, steps)
        whole, ready = (
            1000 * batch / max(training.throughput(name, size, batch, 1) for _ in range(ROUNDS))
            for name in (training.OURS, training.OURS_READY)
        )
        parts[_VIEW] = whole - ready
        parts[_REST] = whole - sum(parts.values())
        rows = [(part, f"{time:.2f}", f"{time / whole:.0%}") for part, time in parts.items()]
        rows.append(("the whole step", f"{whole:.2f}", "100%"))
        title = f"A step at {size} x {size}, a batch of {batch}, one core"
        yield title, pd.DataFrame(rows, columns=["part", "ms", "share"])
