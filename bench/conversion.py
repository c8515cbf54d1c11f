"""How fast raw files are read, beside other readers, and how that grows with the file.

    python -m bench.conversion

A file of the size of the USPS training file is made up, read in turn by every reader, several
times over; a ratio is taken within each round.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
from sklearn.datasets import load_svmlight_file

from lenet import image_text, jf, raw
from lenet.records import Layout, Records

LAYOUT = Layout(side=16, pixel_range=(0, 2), first_label=0)
USPS_IMAGES = 7291
ROUNDS = 7
MIB = 1 << 20


def write_files(folder: Path, images: int) -> tuple[Path, Path]:
    """Write noise images, half of their pixels blank, as .jf and as image-text."""
    generator = np.random.default_rng(0)
    pixels = np.round(generator.uniform(-2, 2, (images, LAYOUT.features)).clip(0), 6)
    records = Records(generator.integers(0, 10, images), pixels)
    paths = folder / f"{images}.jf", folder / f"{images}.txt"
    for path, writer in zip(paths, (jf.write, image_text.write), strict=True):
        with path.open("wb") as file:
            writer(file, [records], LAYOUT)
    return paths


def plain_jf(path: Path) -> None:
    """Read .jf as one would by hand, and as the notebook did: split, then float each number."""
    numbers = [float(word) for word in path.read_text().split()[2:-1]]
    np.array(numbers).reshape(-1, 1 + LAYOUT.features)


def plain_image_text(path: Path) -> None:
    """Read image-text by hand."""
    lines = path.read_text().splitlines()
    np.array([[float(pair.partition(":")[2]) for pair in line.split()[1:]] for line in lines])


READERS: dict[str, dict[str, Callable[[Path], object]]] = {
    ".jf": {
        "lenet.raw": lambda path: raw.read(path, LAYOUT),
        "pandas.read_csv": lambda path: pd.read_csv(
            path, sep=" ", header=None, skiprows=1, names=range(1 + LAYOUT.features)
        ),
        "numpy.loadtxt": lambda path: np.loadtxt(path, skiprows=1, max_rows=USPS_IMAGES),
        "split and float()": plain_jf,
    },
    ".txt": {
        "lenet.raw": lambda path: raw.read(path, LAYOUT),
        "sklearn load_svmlight_file": lambda path: load_svmlight_file(str(path)),
        "split and float()": plain_image_text,
    },
}


def compare(path: Path) -> None:
    """Print the speed of every reader of `path`, and its time as a ratio to ours."""
    readers = READERS[path.suffix]
    seconds: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(ROUNDS):
        for name, reader in readers.items():
            start = perf_counter()
            reader(path)
            seconds[name].append(perf_counter() - start)
    size = path.stat().st_size / MIB
    print(f"\n{path.suffix}, {size:.1f} MiB, {ROUNDS} rounds\n")
    print("| reader | MiB/s (median) | time / ours: median (least to most) |")
    print("|---|---:|---:|")
    for name, times in seconds.items():
        ratios = [t / ours for t, ours in zip(times, seconds["lenet.raw"], strict=True)]
        spread = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"| {name} | {size / median(times):.0f} | {spread} |")


def grow(folder: Path) -> None:
    """Print time and peak memory of conversion at 1, 4 and 16 times the USPS training file."""
    print("\n| file | MiB | npz MiB | seconds | s / MiB | peak MiB |")
    print("|---|---:|---:|---:|---:|---:|")
    for times in (1, 4, 16):
        for path in write_files(folder, times * USPS_IMAGES):
            code = f"from bench.conversion import measure; measure({str(path)!r})"
            command = [sys.executable, "-c", code]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds, peak = map(float, done.stdout.split())
            size, npz = path.stat().st_size / MIB, path.with_suffix(".npz").stat().st_size / MIB
            print(
                f"| {path.suffix} x {times} | {size:.0f} | {npz:.0f} | {seconds:.2f} | "
                f"{seconds / size:.4f} | {peak:.0f} |"
            )
            path.unlink()


def measure(path: str) -> None:
    """Convert one file and print the seconds it took and the process's peak memory in MiB.

    The peak is Linux's of this program alone; getrusage would count the parent's before exec.
    """
    start = perf_counter()
    raw.convert(Path(path), Path(path).with_suffix(".npz"), LAYOUT)
    seconds = perf_counter() - start
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(seconds, int(peak) / 1024)


def main() -> None:
    """Run all of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in write_files(folder, USPS_IMAGES):
            compare(path)
        grow(folder)


if __name__ == "__main__":
    main()
