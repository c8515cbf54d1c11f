"""The time that `make test` takes."""

import re
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pandas as pd

from bench.report import run


def measure() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the table with its title."""
    start = perf_counter()
    output = run(["make", "test"], Path.cwd())
    passed = int(re.findall(r"(\d+) passed", output)[-1])
    row = {"seconds": round(perf_counter() - start, 1), "tests passed": passed}
    yield "`make test`, once", pd.DataFrame([row])
