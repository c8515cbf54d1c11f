"""How much memory there is to be had."""

import math
import sys
from pathlib import Path

import psutil

_CGROUPS = Path("/sys/fs/cgroup")


def available() -> float:
    """Return how many bytes this process may take besides those it has.

    That is what the machine has to give, unless a limit of the process (`ulimit -v`, `-d`) or of
    its control group (a container's, a cluster job's) leaves less.
    """
    process = psutil.Process()
    taken = process.memory_info()
    left: list[float] = [psutil.virtual_memory().available + psutil.swap_memory().free]
    if sys.platform == "linux":
        for kind, used in ((psutil.RLIMIT_AS, taken.vms), (psutil.RLIMIT_DATA, taken.data)):
            limit, _ = process.rlimit(kind)
            if limit != psutil.RLIM_INFINITY:
                left.append(limit - used)
        left.append(_limit_of_group() - taken.rss)
    return max(0, min(left))


def _limit_of_group() -> float:
    """Return the bytes that this process's control group may take, as cgroups 1 or 2 tell."""
    paths = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, group = line.split(":", 2)
        # Within a container its own group is the root, whatever it is called outside.
        for name in (group.lstrip("/"), ""):
            if controllers == "":
                paths.append(_CGROUPS / name / "memory.max")
            elif controllers == "memory":
                paths.append(_CGROUPS / "memory" / name / "memory.limit_in_bytes")
    limits = [path.read_text().strip() for path in paths if path.is_file()]
    return min((float(limit) for limit in limits if limit != "max"), default=math.inf)
