"""The time that `make test` takes."""

import re
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pandas as pd

from bench.report import run

ROOT = Path(__file__).parents[1]


def measure() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the table with its title."""
    start = perf_counter()
    output = run(["make", "test"], ROOT)
    row = {"seconds": round(perf_counter() - start, 1), "tests passed": passed(output)}
    yield "`make test`, once", pd.DataFrame([row])


def passed(output: str) -> int:
    """Return how many tests passed, from what pytest printed."""
    return int(re.findall(r"(\d+) passed", output)[-1])
