"""The time that `make setup` takes, and the size of the environments.

Every target runs in a temporary clone, once without cached packages and once with the cache that
the first run has filled.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from bench.report import MIB, clone, seconds


def measure() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the table with its title."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        environment = clean_environment(Path(name, "cache"))
        for cache in ("empty", "filled"):
            folder = clone(Path(name, cache))
            # The first target installs the packages of the workflow, the second the developers'.
            for target in ("setup", "setup-dev"):
                time = seconds(["make", target], folder, env=environment)
                files = (file for file in (folder / ".venv").rglob("*") if not file.is_symlink())
                rows.append(
                    {
                        "command": f"make {target}",
                        "cache": cache,
                        "seconds": round(time, 1),
                        ".venv MiB": round(sum(file.lstat().st_size for file in files) / MIB),
                    }
                )
    yield "Set-up in a new clone, once each", pd.DataFrame(rows)


def clean_environment(cache: Path) -> dict[str, str]:
    """Return the environment of a user who has no environment active and no cached packages."""
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    # The user may have activated another environment than the one that runs this.
    active = {str(Path(root, "bin")) for root in (sys.prefix, os.environ.get("VIRTUAL_ENV", ""))}
    folders = environment["PATH"].split(os.pathsep)
    environment["PATH"] = os.pathsep.join(each for each in folders if each not in active)
    return environment | {"UV_CACHE_DIR": f"{cache}/uv", "PIP_CACHE_DIR": f"{cache}/pip"}
