import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench import conversion, report, training, workers, workflow
from lenet.core import npz
from lenet.raw import formats

ROOT = Path(__file__).parents[1]


def test_ratios_are_taken_within_each_round() -> None:
    table = report.compared({"ours": [1.0, 2.0, 4.0], "other": [2.0, 2.0, 12.0]}, "ours", "s")
    assert table.to_numpy().tolist() == [
        ["ours", "2", "1.00 (1.00 to 1.00)"],
        ["other", "2", "2.00 (1.00 to 3.00)"],
    ]


def test_the_machine_is_described() -> None:
    assert "mxnet 1.9.1" in report.machine()


def test_every_reader_reads_the_files_made_up_and_a_longer_one_repeats_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "USPS_IMAGES", 30)
    for path in conversion.write_files(tmp_path, 30):
        for reader in conversion.READERS[path.suffix].values():
            reader(path)
        once = list(formats.read_records(path, conversion.LAYOUT))
        thrice = list(formats.read_records(conversion.repeat(path, 3), conversion.LAYOUT))
        labels = np.concatenate([block.labels for block in once])
        repeated = np.concatenate([block.labels for block in thrice])
        np.testing.assert_array_equal(repeated, np.tile(labels, 3))


@pytest.mark.parametrize("name", [name for name in training.CONTENDERS if "PyTorch" not in name])
def test_every_contender_trains(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MXNET_CPU_TEMP_COPY", "64")  # restored, should one change it
    monkeypatch.setattr(training, "IMAGES", 48)
    monkeypatch.setattr(training, "EPOCHS", 2)
    assert len(list(training.CONTENDERS[name](16, 24))) == 2


@pytest.mark.slow
def test_workers_are_timed_by_the_stage_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "IMAGES", 4800)
    npz.save(training.made_up(16, workers.IMAGES), tmp_path / "train.npz")
    speed = workers.throughput(tmp_path, image_size=16, **workers.CONTENDERS["two workers"])
    # An epoch in less than a minute.
    assert speed > workers.IMAGES / 60


def test_the_stages_measured_are_those_of_the_workflow() -> None:
    names = subprocess.run(
        # Not by its name alone: the environment need not be activated.
        [sys.executable, "-m", "dvc", "stage", "list", "--name-only"],
        cwd=ROOT,
        env=os.environ | {"DVC_NO_ANALYTICS": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert list(workflow.STAGES) == ["data/dvc.yaml:usps", *names]
    for name, module in workflow.STAGES.items():
        assert module in (name.partition("@")[0], "fetch")
        assert (ROOT / "stages" / f"{module}.py").is_file()
