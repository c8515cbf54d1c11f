import pytest

from lenet.core.errors import InputError
from lenet.core.params import read
from lenet.training.recipe import Recipe
from tests.project import ROOT
from tests.settings import RECIPE


def test_a_committees_members_differ_in_their_seeds_alone() -> None:
    seeds = [RECIPE.member(number).seed for number in range(3)]
    assert seeds == [0, 1, 2]
    assert RECIPE.member(2).model_copy(update={"seed": 0}) == RECIPE


def test_the_recipe_knows_every_key_of_the_top_level() -> None:
    assert {*Recipe.model_fields, *(Recipe.others or ())} == {*read(ROOT / "params.yaml")}


# Parameters of earlier versions: `momentum` implies the optimizer, `workers` implies the parameter
# server, and the ablation showed no use of the other two.
@pytest.mark.parametrize("name", ["optimizer", "kvstore", "label_smoothing", "warmup_epochs"])
def test_parameters_of_earlier_versions_are_unknown(name: str) -> None:
    with pytest.raises(InputError, match=f"^{name}: unknown parameter"):
        Recipe.check(**RECIPE.model_dump(), **{name: 0})
