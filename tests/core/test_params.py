from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from ruamel.yaml import YAML

from lenet.core.errors import InputError
from lenet.core.params import Params
from lenet.model.architecture import Network
from lenet.model.preprocess import Averaging, Preprocess
from lenet.raw.layout import Layout
from lenet.training.augment import Augment
from lenet.training.recipe import Recipe
from tests.project import ROOT

GROUPS: dict[str, type[Params]] = {
    "raw": Layout,
    "network": Network,
    "preprocess": Preprocess,
    "augment": Augment,
}
MODELS: tuple[type[Params], ...] = (Recipe, Averaging, *GROUPS.values())


def model_of(key: str) -> type[Params]:
    """Return the model that holds the parameter `key`, a dotted name."""
    return GROUPS[key.partition(".")[0]] if "." in key else Recipe


def changed(tmp_path: Path, **values: object) -> Path:
    """Write the project's parameters with other `values`, by their dotted names."""
    yaml = YAML()
    params = yaml.load(ROOT / "params.yaml")
    for key, value in values.items():
        group, _, name = key.rpartition(".")
        (params[group] if group else params)[name] = value
    yaml.dump(params, tmp_path / "params.yaml")
    return tmp_path / "params.yaml"


def test_the_projects_own_parameters_are_right() -> None:
    assert Layout.load(ROOT / "params.yaml").pixel_range == (0, 2)
    assert Network.load(ROOT / "params.yaml").image_size == 32
    assert Recipe.load(ROOT / "params.yaml").lr == 0.05
    assert Averaging.load(ROOT / "params.yaml").test_shift == 0.09
    assert Preprocess.load(ROOT / "params.yaml").input_range == (-1, 1)
    assert Augment.load(ROOT / "params.yaml").rotation == 12


def test_numbers_as_dvc_writes_them_are_read(tmp_path: Path) -> None:
    text = (ROOT / "params.yaml").read_text()
    path = tmp_path / "params.yaml"
    # -S lr=0.000001 and -S lr=1 write these lines.
    path.write_text(text.replace("\nlr: 0.05\n", "\nlr: 1e-06\n"))
    assert Recipe.load(path).lr == 1e-6
    path.write_text(text.replace("\nlr: 0.05\n", "\nlr: 1\n"))
    assert Recipe.load(path).lr == 1


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
        ("network.activation", "foo", "found 'foo'; expected relu, tanh, sigmoid or scaled_tanh"),
        ("lr_schedule", "step", "found 'step'; expected cosine or constant"),
        ("device", "tpu", "found 'tpu'; expected cpu or gpu"),
        ("network.image_size", 18, "found 18; expected a multiple of 4 from 16 to 512"),
        ("network.image_size", 12, "found 12; expected a multiple of 4 from 16 to 512"),
        (
            "preprocess.input_range",
            [1, -1],
            "expected two numbers from -1e9 to 1e9, the lower first",
        ),
        ("preprocess.input_range", 1, "found 1; expected two numbers"),
        # MXNet cannot take these for a float32.
        ("lr", 1e-40, "found 1e-40; expected a number from 1e-9 to 100"),
        ("weight_decay", 1e-40, "found 1e-40; expected 0, or a number from 1e-9 to 1"),
        ("momentum", 1e-40, "found 1e-40; expected 0, or a number from 1e-9 to below 1"),
        (
            "preprocess.input_range",
            [0, 1e-320],
            "expected two numbers from -1e9 to 1e9, the lower first",
        ),
        (
            "preprocess.input_range",
            [-1e39, 1e39],
            "expected two numbers from -1e9 to 1e9, the lower first",
        ),
        ("momentum", 1, "found 1; expected 0, or a number from 1e-9 to below 1"),
        ("validation_fraction", 1, "found 1; expected a number from 0 to 0.9"),
        ("augment.rotation", -5, "found -5; expected a number of degrees"),
        ("seed", -1, "found -1; expected a whole number from 0"),
        ("raw.side", 1, "found 1; expected a whole number from 2 to 1024"),
    ],
)
def test_a_bad_value_is_refused_with_its_key(
    tmp_path: Path, key: str, value: object, expected: str
) -> None:
    with pytest.raises(InputError, match=rf"params.yaml: {key}: .*{expected}"):
        model_of(key).load(changed(tmp_path, **{key: value}))


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (model, name)
        for model in MODELS
        for name in model.model_fields
        # The group `raw` has it.
        if (model, name) != (Network, "classes")
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_every_key_is_named_with_its_group_and_what_it_may_be(
    tmp_path: Path, model: type[Params], name: str
) -> None:
    key = f"{model.group}.{name}" if model.group else name
    expected = model.model_fields[name].description
    with pytest.raises(InputError) as error:
        model.load(changed(tmp_path, **{key: {"a": 1}}))
    assert str(error.value) == (
        f"{tmp_path}/params.yaml: {key}: found {{'a': 1}}; expected {expected}."
    )
    params = YAML().load(ROOT / "params.yaml")
    del (params[model.group] if model.group else params)[name]
    YAML().dump(params, tmp_path / "params.yaml")
    with pytest.raises(InputError) as error:
        model.load(tmp_path / "params.yaml")
    assert str(error.value) == f"{tmp_path}/params.yaml: {key}: missing; expected {expected}."


def test_a_stage_minds_its_own_parameters(tmp_path: Path) -> None:
    assert Layout.load(changed(tmp_path, lr="fast")).side == 16
    assert Layout.load(changed(tmp_path, learning_rate=1)).side == 16
    assert Averaging.load(changed(tmp_path, lr="fast")).test_shift == 0.09


def test_an_unknown_key_and_a_missing_one_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"params.yaml: learning_rate: unknown parameter\.$"):
        Recipe.load(changed(tmp_path, learning_rate=1))
    with pytest.raises(
        InputError, match=r"weight_deca: unknown parameter; did you mean weight_decay\?$"
    ):
        Recipe.load(changed(tmp_path, weight_deca=1))
    with pytest.raises(InputError, match=r"raw.sid: unknown parameter; did you mean raw.side\?$"):
        Layout.load(changed(tmp_path, **{"raw.sid": 28}))
    with pytest.raises(InputError, match=r"augment.wobble: unknown parameter"):
        Augment.load(changed(tmp_path, **{"augment.wobble": 0}))
    with pytest.raises(InputError, match=r"network.classes: unknown parameter"):
        Network.load(changed(tmp_path, **{"network.classes": 5}))
    path = tmp_path / "params.yaml"
    path.write_text("raw:\n  side: 16\n  classes: 10\n")
    with pytest.raises(
        InputError, match=r"raw.pixel_range: missing; expected two different numbers"
    ):
        Layout.load(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("seed: 0\n", r"preprocess: missing; expected a group\.$"),
        (
            "preproces:\n  margin: 0\n",
            r"preprocess: missing; expected a group; did you mean preproces\?$",
        ),
        (
            "preprocess: 3\n",
            r"preprocess: found 3; expected a group of parameters, a line `  name: value`",
        ),
        ("preprocess:\nseed: 0\n", r"preprocess: found None; expected a group of parameters"),
    ],
)
def test_a_group_that_is_none_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(content)
    with pytest.raises(InputError, match=f"params.yaml: {message}"):
        Preprocess.load(path)


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
        Recipe.load(tmp_path / "params.yaml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.yaml: cannot be read \(No such file"):
        Recipe.load(tmp_path / "none.yaml")


def test_a_key_given_twice_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("lr: 1\nseed: 0\nlr: 2\n")
    with pytest.raises(
        InputError, match=r'params\.yaml, line 3: .*: found duplicate key "lr" .*\.$'
    ):
        Recipe.load(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("&a [x, x]\nlr: [*a, *a, *a]", "a: unknown parameter"),
        ("[" * 500, "cannot be read as YAML"),
        ("1" * 5000, "cannot be read as YAML"),
    ],
)
def test_parameters_that_grow_are_refused(tmp_path: Path, value: str, message: str) -> None:
    (tmp_path / "params.yaml").write_text(f"a: {value}")
    with pytest.raises(InputError, match=message):
        Recipe.load(tmp_path / "params.yaml")


def test_what_is_found_is_shown_in_brief(tmp_path: Path) -> None:
    text = (ROOT / "params.yaml").read_text()
    nested = "[" * 40 + "x" + "]" * 40
    (tmp_path / "params.yaml").write_text(text.replace("lr: 0.05", f"lr: {nested}"))
    with pytest.raises(InputError) as error:
        Recipe.load(tmp_path / "params.yaml")
    assert str(error.value).startswith(
        f"{tmp_path}/params.yaml: lr: found [[[[[[[...]]]]]]]; expected"
    )


def test_dvc_leaves_the_file_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    expected = (ROOT / "params.yaml").read_text()
    path.write_text(expected)
    apply_overrides(path, ["lr=0.1", "raw.pixel_range=[-1,1]", "augment.rotation=0", "epochs=5"])
    for before, after in (
        ("\nlr: 0.05\n", "\nlr: 0.1\n"),
        ("\nepochs: 60\n", "\nepochs: 5\n"),
        ("\n  rotation: 12  ", "\n  rotation: 0   "),
        ("  - 0\n  - 2\n", "  - -1\n  - 1\n"),
    ):
        assert before in expected
        expected = expected.replace(before, after)
    assert path.read_text() == expected
    assert Layout.load(path).pixel_range == (-1, 1)
    assert (Recipe.load(path).lr, Recipe.load(path).epochs) == (0.1, 5)
    assert Augment.load(path).rotation == 0
