import os
import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

from bench import __main__ as bench
from bench import conversion, learning, report, setup, step, training, workers, workflow
from bench import tests as test_times
from lenet.core import npz
from lenet.model._mxnet import mx
from lenet.model.deformation import Deformation
from lenet.model.sampling import network_input
from lenet.raw import formats
from lenet.training.recipe import Recipe
from tests.project import ROOT
from tests.settings import DEFAULT_PREPROCESS
from tests.training.small import real_digits


def test_ratios_are_taken_within_each_round() -> None:
    table = report.compared({"ours": [1.0, 2.0, 4.0], "other": [2.0, 2.0, 12.0]}, "ours", "s")
    assert table.to_numpy().tolist() == [
        ["ours", "2", "1.00 (1.00 to 1.00)"],
        ["other", "2", "2.00 (1.00 to 3.00)"],
    ]


def test_the_machine_is_described() -> None:
    described = report.machine()
    assert "mxnet 1.9.1" in described
    (processor,) = re.findall(r"^\d+ x (.+) \(family \d+, model \d+\), \d+ GiB", described)
    assert processor in Path("/proc/cpuinfo").read_text()


def test_a_part_of_the_results_is_renewed_and_the_others_stay() -> None:
    order = ["one", "two", "three"]
    text = report.renewed("", "two", "Measured.\n\n### Speed\n\n| a |", order=order)
    assert text == "# Benchmarks, by `make bench`\n\n## two\n\nMeasured.\n\n### Speed\n\n| a |\n"
    text = report.renewed(text, "three", "third", order=order)
    text = report.renewed(text, "one", "first", order=order)
    assert report.renewed(text, "three", "again", order=order) == text.replace("third", "again")
    assert re.findall("^## .*", text, re.M) == ["## one", "## two", "## three"]
    assert "### Speed\n\n| a |\n\n## three" in text


def test_the_committed_results_have_a_part_for_each_benchmark_there_was() -> None:
    text = bench.RESULTS.read_text()
    names = re.findall("^## (.*)", text, re.M)
    assert set(names) <= {*bench.BENCHMARKS}
    # Writing a part as it stands changes nothing.
    parts = re.split("^## .*\n\n", text, flags=re.M)[1:]
    for name, part in zip(names, parts, strict=True):
        assert part.startswith("Measured on ")
        assert report.renewed(text, name, part, order=[*bench.BENCHMARKS]) == text


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture) -> None:
    with (
        patch.object(sys, "argv", ["bench", "speed"]),
        pytest.raises(SystemExit),
    ):
        bench.main()
    assert "found speed; expected tests, setup, conversion" in capsys.readouterr().err


def test_set_up_begins_without_caches_and_without_our_environment(tmp_path: Path) -> None:
    environment = setup.clean_environment(tmp_path)
    assert "VIRTUAL_ENV" not in environment
    assert str(ROOT / ".venv/bin") not in environment["PATH"].split(os.pathsep)
    for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR"):
        assert environment[name].startswith(f"{tmp_path}/")
    (tmp_path / "file").write_bytes(bytes(1000))
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert setup.size(tmp_path) == 1000


def test_the_tests_that_passed_are_counted() -> None:
    assert (
        test_times.passed("bringing up nodes\n===== 480 passed, 3 skipped in 99.5s =====\n") == 480
    )


def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    assert report.run(["echo", "yes"], tmp_path) == "yes\n"
    with pytest.raises(RuntimeError, match="no such file|No such file"):
        report.run(["ls", "nowhere"], tmp_path)


def test_every_reader_reads_the_files_made_up_and_a_longer_one_repeats_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "USPS_IMAGES", 30)
    for path in conversion.write_files(tmp_path, 30):
        for reader in conversion.READERS[path.suffix].values():
            reader(path)
        once = list(formats.read_blocks(path, conversion.LAYOUT))
        thrice = list(formats.read_blocks(conversion.repeat(path, 3), conversion.LAYOUT))
        labels = np.concatenate([block.labels for block in once])
        repeated = np.concatenate([block.labels for block in thrice])
        np.testing.assert_array_equal(repeated, np.tile(labels, 3))


def test_the_primitives_of_a_step_are_added_up() -> None:
    shapes = "src_f32::blocked:abcd:f0 dst_f32::blocked:aBcd8b:f0,,alg:convolution_direct"
    kernels = f"convolution,jit:avx2,forward_training,{shapes},mb64_ic1oc24_ih32oh14"
    gradient = f"convolution,x64:gemm:jit,backward_weights,{shapes},mb64_ic1oc24_ih32oh14"
    others = f"convolution,jit:avx2,backward_data,{shapes},mb64_ic8oc16_ih14oh10"
    lines = [
        "dnnl_verbose,info,oneDNN v2.4.4",
        *(f"dnnl_verbose,exec,cpu,{kernels},{time}" for time in (0.25, 0.5, 7)),
        f"dnnl_verbose,exec,cpu,{gradient},1.5",
        *(f"dnnl_verbose,exec,cpu,{others},{time}" for time in (2, 2)),
        "dnnl_verbose,exec,cpu,reorder,jit:blk,undef,a,,,64x24x14x14,0.75",
        "5480.1",
    ]
    found = {name: time for name, time in step.primitives("\n".join(lines), 2).items() if time}
    assert found == {
        "C1 and P2: convolution": 0.75,
        "C1 and P2: gradient of the kernels": 0.75,
        "C3: gradients": 2,
        "changes of memory layout": 0.375,
    }


@pytest.mark.parametrize("name", training.CONTENDERS)
def test_every_contender_trains(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if "PyTorch" in name:
        pytest.importorskip("torch")
    monkeypatch.setenv("MXNET_CPU_TEMP_COPY", "64")  # restored, should one change it
    monkeypatch.setattr(training, "IMAGES", 48)
    monkeypatch.setattr(training, "EPOCHS", 2)
    monkeypatch.chdir(ROOT)
    assert len(list(training.CONTENDERS[name](16, 24))) == 2


@pytest.mark.parametrize("name", learning.CONTENDERS)
def test_every_contender_learns_the_digits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if "PyTorch" in name:
        pytest.importorskip("torch")
    monkeypatch.chdir(ROOT)
    digits = real_digits()
    recipe = Recipe.load().model_copy(update={"epochs": 3, "validation_fraction": 0})
    *_, recognise = learning.CONTENDERS[name](digits[:1200], recipe)
    scores = recognise(digits[1200:].images)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
    assert (scores.argmax(axis=1) == digits[1200:].labels).mean() > 0.85


def test_pytorch_sees_what_mxnet_sees() -> None:
    torch = pytest.importorskip("torch")
    from bench import pytorch

    generator = np.random.default_rng(0)
    images = generator.random((7, 16, 16), dtype=np.float32)
    images[0] = 0
    for points in (0, 5):
        deformation = Deformation(
            generator.normal(size=(7, 2, 3)).astype(np.float32),
            generator.normal(size=(7, 2, points, points)).astype(np.float32),
        )
        widened = deformation.affine * np.array([1.35, 1.35, 1], np.float32)
        given = (torch.from_numpy(array) for array in (images, widened, deformation.elastic))
        ink, affine, elastic = given
        seen = pytorch.seen(ink, affine, elastic.flatten(2), DEFAULT_PREPROCESS, 32).numpy()
        expected = network_input(images, deformation, DEFAULT_PREPROCESS, size=32, context=mx.cpu())
        np.testing.assert_allclose(seen, expected.asnumpy(), atol=1e-4)


def test_the_time_to_a_loss_is_that_of_the_first_epoch_at_or_below_it() -> None:
    runs = [
        pd.DataFrame({"seconds": [1.0, 2.0, 3.0], "loss": losses})
        for losses in ([0.9, 0.2, 0.3], [0.5, 0.4, 0.35])
    ]
    table = learning.reached({"ours": runs}, 0.3)
    assert table.to_numpy().tolist() == [["ours", "0.3000, 0.3500", "2, never"]]


@pytest.mark.slow
def test_workers_are_timed_by_the_stage_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "IMAGES", 4800)
    npz.save(training.made_up(16, workers.IMAGES), tmp_path / "train.npz")
    speed = workers.throughput(tmp_path, "two workers")
    # An epoch takes less than a minute.
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
