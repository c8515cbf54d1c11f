"""How the benchmarks show what they measured."""

import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import pandas as pd


def compared(figures: dict[str, list[float]], reference: str, unit: str) -> pd.DataFrame:
    """Return a row a contender: the median of its figures, and their ratio to the reference's.

    Args:
        figures: of each contender, one a round; a ratio is taken within each round.
        reference: the contender that the others are compared with.
        unit: of the figures.
    """
    table = pd.DataFrame(figures)
    ratios = table.div(table[reference], axis=0)
    spread = [
        f"{ratio.median():.2f} ({ratio.min():.2f} to {ratio.max():.2f})"
        for _, ratio in ratios.items()
    ]
    return pd.DataFrame(
        {
            "contender": table.columns,
            f"{unit} (median)": [f"{figure:.4g}" for figure in table.median()],
            f"ratio to {reference} (least to most)": spread,
        }
    )


def machine() -> str:
    """Return the machine, the system and the versions that figures depend on, in a paragraph."""
    cpus = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    (memory,) = re.findall(r"MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=True
    ).stdout.strip()
    versions = ", ".join(f"{name} {version(name)}" for name in ("mxnet", "numpy", "pandas", "dvc"))
    return (
        f"{len(cpus)} x {cpus[0]}, {int(memory) / 2**20:.0f} GiB, {platform.platform()}; "
        f"Python {platform.python_version()}, {versions}; commit {commit}."
    )
