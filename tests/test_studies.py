import gzip
import re
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from lenet.core import npz
from lenet.core.npz import Dataset
from lenet.raw import formats
from lenet.raw.layout import Layout
from lenet.training.config import Config
from lenet.training.loop import train
from studies import hand, plateau, recipe, seeds, table
from tests.project import ROOT

NOISE = Dataset(np.random.default_rng(0).random((40, 16, 16), np.float32), np.arange(40) % 10)


def makefile_settings(target: str) -> dict[str, Any]:
    """Return what `make target` changes in params.yaml."""
    commands = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.M)
    assert commands
    settings = re.findall(r"-S ([\w.]+)=(\S+)", commands[1])
    return {name: YAML(typ="safe").load(value) for name, value in settings}


def test_the_networks_of_make_are_those_of_the_studies() -> None:
    config = Config.load(ROOT / "params.yaml")
    plain, notebook = (config.changed(makefile_settings(name)) for name in ("plain", "notebook"))
    assert config.changed(recipe.RECIPES["plain LeNet-5"]) == plain
    assert config.changed(plateau.NOTEBOOK) == notebook


@pytest.mark.parametrize("change", recipe.RECIPES.values(), ids=recipe.RECIPES)
def test_every_recipe_but_the_first_changes_something(change: dict[str, Any]) -> None:
    config = Config.load(ROOT / "params.yaml")
    assert (config.changed(change) != config) == bool(change)


def test_every_variant_but_the_first_changes_one_thing_of_the_notebook() -> None:
    notebook = Config.load(ROOT / "params.yaml").changed(plateau.NOTEBOOK)
    unchanged = []
    for name, variant in plateau.variants(NOISE).items():
        if notebook.changed(variant.change) == notebook and variant == plateau.Variant():
            unchanged.append(name)
    assert unchanged == ["the notebook"]


def test_the_committed_tables_have_all_recipes_and_variants() -> None:
    recorded = pd.read_csv(ROOT / "docs/recipe.csv").groupby("recipe")["seed"].apply(sorted)
    assert recorded.index.sort_values().to_list() == sorted(recipe.RECIPES)
    assert all(seeds == [*recipe.SEEDS] for seeds in recorded)
    drawn = pd.read_csv(ROOT / "docs/hand.csv").groupby(["hand", "count"])["seed"].apply(sorted)
    assert {*drawn.index} == {("none", 0), *product(hand.HANDS, hand.COUNTS)}
    assert all(seeds == [*hand.SEEDS] for seeds in drawn)
    shown = pd.read_csv(ROOT / "docs/plateau/summary.csv")
    assert shown["variant"].to_list() == [*plateau.variants(NOISE)]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder has 100 and 30 images, and the default recipe with one epoch."""
    generator = np.random.default_rng(0)
    for name, images in (("train", 100), ("test", 30)):
        pixels = generator.random((images, 16, 16), dtype=np.float32)
        npz.save(Dataset(pixels, np.arange(images) % 10), tmp_path / f"data/npz/{name}.npz")
    text = (ROOT / "params.yaml").read_text().replace("epochs: 60", "epochs: 1")
    (tmp_path / "params.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("change", [{}, {"network.activation": "tanh", "test_shift": 0}], ids=str)
def test_a_recipe_is_trained_and_judged(
    change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(recipe.RECIPES, "some", change)
    row = recipe.score("some", 3)
    assert (row["recipe"], row["seed"]) == ("some", 3)
    assert (row["validation_images"], row["test_images"]) == (30, 30)
    assert 0 < row["test_errors"] <= 30
    assert row["validation_log_loss"] == pytest.approx(np.log(10), rel=0.3)


@pytest.mark.usefixtures("small")
def test_drawings_join_the_training_images_and_others_are_tested(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    joined = []

    def recorded(digits: Dataset, config: Config) -> Any:
        joined.append(digits)
        return train(digits, config)

    monkeypatch.setattr(hand, "train", recorded)
    tested = hand.drawings("postal", 1, hand.HELD_OUT_SEED)
    row = hand.score("postal", 2, 3, {"postal": tested})
    assert (row["hand"], row["count"], row["seed"]) == ("postal", 2, 3)
    assert (row["postal_images"], row["test_images"]) == (10, 30)
    assert 0 < row["test_errors"] <= 30
    hand.score("none", 0, 3, {})
    assert [len(digits) for digits in joined] == [120, 100]
    drawn = joined[0][100:]
    np.testing.assert_array_equal(drawn.labels, np.arange(10).repeat(2))
    # All 30 drawings differ.
    assert len({image.tobytes() for image in (*drawn.images, *tested.images)}) == 30
    first = hand.drawings("postal", 1, 3)
    np.testing.assert_array_equal(first.images, drawn.images[::2])


def test_a_digit_is_drawn_where_its_strokes_lie() -> None:
    drawn = hand.picture("0 0 0 100", np.random.default_rng(0))
    rows, columns = np.nonzero(np.asarray(drawn) == 0)
    assert rows.min() < 0.3 * 280 < 0.7 * 280 < rows.max()
    assert columns.mean() < 0.4 * 280


def test_hands_are_summed_up_by_count_and_share_the_networks_without_drawings() -> None:
    rows = [("none", 0, 0, 9, 2), ("a", 2, 0, 3, 2), ("a", 2, 1, 1, 4)]
    scores = pd.DataFrame(rows, columns=["hand", "count", "seed", "a_errors", "test_errors"])
    scores = scores.assign(a_images=10, test_images=100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hand, "HANDS", {"a": []})
        summary = hand.summary(scores)
    assert summary.columns.tolist() == ["images", "0 a digit", "2 a digit"]
    assert summary.to_numpy().tolist() == [
        ["a", "90.0 (90.0 to 90.0)", "20.0 (10.0 to 30.0)"],
        ["USPS test, with a", "2.0 (2.0 to 2.0)", "3.0 (2.0 to 4.0)"],
    ]


def squared(name: str, seed: int) -> dict[str, Any]:
    assert (name, seed) != ("b", 1)
    return {"name": name, "seed": seed, "squared": seed**2}


@pytest.mark.slow
def test_a_table_is_filled_where_it_has_gaps(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    todo = [{"name": name, "seed": seed} for name in ("a", "b") for seed in range(3)]
    there = [{"name": "b", "seed": 1, "squared": -1}, {"name": "old", "seed": 0}]
    pd.DataFrame(there).to_csv(path, index=False)
    filled = table.fill(path, ["name", "seed"], todo, squared)
    rows = filled.set_index(["name", "seed"])["squared"].to_dict()
    assert len(rows) == len(filled) == 7
    assert (rows["b", 1], rows["a", 2]) == (-1, 4)
    assert np.isnan(rows["old", 0])
    assert pd.read_csv(path).equals(filled)


def test_both_renderings_are_read_as_they_are_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for rendering, (*names, pixel_range) in seeds.RENDERINGS.items():
        layout = Layout.of(
            side=16, pixel_range=pixel_range, first_label=0, first_index=1, classes=10
        )
        folder = Path("data/sources", rendering)
        folder.mkdir(parents=True)
        for number, name in enumerate(names):
            npz.save(NOISE[: 20 * (number + 1)], Path("some.npz"))
            formats.convert([Path("some.npz")], Path("some.jf"), layout)
            content = Path("some.jf").read_bytes()
            (folder / name).write_bytes(gzip.compress(content) if name[-2:] == "gz" else content)
        train, test = seeds.load(rendering)
        assert (len(train), len(test)) == (20, 40)
        np.testing.assert_allclose(test.images, NOISE.images, atol=1e-6)


def test_seeds_and_committees_are_summed_up_by_rendering() -> None:
    rows = [("usps", 1, 0, 2), ("usps", 1, 1, 4), ("usps", 5, 0, 1), ("usps-zip", 1, 0, 3)]
    columns = ["rendering", "members", "seed", "test_errors"]
    summary = seeds.summary(pd.DataFrame(rows, columns=columns).assign(test_images=200))
    assert summary.to_numpy().tolist() == [
        ["usps", 1, 2, 1.5, 1.0, 2.0],
        ["usps", 5, 1, 0.5, 0.5, 0.5],
        ["usps-zip", 1, 1, 1.5, 1.5, 1.5],
    ]


def test_the_far_images_are_those_least_like_their_class() -> None:
    images = np.random.default_rng(0).uniform(0, 0.01, (100, 4, 4)).astype(np.float32)
    # Three of each digit are bright in different places.
    for place, image in enumerate(images[:30]):
        image.flat[place // 10 : place // 10 + 2] += 1 + 0.1 * place
    far = recipe.far_images(Dataset(images, np.arange(100) % 10))
    np.testing.assert_array_equal(far, np.arange(30))


def test_the_summary_of_recipes_is_in_percent_and_the_best_comes_first() -> None:
    rows = [
        ("a", 4, 0.1, 1, 0.5),
        ("b", 2, 0.2, 2, 0.6),
        ("a", 6, 0.3, 3, 0.7),
        ("b", 2, 0.4, 4, 0.9),
    ]
    names = ("recipe", "validation_errors", "validation_log_loss", "test_errors", "test_log_loss")
    scores = pd.DataFrame(rows, columns=names).assign(validation_images=200, test_images=100)
    assert recipe.summary(scores).to_numpy().tolist() == [
        ["b", 2, "1.00 (1.00 to 1.00)", "0.300", "3.00 (2.00 to 4.00)", "0.750"],
        ["a", 2, "2.50 (2.00 to 3.00)", "0.200", "2.00 (1.00 to 3.00)", "0.600"],
    ]


@pytest.mark.parametrize("name", ["the notebook", "batch normalisation"])
def test_a_variant_is_trained_and_its_layers_are_measured(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(plateau.NOTEBOOK, "epochs", 2)
    monkeypatch.chdir(ROOT)
    variant = plateau.variants(NOISE)[name]
    runs = plateau.learn(name, variant, NOISE, seed=0)
    assert runs["epoch"].tolist() == [1, 2]
    assert runs["loss"].between(1, 5).all()
    layers = plateau.sizes(name, variant, NOISE, seed=0).set_index(["moment", "layer"])
    start, end = layers.loc["at the start"], layers.loc["after training"]
    assert start.index.tolist() == ["C1", "C3", "C5", "F6", "O7"]
    # The notebook's signal fades from layer to layer; that is why it does not learn.
    assert (start["signal"]["F6"] < start["signal"]["C1"] / 20) == (name == "the notebook")
    assert (start["gradient"] != end["gradient"]).all()


def test_seeds_that_leave_are_counted_with_their_epoch() -> None:
    rows = [
        ("a", 0, 1, 2.0, 0.1),
        ("a", 0, 2, 1.0, 0.6),
        ("a", 1, 1, 2.0, 0.1),
        ("a", 1, 2, 2.0, 0.2),
        ("b", 0, 1, 2.2, 0.1),
        ("b", 0, 2, 2.2, 0.1),
    ]
    columns = ["variant", "seed", "epoch", "loss", "train_accuracy"]
    counted = plateau.summary(pd.DataFrame(rows, columns=columns)).set_index("variant")
    assert counted["left"].to_dict() == {"a": 1, "b": 0}
    assert counted.loc["a", "first_epoch"] == 2
    assert counted["first_epoch"].isna().to_dict() == {"a": False, "b": True}
    assert counted.loc["a", "loss"] == 1.5
