import gzip
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.raw import formats
from lenet.raw.layout import Layout
from studies import plateau, recipe, seeds, table
from studies.settings import Settings
from tests.project import ROOT


@pytest.mark.parametrize("change", recipe.RECIPES.values(), ids=recipe.RECIPES)
def test_every_recipe_is_a_setting_of_the_workflow(change: dict[str, Any]) -> None:
    settings = Settings.load(ROOT / "params.yaml")
    # A change that changes nothing would be a second name of the default recipe.
    assert (settings.changed(change) != settings) == bool(change)


def test_settings_are_changed_by_their_dotted_names() -> None:
    settings = Settings.load(ROOT / "params.yaml")
    change = {
        "lr": 0.1,
        "test_shift": 0,
        "preprocess.margin": 0,
        "augment.scale": 0,
        "network.c3": "partial",
    }
    other = settings.changed(change)
    found = (
        *(other.recipe.lr, other.averaging.test_shift, other.preprocess.margin),
        *(other.augment.scale, other.network.c3),
    )
    assert found == tuple(change.values())
    assert other.recipe.epochs == settings.recipe.epochs
    for name in ("rate", "augment.wobble", "wrap.scale"):
        with pytest.raises((InputError, AssertionError), match="unknown"):
            settings.changed({name: 0})


def test_the_table_has_every_recipe_with_five_seeds() -> None:
    recorded = pd.read_csv(ROOT / "docs/recipe.csv").groupby("recipe")["seed"].apply(sorted)
    assert set(recorded.index) == recipe.RECIPES.keys()
    assert all(seeds == [0, 1, 2, 3, 4] for seeds in recorded)


@pytest.mark.parametrize("change", [{}, {"network.activation": "tanh", "test_shift": 0}], ids=str)
def test_a_recipe_is_trained_and_judged(
    change: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(0)
    for name, images in (("train", 100), ("test", 30)):
        digits = Dataset(
            generator.random((images, 16, 16), dtype=np.float32), np.arange(images) % 10
        )
        npz.save(digits, tmp_path / f"data/npz/{name}.npz")
    text = (ROOT / "params.yaml").read_text().replace("epochs: 60", "epochs: 1")
    (tmp_path / "params.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(recipe.RECIPES, "some", change)
    row = recipe.score("some", 3)
    assert (row["recipe"], row["seed"]) == ("some", 3)
    assert (row["validation_images"], row["test_images"]) == (30, 30)
    assert 0 < row["test_errors"] <= 30
    assert row["validation_log_loss"] == pytest.approx(np.log(10), rel=0.3)


@pytest.mark.slow
def test_a_table_is_filled_where_it_has_gaps(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    todo = [{"name": name, "seed": seed} for name in ("a", "b") for seed in range(3)]
    pd.DataFrame([{"name": "b", "seed": 1, "squared": -1}, {"name": "old", "seed": 0}]).to_csv(
        path, index=False
    )
    filled = table.fill(path, ["name", "seed"], todo, squared)
    found = filled.set_index(["name", "seed"])["squared"].to_dict()
    assert len(found) == len(filled) == 7
    assert found["b", 1] == -1
    assert found["a", 2] == 4
    assert np.isnan(found["old", 0])
    assert pd.read_csv(path).equals(filled)


def squared(name: str, seed: int) -> dict[str, Any]:
    assert (name, seed) != ("b", 1)
    return {"name": name, "seed": seed, "squared": seed**2}


def test_both_renderings_are_read_as_they_are_published(
    tmp_path: Path, random_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rendering, (*names, pixel_range) in seeds.RENDERINGS.items():
        layout = Layout(side=16, pixel_range=pixel_range, first_label=0, first_index=1, classes=10)
        for number, name in enumerate(names):
            npz.save(random_digits[: 20 * (number + 1)], tmp_path / "some.npz")
            plain = tmp_path / f"data/sources/{rendering}" / name.replace("gz", "jf")
            plain.parent.mkdir(parents=True, exist_ok=True)
            formats.convert([tmp_path / "some.npz"], plain, layout)
            if name.endswith("gz"):
                plain.with_name(name).write_bytes(gzip.compress(plain.read_bytes()))
    monkeypatch.chdir(tmp_path)
    for rendering in seeds.RENDERINGS:
        train, test = seeds.load(rendering)
        assert (len(train), len(test)) == (20, 40)
        np.testing.assert_allclose(test.images, random_digits.images, atol=1e-6)


def test_seeds_and_committees_are_summed_up_by_rendering() -> None:
    rows = [("usps", 1, 0, 2), ("usps", 1, 1, 4), ("usps", 5, 0, 1), ("usps-zip", 1, 0, 3)]
    columns = ["rendering", "members", "seed", "test_errors"]
    found = seeds.summary(pd.DataFrame(rows, columns=columns).assign(test_images=200))
    assert found.to_numpy().tolist() == [
        ["usps", 1, 2, 1.5, 1.0, 2.0],
        ["usps", 5, 1, 0.5, 0.5, 0.5],
        ["usps-zip", 1, 1, 1.5, 1.5, 1.5],
    ]


def test_the_far_images_are_those_least_like_their_class() -> None:
    generator = np.random.default_rng(0)
    images = generator.uniform(0, 0.01, (100, 4, 4)).astype(np.float32)
    labels = np.arange(100) % 10
    odd = np.arange(30)  # three of each digit, bright in different places
    for place, image in enumerate(images[:30]):
        image.flat[place // 10 : place // 10 + 2] += 1 + 0.1 * place
    far = recipe.far_images(Dataset(images, labels))
    np.testing.assert_array_equal(far, odd)


def test_the_summary_of_recipes_is_in_percent_and_the_best_comes_first() -> None:
    table = pd.DataFrame(
        {
            "recipe": ["a", "b", "a", "b"],
            "seed": [0, 0, 1, 1],
            "validation_images": 200,
            "validation_errors": [4, 2, 6, 2],
            "validation_log_loss": [0.1, 0.2, 0.3, 0.4],
            "test_images": 100,
            "test_errors": [1, 2, 3, 4],
            "test_log_loss": [0.5, 0.6, 0.7, 0.9],
        }
    )
    assert recipe.summary(table).to_numpy().tolist() == [
        ["b", 2, "1.00 (1.00 to 1.00)", "0.300", "3.00 (2.00 to 4.00)", "0.750"],
        ["a", 2, "2.50 (2.00 to 3.00)", "0.200", "2.00 (1.00 to 3.00)", "0.600"],
    ]


@pytest.mark.parametrize("name", ["the notebook", "batch normalisation"])
def test_a_variant_is_trained_and_its_layers_are_measured(
    name: str, random_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(plateau.NOTEBOOK, "epochs", 2)
    monkeypatch.chdir(ROOT)
    variant = plateau.variants(random_digits)[name]
    runs = plateau.learn(name, variant, random_digits, seed=0)
    assert runs["epoch"].tolist() == [1, 2]
    assert runs["loss"].between(1, 5).all()
    if name == "the notebook":
        layers = plateau.sizes(name, variant, random_digits, seed=0)
        start = layers[layers["moment"] == "at the start"].set_index("layer")
        assert start.index.tolist() == ["C1", "C3", "C5", "F6", "O7"]
        # docs/plateau.md says so of the first weights of the notebook.
        assert start["signal"]["F6"] < start["signal"]["C1"] / 20
        np.testing.assert_array_less(0, start[["gradient", "step"]].to_numpy())


def test_seeds_that_leave_are_counted_with_their_epoch() -> None:
    runs = pd.DataFrame(
        {
            "variant": ["a"] * 4 + ["b"] * 2,
            "seed": [0, 0, 1, 1, 0, 0],
            "epoch": [1, 2, 1, 2, 1, 2],
            "loss": [2.0, 1.0, 2.0, 2.0, 2.2, 2.2],
            "train_accuracy": [0.1, 0.6, 0.1, 0.2, 0.1, 0.1],
        }
    )
    table = plateau.summary(runs).set_index("variant")
    assert table["left"].to_dict() == {"a": 1, "b": 0}
    assert table.loc["a", "first_epoch"] == 2
    assert table["first_epoch"].isna().to_dict() == {"a": False, "b": True}
    assert table.loc["a", "loss"] == 1.5


def test_the_committed_tables_are_what_the_pages_show() -> None:
    page = (ROOT / "docs/plateau.md").read_text()
    table = pd.read_csv(ROOT / "docs/plateau/summary.csv")
    for row in table.itertuples():
        assert f"| {row.variant} | {row.left} of {row.seeds} |" in page
    assert set(table["variant"]) == set(plateau.variants(Dataset(*_two_pixels())))


def makefile_settings(target: str) -> dict[str, Any]:
    """Return what `make target` changes in params.yaml."""
    recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.M)
    assert recipe
    settings = re.findall(r"-S ([\w.]+)=(\S+)", recipe[1])
    return {name: YAML(typ="safe").load(value) for name, value in settings}


def test_the_plain_recipe_is_that_of_make_plain() -> None:
    assert recipe.RECIPES["plain LeNet-5"] == makefile_settings("plain")


def test_the_notebook_of_the_study_is_that_of_make_notebook() -> None:
    settings = Settings.load(ROOT / "params.yaml")
    assert settings.changed(plateau.NOTEBOOK) == settings.changed(makefile_settings("notebook"))
    assert plateau.NOTEBOOK.keys() == makefile_settings("notebook").keys()


@pytest.mark.parametrize("name", ["the notebook", "tanh", "input of 32 x 32"])
def test_every_variant_changes_one_thing_of_the_notebook(name: str) -> None:
    settings = Settings.load(ROOT / "params.yaml").changed(plateau.NOTEBOOK)
    variant = plateau.variants(Dataset(*_two_pixels()))[name]
    assert (settings.changed(variant.change) != settings) == bool(variant.change)


def _two_pixels() -> tuple[np.ndarray, np.ndarray]:
    return np.array([[[0.0, 1.0]]], np.float32), np.array([0])
