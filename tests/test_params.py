from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from ruamel.yaml import YAML

from lenet.core.errors import InputError
from lenet.core.params import ConversionParams, EvaluationParams, TrainingParams

ROOT = Path(__file__).parents[1]


def changed(tmp_path: Path, **values: object) -> Path:
    yaml = YAML()
    params = yaml.load(ROOT / "params.yaml")
    params.update(values)
    yaml.dump(params, tmp_path / "params.yaml")
    return tmp_path / "params.yaml"


def test_the_projects_own_parameters_are_right() -> None:
    assert ConversionParams.load(ROOT / "params.yaml").pixel_range == (0, 2)
    assert EvaluationParams.load(ROOT / "params.yaml").image_size == 32
    assert TrainingParams.load(ROOT / "params.yaml").lr == 0.05


def test_numbers_as_dvc_writes_them_are_read(tmp_path: Path) -> None:
    text = (ROOT / "params.yaml").read_text()
    path = tmp_path / "params.yaml"
    # What -S lr=0.000001 and -S lr=1 make of the line.
    path.write_text(text.replace("\nlr: 0.05\n", "\nlr: 1e-06\n"))
    assert TrainingParams.load(path).lr == 1e-6
    path.write_text(text.replace("\nlr: 0.05\n", "\nlr: 1\n"))
    assert TrainingParams.load(path).lr == 1


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("lr", "fast", "found 'fast'; expected a number from 1e-9 to 100"),
        ("lr", -1, "found -1; expected a number from 1e-9 to 100"),
        ("lr", 0, "found 0; expected a number from 1e-9 to 100"),
        ("lr", True, "found True; expected a number from 1e-9 to 100"),
        ("lr", None, "found None; expected a number from 1e-9 to 100"),
        ("lr", float("nan"), "found nan; expected a number from 1e-9 to 100"),
        ("lr", float("inf"), "found inf; expected a number from 1e-9 to 100"),
        ("epochs", 0, "found 0; expected a whole number from 1 to 100000"),
        ("epochs", 10**400, "expected a whole number from 1 to 100000"),
        ("epochs", 2.5, "found 2.5; expected a whole number from 1 to 100000"),
        ("batch_size", 0, "found 0; expected a whole number from 1 to 1000000"),
        ("activation", "foo", "found 'foo'; expected relu, tanh, sigmoid or scaled_tanh"),
        ("optimizer", "adam", "found 'adam'; expected nag or sgd"),
        ("lr_schedule", "step", "found 'step'; expected cosine or constant"),
        ("device", "tpu", "found 'tpu'; expected cpu or gpu"),
        ("image_size", 18, "found 18; expected a multiple of 4 from 16 to 512"),
        ("image_size", 12, "found 12; expected a multiple of 4 from 16 to 512"),
        ("input_range", [1, -1], "expected two numbers from -1e9 to 1e9, the lower first"),
        ("input_range", 1, "found 1; expected two numbers"),
        # What MXNet could not take for a float32.
        ("lr", 1e-40, "found 1e-40; expected a number from 1e-9 to 100"),
        ("weight_decay", 1e-40, "found 1e-40; expected 0, or a number from 1e-9 to 1"),
        ("momentum", 1e-40, "found 1e-40; expected 0, or a number from 1e-9 to below 1"),
        ("input_range", [0, 1e-320], "expected two numbers from -1e9 to 1e9, the lower first"),
        ("input_range", [-1e39, 1e39], "expected two numbers from -1e9 to 1e9, the lower first"),
        ("momentum", 1, "found 1; expected 0, or a number from 1e-9 to below 1"),
        ("validation_fraction", 1, "found 1; expected a number from 0 to 0.9"),
        ("rotation", -5, "found -5; expected a number of degrees"),
        ("seed", -1, "found -1; expected a whole number from 0"),
    ],
)
def test_a_bad_value_is_refused_with_its_key(
    tmp_path: Path, key: str, value: object, expected: str
) -> None:
    with pytest.raises(InputError, match=rf"params.yaml: {key}: .*{expected}"):
        TrainingParams.load(changed(tmp_path, **{key: value}))


def test_values_that_do_not_fit_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"warmup_epochs: found 2; expected less than epochs"):
        TrainingParams.load(changed(tmp_path, epochs=2, warmup_epochs=2))


def test_a_stage_minds_its_own_parameters(tmp_path: Path) -> None:
    assert ConversionParams.load(changed(tmp_path, lr="fast")).image_side == 16


def test_an_unknown_key_and_a_missing_one_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown parameter learning_rate"):
        ConversionParams.load(changed(tmp_path, learning_rate=1))
    with pytest.raises(
        InputError, match="unknown parameter weight_deca; did you mean weight_decay"
    ):
        ConversionParams.load(changed(tmp_path, weight_deca=1))
    path = tmp_path / "params.yaml"
    path.write_text("image_side: 16\n")
    with pytest.raises(InputError, match=r"pixel_range: missing; expected two numbers"):
        ConversionParams.load(path)


@pytest.mark.parametrize(
    "content",
    [
        *("lr: [1", "lr: 2001-99-99", "lr: !!int x", "a: 1\na: 2\n", "- 1\n", "", "\x00"),
        *("seed: !!bool abc", 'seed: !!int ""', 'lr: !!float ""', 'lr: "\\UFFFFFFFF"'),
        *("%YAML 1.99999999999999999999\n---\nlr: 1\n", "? [&a [1], [*a]]\n: 1\n"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "params.yaml").write_text(content)
    with pytest.raises(
        InputError, match="cannot be read as YAML|found no parameters|unknown parameter"
    ):
        ConversionParams.load(tmp_path / "params.yaml")


def test_a_key_given_twice_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("lr: 1\nseed: 0\nlr: 2\n")
    with pytest.raises(
        InputError, match=r'params\.yaml, line 3: .*: found duplicate key "lr" .*\.$'
    ):
        ConversionParams.load(tmp_path / "params.yaml")


def test_dvc_leaves_the_file_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    text = (ROOT / "params.yaml").read_text()
    path.write_text(text)
    apply_overrides(path, ["lr=0.1", "pixel_range=[-1,1]"])
    expected = text.replace("\nlr: 0.05\n", "\nlr: 0.1\n").replace(
        "\npixel_range:\n- 0\n- 2\n", "\npixel_range:\n- -1\n- 1\n"
    )
    assert path.read_text() == expected
    assert ConversionParams.load(path).pixel_range == (-1, 1)
