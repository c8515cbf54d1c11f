import numpy as np

from lenet.core.npz import Dataset
from lenet.training import committee
from lenet.training.loop import Epoch, split
from tests.settings import AUGMENT, NETWORK, PLAIN_PREPROCESS, RECIPE
from tests.training.small import trained, weights


def test_a_member_learns_what_it_learns_alone_from_its_seed(random_digits: Dataset) -> None:
    recipe = RECIPE.changed(members=2, seed=5, validation_fraction=0.25)
    members, epochs = committee.train(random_digits, recipe, NETWORK, PLAIN_PREPROCESS, AUGMENT)
    means = list(epochs)
    assert [member.prefix for member in members] == ["lenet0_", "lenet1_"]
    # All members share one split, so that no member learns the validation images of another.
    train, validation = split(random_digits, recipe)
    alone = [trained(train, validation, augment=AUGMENT, seed=seed) for seed in (5, 6)]
    for member, (network, _) in zip(members, alone, strict=True):
        assert weights(member) == weights(network)
    assert means == [Epoch.mean(each) for each in zip(*(run for _, run in alone), strict=True)]
    assert [epoch.number for epoch in means] == [1, 2]
    assert np.isfinite([epoch.loss for epoch in means]).all()
