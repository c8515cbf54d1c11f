"""The speed of reading raw files, beside other readers, and how time grows with the file.

Every reader reads a made-up file of the size of the USPS training file, in turn, for several
rounds. A ratio is taken within each round.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from sklearn.datasets import load_svmlight_file

from bench.report import MIB, compared, measured
from lenet.raw import formats, image_text, jf
from lenet.raw.layout import Layout
from lenet.raw.records import Records

LAYOUT = Layout.of(side=16, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)
USPS_IMAGES = 7291
ROUNDS = 7


def write_files(folder: Path, images: int) -> tuple[Path, Path]:
    """Write noise images, half of their pixels blank, as .jf and as image-text."""
    generator = np.random.default_rng(0)
    pixels = np.round(generator.uniform(-2, 2, (images, LAYOUT.features)).clip(0), 6)
    records = Records(generator.integers(0, 10, images), pixels)
    paths = folder / f"{images}.jf", folder / f"{images}.txt"
    for path, writer in zip(paths, (jf.write, image_text.write), strict=True):
        with path.open("wb") as file:
            writer(file, records, LAYOUT)
    return paths


def plain_jf(path: Path) -> None:
    """Read .jf as the notebook did: split the text, then turn each word into a number."""
    numbers = [float(word) for word in path.read_text().split()[2:-1]]
    np.array(numbers).reshape(-1, 1 + LAYOUT.features)


def plain_image_text(path: Path) -> None:
    """Read image-text in plain Python."""
    lines = path.read_text().splitlines()
    pixels = np.zeros((len(lines), LAYOUT.features))
    for row, line in zip(pixels, lines, strict=True):
        for index, _, value in (pair.partition(":") for pair in line.split()[1:]):
            row[int(index) - 1] = float(value)


READERS: dict[str, dict[str, Callable[[Path], object]]] = {
    ".jf": {
        "lenet.raw": lambda path: formats.read(path, LAYOUT),
        "pandas.read_csv": lambda path: pd.read_csv(
            path, sep=" ", header=None, skiprows=1, names=range(1 + LAYOUT.features)
        ),
        "numpy.loadtxt": lambda path: np.loadtxt(path, skiprows=1, max_rows=USPS_IMAGES),
        "split and float()": plain_jf,
    },
    ".txt": {
        "lenet.raw": lambda path: formats.read(path, LAYOUT),
        "sklearn load_svmlight_file": lambda path: load_svmlight_file(str(path)),
        "split and float()": plain_image_text,
    },
}


def compare(path: Path) -> pd.DataFrame:
    """Return the speed of every reader of `path`, in MiB/s and as a ratio to `lenet.raw`."""
    size = path.stat().st_size / MIB
    speeds: dict[str, list[float]] = {name: [] for name in READERS[path.suffix]}
    for _ in range(ROUNDS):
        for name, reader in READERS[path.suffix].items():
            start = perf_counter()
            reader(path)
            speeds[name].append(size / (perf_counter() - start))
    return compared(speeds, "lenet.raw", "MiB/s")


def grow(path: Path) -> pd.DataFrame:
    """Return time and peak memory of converting files of 1, 10 and 100 times the records."""
    rows = []
    for times in (1, 10, 100):
        large = repeat(path, times)
        npz = large.with_suffix(".npz")
        convert = f"formats.convert([Path({str(large)!r})], Path({str(npz)!r}), LAYOUT)"
        prepare = "from bench.conversion import LAYOUT, Path, formats"
        seconds, peak = measured(convert, Path.cwd(), prepare=prepare)
        size = large.stat().st_size / MIB
        rows.append(
            {
                "file": f"{path.suffix} x {times}",
                "MiB": f"{size:.0f}",
                "npz MiB": f"{npz.stat().st_size / MIB:.0f}",
                "seconds": f"{seconds:.2f}",
                "s / MiB": f"{seconds / size:.4f}",
                "peak MiB": f"{peak:.0f}",
            }
        )
        large.unlink()
        npz.unlink()
    return pd.DataFrame(rows)


def repeat(path: Path, times: int) -> Path:
    """Write a file with the records of `path` repeated; return its path."""
    lines = path.read_bytes().splitlines(keepends=True)
    # In a .jf file a header precedes the records, and an end marker follows them.
    edge = 1 if path.suffix == ".jf" else 0
    records = lines[edge : len(lines) - edge]
    large = path.with_stem(f"{path.stem}x{times}")
    with large.open("wb") as file:
        file.writelines(lines[:edge])
        for _ in range(times):
            file.writelines(records)
        file.writelines(lines[len(lines) - edge :])
    return large


def measure() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each table with its title."""
    with tempfile.TemporaryDirectory() as folder:
        paths = write_files(Path(folder), USPS_IMAGES)
        for path in paths:
            size = path.stat().st_size / MIB
            yield f"Reading {path.suffix}: {size:.1f} MiB, {ROUNDS} rounds", compare(path)
        for path in paths:
            yield f"Converting {path.suffix} of 1, 10 and 100 times the size of USPS", grow(path)
