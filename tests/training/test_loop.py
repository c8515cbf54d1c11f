import dataclasses
import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.model.network import save
from lenet.model.prediction import probabilities
from lenet.training.loop import split, train
from tests.project import ROOT
from tests.settings import SMALL
from tests.training import small
from tests.training.small import ASKED, AUGMENTED, trained, weights


@pytest.fixture(scope="module")
def real_digits() -> Dataset:
    return small.real_digits()


def test_real_digits_are_recognised_after_five_epochs(real_digits: Dataset) -> None:
    rest, validation = split(real_digits, SMALL.changed({"validation_fraction": 0.2}))
    _, epochs = trained(rest, {"epochs": 5, **AUGMENTED}, validation)
    assert epochs[-1]["validation_accuracy"] > 0.9


TRAIN = """
import hashlib
from tests.training.small import AUGMENTED, real_digits, trained, weights
lenet, _ = trained(real_digits()[:640], AUGMENTED)
print(hashlib.sha256(weights(lenet)).hexdigest())
"""


@pytest.mark.slow
def test_the_bits_do_not_depend_on_the_cores() -> None:
    runs = [
        subprocess.run(
            ["taskset", "--cpu-list", cores, sys.executable, "-c", TRAIN],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for cores in ("0", "0-1", "0-1")
    ]
    assert len(runs[0].strip()) == hashlib.sha256().digest_size * 2
    assert len(set(runs)) == 1


def test_validation_does_not_touch_the_training(real_digits: Dataset) -> None:
    some, others = real_digits[np.arange(50)], real_digits[np.arange(50, 90)]
    alone, _ = trained(some)
    watched, epochs = trained(some, validation=others)
    assert weights(alone) == weights(watched)
    scores = probabilities(watched, others.images, **ASKED)
    assert epochs[-1]["validation_loss"] == pytest.approx(
        -np.log(scores[np.arange(40), others.labels]).mean()
    )
    right = (scores.argmax(axis=1) == others.labels).mean()
    assert epochs[-1]["validation_accuracy"] == pytest.approx(right)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("momentum", 0.5), ("weight_decay", 0.1), ("lr_schedule", "cosine"), ("lr", 0.03)),
        *(("epochs", 3), ("batch_size", 8), ("seed", 1)),
        *(("preprocess.margin", 0.2), ("preprocess.centering", 0.5)),
        *(("preprocess.proportion", 0.5), ("preprocess.input_range", (0, 1))),
        *(("augment.rotation", 5), ("augment.scale", 0.1), ("augment.shift", 0.1)),
        *(("augment.gamma", 0.3), ("augment.elastic", 0.1)),
    ],
)
def test_every_parameter_has_its_say(real_digits: Dataset, name: str, value: object) -> None:
    some = real_digits[np.arange(64)]
    assert weights(trained(some, {name: value})[0]) != weights(trained(some)[0])


def test_a_member_learns_what_it_learns_alone_from_its_seed(
    random_digits: Dataset, tmp_path: Path
) -> None:
    config = SMALL.changed({"members": 2, "seed": 5, "validation_fraction": 0.25, **AUGMENTED})
    members, epochs = train(random_digits, config)
    means = list(epochs)
    # Outside of training mode, oneDNN would refuse weights that are parts of one array.
    save(members, tmp_path)
    # All members share one split, so that no member learns the validation images of another.
    rest, validation = split(random_digits, config)
    alone = [trained(rest, {"seed": seed, **AUGMENTED}, validation) for seed in (5, 6)]
    for member, (network, _) in zip(members, alone, strict=True):
        assert weights(member) == weights(network)
    for mean, *own in zip(means, *(run for _, run in alone), strict=True):
        assert mean == {name: (own[0][name] + own[1][name]) / 2 for name in own[0]}


@pytest.mark.parametrize(
    ("unchecked", "message"),
    [
        ({"lr": 1e30, "batch_size": 10}, r"lr: training diverged in epoch \d .*Lower lr .1e\+30"),
        # The last step diverges, after its loss.
        ({"lr": 1e38, "epochs": 1, "momentum": 0}, r"diverged in epoch 1 \(loss \d"),
    ],
)
def test_divergence_is_an_error_that_names_lr(
    real_digits: Dataset, unchecked: dict, message: str
) -> None:
    changes = {"batch_size": 20, "preprocess.input_range": (-1e9, 1e9)}
    with pytest.raises(InputError, match=message):
        trained(real_digits[np.arange(20)], changes, unchecked=unchecked)


def test_the_split_is_stratified_complete_and_follows_the_seed(real_digits: Dataset) -> None:
    def cut(fraction: float, seed: int) -> tuple[Dataset, Dataset | None]:
        return split(real_digits, SMALL.changed({"validation_fraction": fraction, "seed": seed}))

    (rest, validation), (_, same), (_, other) = cut(0.1, 3), cut(0.1, 3), cut(0.1, 4)
    assert validation
    assert same
    assert other
    shares = np.bincount(validation.labels) / np.bincount(real_digits.labels)
    assert np.abs(shares - 0.1).max() < 0.01
    images = np.concatenate([rest.images, validation.images]).reshape(len(real_digits), -1)
    whole = real_digits.images.reshape(len(real_digits), -1)
    np.testing.assert_array_equal(images[np.lexsort(images.T)], whole[np.lexsort(whole.T)])
    np.testing.assert_array_equal(same.images, validation.images)
    assert not np.array_equal(other.labels, validation.labels)
    assert cut(0, 3) == (real_digits, None)


def test_classes_that_cannot_be_split_are_errors(random_digits: Dataset) -> None:
    labels = np.where(random_digits.labels == 3, 4, random_digits.labels)
    labels[0] = 3
    digits = dataclasses.replace(random_digits, labels=labels)
    with pytest.raises(InputError, match=r"validation_fraction: 0.25 cannot be cut out of 40"):
        split(digits, SMALL.changed({"validation_fraction": 0.25}))
