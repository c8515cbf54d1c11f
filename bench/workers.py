"""The speed of replicas, and of several workers over MXNet's parameter server.

The real stage trains on made-up digits. Images a second come from the time that the stage prints
for each epoch but the first.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from ruamel.yaml import YAML

from bench.report import compared
from bench.training import made_up
from lenet.core import npz

ROOT = Path(__file__).parents[1]
ROUNDS = 3
# Enough images for an epoch of some seconds, because its time is printed in tenths of a second.
EPOCHS = 3
IMAGES = 20_480
BATCHES = (64, 512)
ONE_PROCESS, ONE_CORE = "one process", "one process, one core"
CONTENDERS: dict[str, dict[str, object]] = {
    ONE_PROCESS: {},
    ONE_CORE: {},
    "two workers": {"workers": 2},
    "one process, two replicas": {"replicas": 2},
}


def throughput(folder: Path, contender: str, **changes: object) -> float:
    """Return images a second of the stage, with `changes` of the top level of params.yaml."""
    yaml = YAML(typ="safe")
    params = yaml.load(ROOT / "params.yaml")
    params |= {"epochs": EPOCHS, "validation_fraction": 0, **CONTENDERS[contender], **changes}
    yaml.dump(params, folder / "params.yaml")
    command = [sys.executable, "-m", "stages.train", "train.npz", "models", "curves"]
    if contender == ONE_CORE:
        command = ["taskset", "--cpu-list", str(min(os.sched_getaffinity(0))), *command]
    done = subprocess.run(
        command,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = [float(value) for value in re.findall(r"([\d.]+) s so far", done.stdout)]
    return IMAGES * (len(seconds) - 1) / (seconds[-1] - seconds[0])


def measure() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each table with its title."""
    with tempfile.TemporaryDirectory() as name:
        npz.save(made_up(16, IMAGES), Path(name, "train.npz"))
        for batch_size in BATCHES:
            figures = defaultdict(list)
            for _ in range(ROUNDS):
                for contender in CONTENDERS:
                    figures[contender].append(
                        throughput(Path(name), contender, batch_size=batch_size)
                    )
            title = f"Workers at 32 x 32, batches of {batch_size}, all cores, {ROUNDS} rounds"
            yield title, compared(figures, ONE_PROCESS, "images/s")
