"""What the benchmarks share: processes that are measured, tables, and the machine they ran on."""

import platform
import re
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import pandas as pd

MIB = 1 << 20


def run(command: list[str], folder: Path, *, env: dict[str, str] | None = None) -> str:
    """Run `command` in `folder` and return what it printed; it has to succeed."""
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def seconds(command: list[str], folder: Path, *, env: dict[str, str] | None = None) -> float:
    """Run `command` in `folder` and return how long it took."""
    start = perf_counter()
    run(command, folder, env=env)
    return perf_counter() - start


def clone(folder: Path) -> Path:
    """Return a clone of the committed state, in which nothing has been run."""
    run(["git", "clone", "--quiet", ".", str(folder)], Path.cwd())
    return folder


def measured(code: str, folder: Path, *, prepare: str = "") -> tuple[float, float]:
    """Run Python code in a process in `folder`; return its seconds, and its peak memory in MiB.

    Args:
        code: what is measured; an expression or several statements on one line.
        folder: where the process starts.
        prepare: is run before the clock starts, such as imports.
    """
    # The figure of Linux is for this program alone; getrusage would count the parent's before exec.
    peak = "(line.split()[1] for line in open('/proc/self/status') if 'VmHWM' in line)"
    lines = [prepare, "from time import perf_counter; start = perf_counter()", code]
    script = "\n".join([*lines, f"print(perf_counter() - start, *{peak})"])
    time, memory = run([sys.executable, "-c", script], folder).split()[-2:]
    return float(time), int(memory) / 1024


def compared(figures: dict[str, list[float]], reference: str, unit: str) -> pd.DataFrame:
    """Return a row for each contender: the median of its figures, and their ratio to the reference.

    Args:
        figures: for each contender a figure a round; a ratio is taken within each round.
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
    """Return the processor, the system and the versions that figures depend on, in a paragraph."""
    about = Path("/proc/cpuinfo").read_text()
    # A virtual machine may hide the model's name, and still say its numbers.
    name, family, model = (
        re.findall(rf"^{field}\s*: (.*)$", about, re.M)
        for field in ("model name", "cpu family", "model")
    )
    (memory,) = re.findall(r"MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    commit = run(["git", "describe", "--always", "--dirty"], Path.cwd()).strip()
    names = ["mxnet", "numpy", "pandas", "dvc", *(["torch"] if find_spec("torch") else [])]
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        f"{len(name)} x {name[0]} (family {family[0]}, model {model[0]}), "
        f"{int(memory) / 2**20:.0f} GiB, {platform.platform()}; "
        f"Python {platform.python_version()}, {versions}; commit {commit}."
    )


def renewed(text: str, name: str, content: str, *, order: list[str]) -> str:
    """Return the results `text` with the part `name` replaced by `content`.

    Args:
        text: parts under headings of the second level, which are their names; or nothing.
        name: of the part.
        content: without the heading.
        order: the names of all parts; others are dropped.
    """
    _, *pieces = re.split(r"^## (.*)\n", text, flags=re.M)
    parts = dict(zip(pieces[::2], pieces[1::2], strict=True))
    parts[name] = content
    known = (f"## {each}\n\n{parts[each].strip()}\n" for each in order if each in parts)
    return "\n".join(["# Benchmarks, by `make bench`\n", *known])
