"""Time and memory of every stage on a tenth of 200,000 + 40,000 images of 16 x 16, and on all.

The images are USPS digits with noise, so that no two are equal. Training takes two epochs.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from dvc.utils.serialize import modify_yaml

from bench.conversion import LAYOUT
from bench.report import clone, measured
from lenet.core import npz
from lenet.core.npz import Dataset
from lenet.raw.formats import write

IMAGES = {"train": 200_000, "test": 40_000}
COMMANDS = {
    "convert train": "convert data/raw/train.jf data/npz/train.npz metrics/data_train.json",
    "convert test": "convert data/raw/test.jf data/npz/test.npz metrics/data_test.json",
    "train": "train data/npz/train.npz models metrics/training",
    "export": "export data/npz/train.npz metrics/data_train.json models models/lenet.onnx",
    "evaluate": "evaluate models/lenet.onnx data/npz metrics",
    "draw": "draw data/npz/train.npz models metrics/training metrics/pictures",
    "report": "report models/lenet.onnx metrics",
}


def write_raw(digits: Dataset, path: Path, images: int) -> None:
    """Write a number of images to a .jf file: the digits over and over, each with other noise."""
    generator = np.random.default_rng(images)
    index = np.arange(images) % len(digits)
    noise = generator.uniform(-0.1, 0.1, (images, 16, 16)).astype(np.float32)
    noisy = Dataset((digits.images[index] + noise).clip(0, 1).round(3), digits.labels[index])
    write(noisy, path, LAYOUT)


def stage(arguments: str, folder: Path) -> tuple[float, float]:
    """Run a stage in `folder`; return its seconds, and its peak memory in MiB."""
    module, *rest = arguments.split()
    run = f"runpy.run_module('stages.{module}', run_name='__main__')"
    return measured(f"import runpy, sys; sys.argv[1:] = {rest}; {run}", folder)


def measure() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the table with its title."""
    digits = npz.load(Path("data/npz/train.npz"), 10)
    table = pd.DataFrame(index=pd.Index(COMMANDS, name="stage"))
    with tempfile.TemporaryDirectory() as name:
        folder = clone(Path(name, "lenet"))
        with modify_yaml(folder / "params.yaml") as params:
            params |= {f"{part}_file": f"data/raw/{part}.jf" for part in IMAGES} | {"epochs": 2}
        for share, size in ((10, "a tenth"), (1, "all")):
            for part, images in IMAGES.items():
                write_raw(digits, folder / f"data/raw/{part}.jf", images // share)
            figures = [stage(arguments, folder) for arguments in COMMANDS.values()]
            table[[f"{size}: seconds", f"{size}: peak MiB"]] = figures
    title = "Every stage on 20,000 + 4,000 and on 200,000 + 40,000 images"
    yield title, table.round(1).reset_index()
