from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from ruamel.yaml import YAML

from lenet.core.errors import InputError
from lenet.core.params import Params, flat, read
from lenet.model.architecture import Network
from lenet.model.preprocess import Preprocess
from lenet.raw.layout import Layout
from lenet.training.augment import Augment
from lenet.training.config import Config
from tests.project import ROOT

PARAMS = ROOT / "params.yaml"
GROUPS: dict[str, type[Params]] = {
    "raw": Layout,
    "network": Network,
    "preprocess": Preprocess,
    "augment": Augment,
}
NAMES = [*flat(read(PARAMS))]
FIELDS = {
    f"{group}.{key}": field
    for group, model in GROUPS.items()
    for key, field in model.model_fields.items()
} | {name: field for name, field in Config.model_fields.items() if name in NAMES}


def model_of(name: str) -> type[Params]:
    """Return the model that checks a parameter; `Config` knows of the group `raw` just classes."""
    return Layout if name.startswith("raw.") else Config


def changed(tmp_path: Path, name: str, value: object) -> Path:
    """Write the project's parameters with another value; `...` removes the parameter."""
    yaml = YAML()
    params = yaml.load(PARAMS)
    group, _, key = name.rpartition(".")
    own = params[group] if group else params
    own[key] = value
    if value is ...:
        del own[key]
    yaml.dump(params, tmp_path / "params.yaml")
    return tmp_path / "params.yaml"


def test_the_projects_own_parameters_are_right() -> None:
    config = Config.load(PARAMS)
    assert (config.lr, config.classes, config.network.image_size) == (0.05, 10, 32)
    assert (config.preprocess.input_range, config.augment.rotation) == ((-1, 1), 12)
    assert Layout.load(PARAMS).pixel_range == (0, 2)
    assert {*FIELDS} == {*NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_is_named_with_what_it_may_be(tmp_path: Path, name: str) -> None:
    expected = FIELDS[name].description
    for value, found in (({"a": 1}, "found {'a': 1}"), (..., "missing")):
        path = changed(tmp_path, name, value)
        with pytest.raises(InputError) as error:
            model_of(name).load(path)
        assert str(error.value) == f"{path}: {name}: {found}; expected {expected}."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("lr", value) for value in ("fast", -1, 0, True, None, float("nan"), float("inf"))),
        *(("epochs", value) for value in (0, 2.5, 10**400)),
        ("batch_size", 0),
        ("network.activation", "foo"),
        ("lr_schedule", "step"),
        ("device", "tpu"),
        ("network.image_size", 18),
        ("network.image_size", 12),
        ("preprocess.input_range", [1, -1]),
        ("preprocess.input_range", 1),
        # MXNet cannot take these for a float32.
        ("lr", 1e-40),
        ("weight_decay", 1e-40),
        ("momentum", 1e-40),
        ("preprocess.input_range", [0, 1e-320]),
        ("preprocess.input_range", [-1e39, 1e39]),
        ("momentum", 1),
        ("validation_fraction", 1),
        ("augment.rotation", -5),
        ("seed", -1),
        ("raw.side", 1),
    ],
)
def test_a_bad_value_is_refused(tmp_path: Path, name: str, value: object) -> None:
    expected = FIELDS[name].description
    with pytest.raises(InputError) as error:
        model_of(name).load(changed(tmp_path, name, value))
    assert f"params.yaml: {name}: found " in str(error.value)
    assert str(error.value).endswith(f"; expected {expected}.")


# `optimizer` and `replicas` are parameters of earlier versions.
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("weight_deca", r"weight_deca: unknown parameter. Did you mean weight_decay\?$"),
        ("raw.sid", r"raw.sid: unknown parameter. Did you mean side\?$"),
        ("optimizer", r"optimizer: unknown parameter\.$"),
        ("replicas", r"replicas: unknown parameter\."),
        ("augment.wobble", r"augment.wobble: unknown parameter\.$"),
        ("network.classes", r"network.classes: unknown parameter\.$"),
    ],
)
def test_an_unknown_parameter_is_named(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(InputError, match=f"params.yaml: {message}"):
        model_of(name).load(changed(tmp_path, name, 0))


def test_a_misspelt_parameter_is_named_rather_than_the_missing_one(tmp_path: Path) -> None:
    nested = "[" * 40 + "x" + "]" * 40
    for name, message in (
        ("learning_rate: 1", "learning_rate: unknown parameter"),
        # A huge value is shown in brief.
        (f"lr: {nested}", r"lr: found \[\[\[\[\[\[\[...\]\]\]\]\]\]\]; expected"),
    ):
        text = PARAMS.read_text().replace("\nlr: 0.05", f"\n{name}")
        (tmp_path / "params.yaml").write_text(text)
        with pytest.raises(InputError, match=message):
            Config.load(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("value", "found"), [(..., "missing"), (3, "found 3"), (None, "found None")]
)
@pytest.mark.parametrize("group", ["raw", "preprocess"])
def test_a_group_that_is_none_is_named(
    tmp_path: Path, group: str, value: object, found: str
) -> None:
    with pytest.raises(InputError, match=f"params.yaml: {group}: {found}; expected a group of par"):
        model_of(f"{group}.").load(changed(tmp_path, group, value))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "- 1\n",
        "lr: [1",
        "a: 1\na: 2\n",
        "lr: 2001-99-99",
        "lr: !!int x",
        'lr: "\\UFFFFFFFF"',
        "%YAML 1.99999999999999999999\n---\nlr: 1\n",
        "? [&a [1], [*a]]\n: 1\n",
        f"a: {'[' * 500}",
        f"a: {'1' * 5000}",
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "params.yaml").write_text(content)
    with pytest.raises(
        InputError, match="cannot be read as YAML|found no parameters|unknown parameter"
    ):
        Config.load(tmp_path / "params.yaml")


def test_a_missing_file_and_a_key_given_twice_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.yaml: cannot be read \(No such file"):
        Config.load(tmp_path / "none.yaml")
    (tmp_path / "params.yaml").write_text("lr: 1\nseed: 0\nlr: 2\n")
    with pytest.raises(InputError, match=r'params\.yaml, line 3: .*: found duplicate key "lr"'):
        Config.load(tmp_path / "params.yaml")


def test_changes_are_checked() -> None:
    config = Config.load(PARAMS)
    other = config.changed({"lr": 0.1, "network.c3": "partial"})
    assert (other.lr, other.network.c3, other.augment) == (0.1, "partial", config.augment)
    for name in ("lr", "network.c3", "network.c4", "nets.c3"):
        with pytest.raises(InputError, match=f"{name.partition('.')[0]}"):
            config.changed({name: -1})


def test_dvc_leaves_the_file_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    expected = PARAMS.read_text()
    path.write_text(expected)
    apply_overrides(path, ["lr=0.000001", "raw.pixel_range=[-1,1]", "augment.rotation=0"])
    for before, after in (
        ("\nlr: 0.05\n", "\nlr: 1e-06\n"),
        ("\n  rotation: 12  ", "\n  rotation: 0   "),
        ("  - 0\n  - 2\n", "  - -1\n  - 1\n"),
    ):
        assert before in expected
        expected = expected.replace(before, after)
    assert path.read_text() == expected
    assert Layout.load(path).pixel_range == (-1, 1)
    assert (Config.load(path).lr, Config.load(path).augment.rotation) == (1e-6, 0)
