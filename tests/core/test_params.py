from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from ruamel.yaml import YAML

from lenet.core.errors import InputError
from lenet.core.params import Params, flat, read
from lenet.raw.layout import Layout
from lenet.training.config import Config
from tests.project import ROOT

PARAMS = ROOT / "params.yaml"
NAMES = [*flat(read(PARAMS))]


def load(path: Path, name: str) -> Layout | Config:
    """Load the model that checks a parameter; `Config` knows of the group `raw` just classes."""
    return Layout.load(path) if name.startswith("raw.") else Config.load(path)


def description(name: str) -> str | None:
    group, _, key = name.rpartition(".")
    models: dict[str, type[Params]] = {"raw": Layout, "": Config}
    model = models.get(group) or type(getattr(Config.load(PARAMS), group))
    return model.model_fields[key].description


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


def test_the_projects_own_parameters_are_right_and_all_have_a_model() -> None:
    config = Config.load(PARAMS)
    assert (config.lr, config.classes, config.network.image_size) == (0.05, 10, 32)
    assert (config.preprocess.input_range, config.augment.rotation) == ((-1, 1), 12)
    models = config.model_dump() | {"raw": Layout.load(PARAMS).model_dump()}
    assert {*NAMES} <= {*flat(models)}


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_is_named_with_what_it_may_be(tmp_path: Path, name: str) -> None:
    for value, found in (({"a": 1}, "found {'a': 1}"), (..., "missing")):
        path = changed(tmp_path, name, value)
        with pytest.raises(InputError) as error:
            load(path, name)
        assert str(error.value) == f"{path}: {name}: {found}; expected {description(name)}."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("lr", value) for value in ("fast", -1, 0, True, None, float("nan"), float("inf"))),
        *(("epochs", value) for value in (0, 2.5, 10**400)),
        *(("lr_schedule", "step"), ("device", "tpu"), ("network.activation", "foo")),
        *(("network.image_size", 18), ("network.image_size", 12), ("momentum", 1)),
        *(("preprocess.input_range", value) for value in (1, [1, 1], [0, 1e-320], [-1e39, 1])),
        *(("augment.rotation", -5), ("seed", -1), ("raw.side", 1), ("raw.classes", 1)),
    ],
)
def test_a_bad_value_is_refused(tmp_path: Path, name: str, value: object) -> None:
    with pytest.raises(InputError) as error:
        load(changed(tmp_path, name, value), name)
    assert f"params.yaml: {name}: found " in str(error.value)
    assert str(error.value).endswith(f"; expected {description(name)}.")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("weight_deca", r"weight_deca: unknown parameter. Did you mean weight_decay\?$"),
        ("raw.sid", r"raw.sid: unknown parameter. Did you mean side\?$"),
        ("optimizer", r"optimizer: unknown parameter\.$"),
        ("augment.wobble", r"augment.wobble: unknown parameter\.$"),
    ],
)
def test_an_unknown_parameter_is_named(tmp_path: Path, name: str, message: str) -> None:
    path = changed(tmp_path, name, 0)
    # It explains the missing one that it stands for.
    path.write_text(path.read_text().replace("\nweight_decay: 0.0005", ""))
    with pytest.raises(InputError, match=f"params.yaml: {message}"):
        load(path, name)


@pytest.mark.parametrize(
    ("value", "found"), [(..., "missing"), (3, "found 3"), (None, "found None")]
)
def test_a_group_that_is_none_is_named(tmp_path: Path, value: object, found: str) -> None:
    path = changed(tmp_path, "preprocess", value)
    with pytest.raises(InputError, match=f"yaml: preprocess: {found}; expected a group of par"):
        Config.load(path)


@pytest.mark.parametrize(
    "content",
    [
        *("lr: [1", "lr: 2001-99-99", "lr: !!int x", "a: 1\na: 2\n", "- 1\n", "", "\x00"),
        *("seed: !!bool abc", 'lr: !!float ""', 'lr: "\\UFFFFFFFF"', f"a: {'[' * 500}"),
        *("%YAML 1.99999999999999999999\n---\nlr: 1\n", "? [&a [1], [*a]]\n: 1\n"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "params.yaml").write_text(content)
    with pytest.raises(InputError, match="cannot be read as YAML|found no parameters"):
        Config.load(tmp_path / "params.yaml")


def test_a_missing_file_and_a_key_given_twice_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.yaml: cannot be read \(No such file"):
        Config.load(tmp_path / "none.yaml")
    (tmp_path / "params.yaml").write_text("lr: 1\nseed: 0\nlr: 2\n")
    with pytest.raises(InputError, match=r'params\.yaml, line 3: .*: found duplicate key "lr"'):
        Config.load(tmp_path / "params.yaml")


def test_what_is_found_is_shown_in_brief(tmp_path: Path) -> None:
    nested = "[" * 40 + "x" + "]" * 40
    (tmp_path / "params.yaml").write_text(PARAMS.read_text().replace("lr: 0.05", f"lr: {nested}"))
    with pytest.raises(InputError, match=r"lr: found \[\[\[\[\[\[\[...\]\]\]\]\]\]\]; expected"):
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


def test_a_number_too_small_for_a_float32_is_zero(tmp_path: Path) -> None:
    config = Config.load(changed(tmp_path, "momentum", 1e-40))
    assert config.momentum == 0
