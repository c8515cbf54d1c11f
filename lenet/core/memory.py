"""How much memory there is to be had."""

import math
import sys
from pathlib import Path, PurePosixPath

import psutil

# By the controllers that /proc/self/cgroup lists, of cgroups 2 and 1: folder, and files of the
# limit and the usage; of the usage that is given back when it is needed, the name in memory.stat.
_VERSIONS = {
    "": ("", "memory.max", "memory.current", "inactive_file"),
    "memory": (
        *("memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
        "total_inactive_file",
    ),
}


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
        listing = Path("/proc/self/cgroup")
        if listing.is_file():
            left.append(room_of_groups(listing.read_text(), Path("/sys/fs/cgroup")))
    return max(0, min(left))


def room_of_groups(listing: str, root: Path) -> float:
    """Return the bytes that a process's control groups may take besides those they have.

    Args:
        listing: the process's groups, as in /proc/self/cgroup.
        root: where control groups are mounted.
    """
    room = math.inf
    for line in listing.splitlines():
        _, controllers, group = line.split(":", 2)
        if controllers not in _VERSIONS:
            continue
        folder, limit, usage, reclaimable = _VERSIONS[controllers]
        own = PurePosixPath(group).relative_to("/")
        # The limit may be that of a group around it. Within a container the root is its own group,
        # whatever it is called outside.
        for name in (own, *own.parents):
            here = root / folder / name
            if not (here / limit).is_file() or (most := (here / limit).read_text()) == "max\n":
                continue
            stat = dict(entry.split() for entry in (here / "memory.stat").read_text().splitlines())
            used = int((here / usage).read_text()) - int(stat[reclaimable])
            room = min(room, int(most) - used)
    return room
