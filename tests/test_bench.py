import re
import sys
from pathlib import Path

import numpy as np
import pytest

from bench import __main__ as bench
from bench import conversion, report, scale, setup, training, workflow
from lenet.model._mxnet import mx
from lenet.model.prediction import network_input
from lenet.raw import formats
from tests.project import ROOT
from tests.settings import DEFAULT_PREPROCESS


def test_ratios_are_taken_within_each_round() -> None:
    table = report.compared({"ours": [1.0, 2.0, 4.0], "other": [2.0, 2.0, 12.0]}, "ours", "s")
    assert table.to_numpy().tolist() == [
        ["ours", "2", "1.00 (1.00 to 1.00)"],
        ["other", "2", "2.00 (1.00 to 3.00)"],
    ]


def test_time_and_memory_are_those_of_the_code_alone(tmp_path: Path) -> None:
    prepare = "import time; time.sleep(0.3)"
    few, little = report.measured("time.sleep(0.1)", tmp_path, prepare=prepare)
    assert 0.1 <= few < 0.3
    _, much = report.measured("bytes(range(256)) * 400_000", tmp_path)
    assert 90 < much - little < 110
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        report.measured("1 / 0", tmp_path)


def test_a_part_of_the_results_is_renewed_and_the_others_stay() -> None:
    order = ["one", "two", "three"]
    text = report.renewed("", "two", "Measured.\n\n### Speed\n\n| a |", order=order)
    assert text == "# Benchmarks, by `make bench`\n\n## two\n\nMeasured.\n\n### Speed\n\n| a |\n"
    text = report.renewed(text, "three", "third", order=order)
    text = report.renewed(text, "one", "first", order=order)
    assert report.renewed(text, "three", "again", order=order) == text.replace("third", "again")
    assert re.findall("^## .*", text, re.M) == ["## one", "## two", "## three"]


def test_the_committed_results_are_those_of_the_benchmarks() -> None:
    text = bench.RESULTS.read_text()
    names = re.findall("^## (.*)", text, re.M)
    assert names == [*bench.BENCHMARKS]
    for name, part in zip(names, re.split("^## .*\n\n", text, flags=re.M)[1:], strict=True):
        assert part.startswith("Measured on ")
        assert report.renewed(text, name, part, order=names) == text


def test_set_up_begins_without_caches_and_without_our_environment(tmp_path: Path) -> None:
    environment = setup.clean_environment(tmp_path)
    assert "VIRTUAL_ENV" not in environment
    assert str(Path(sys.prefix, "bin")) not in environment["PATH"].split(":")
    for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR"):
        assert environment[name].startswith(f"{tmp_path}/")


def test_every_reader_reads_the_files_made_up_and_a_longer_one_repeats_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "USPS_IMAGES", 30)
    for path in conversion.write_files(tmp_path, 30):
        for reader in conversion.READERS[path.suffix].values():
            reader(path)
        once = formats.read(path, conversion.LAYOUT).data
        thrice = formats.read(conversion.repeat(path, 3), conversion.LAYOUT).data
        np.testing.assert_array_equal(thrice.labels, np.tile(once.labels, 3))


@pytest.mark.parametrize("name", training.CONTENDERS)
def test_every_contender_trains(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if "PyTorch" in name:
        pytest.importorskip("torch")
    monkeypatch.setattr(training, "IMAGES", 48)
    monkeypatch.setattr(training, "EPOCHS", 2)
    monkeypatch.chdir(ROOT)
    assert training.speed(name, 16, 24) > 0


def test_pytorch_sees_what_mxnet_sees() -> None:
    torch = pytest.importorskip("torch")
    from bench import pytorch

    generator = np.random.default_rng(0)
    images = generator.random((7, 16, 16), dtype=np.float32)
    images[0] = 0
    for points in (0, 5):
        deformations = generator.normal(size=(7, 2, 3 + points**2)).astype(np.float32)
        widened = deformations[:, :, :3] * np.array([1.35, 1.35, 1], np.float32)
        given = (images, widened, deformations[:, :, 3:])
        ink, affine, elastic = (torch.from_numpy(array) for array in given)
        seen = pytorch.seen(ink, affine, elastic, DEFAULT_PREPROCESS, 32).numpy()
        data = network_input(images, deformations, DEFAULT_PREPROCESS, size=32, context=mx.cpu())
        np.testing.assert_allclose(seen, data.asnumpy(), atol=1e-4)


def test_the_stages_measured_are_those_of_the_workflow() -> None:
    names = workflow.stages(ROOT)
    assert names[:3] == ["data/dvc.yaml:usps", "convert@train", "convert@test"]
    assert names[-1] == "report"
    for command in scale.COMMANDS.values():
        assert (ROOT / "stages" / f"{command.split()[0]}.py").is_file()
