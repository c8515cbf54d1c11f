"""The training loop: epochs of batches, the result of each epoch, and committees."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from tqdm import tqdm

from lenet.core.errors import InputError
from lenet.core.interrupt import held_back
from lenet.core.loss import mean_log_loss
from lenet.core.npz import Dataset
from lenet.model._mxnet import context
from lenet.model.network import LeNet, new_members
from lenet.model.prediction import probabilities
from lenet.training.batches import Batches
from lenet.training.config import Config
from lenet.training.learner import Learner
from lenet.training.workers import Workers


@dataclass(frozen=True)
class Epoch:
    """The result of one pass over the training images.

    number: from 1.
    loss: mean loss of the augmented training images while the network was learning.
    train_accuracy: share of the same images that were recognised while the network was learning.
    validation_loss: mean loss of the validation images, as they are, after the epoch, in nats;
        None without validation images.
    validation_accuracy: share of the same images that are recognised; None likewise.
    """

    number: int
    loss: float
    train_accuracy: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None

    def __str__(self) -> str:
        text = f"epoch {self.number}, loss {self.loss:.4f}, train acc {self.train_accuracy:.4f}"
        if self.validation_loss is None:
            return text
        return (
            f"{text}, validation loss {self.validation_loss:.4f}, "
            f"validation acc {self.validation_accuracy:.4f}"
        )

    @staticmethod
    def mean(epochs: Sequence["Epoch"]) -> "Epoch":
        """Return the mean of the same epoch of several networks."""
        means = pd.DataFrame([epoch.metrics() for epoch in epochs]).mean()
        return Epoch(epochs[0].number, *means)

    def metrics(self) -> dict[str, float]:
        """Return all but the number, without what there is no validation image for."""
        values = asdict(self)
        del values["number"]
        return {name: value for name, value in values.items() if value is not None}


def train(
    examples: Dataset, config: Config, peers: Workers | None = None
) -> tuple[list[LeNet], Iterator[Epoch]]:
    """Make the members of a committee, and train them as the epochs are read.

    Args:
        examples: the images of the training file; the validation set is cut out of them.
        config: all parameters; the members have consecutive seeds.
        peers: the processes that train together, if there are several.

    Returns the members, and for each epoch the mean over the members. Each member trains an epoch
    in turn, so that the learning curves show all members from the start.
    """
    device = context(config.device)
    images, validation = split(examples, config)
    members = new_members(config.network, config.classes, config.members)
    runs = []
    for number, member in enumerate(members):
        own = config.model_copy(update={"seed": config.seed + number})
        batches = Batches(images, own, context=device, peers=peers)
        steps = config.epochs * len(batches)
        learner = Learner(member, own, steps=steps, context=device, peers=peers)
        runs.append(fit(learner, batches, validation))
    return members, (Epoch.mean(each) for each in zip(*runs, strict=True))


def split(examples: Dataset, config: Config) -> tuple[Dataset, Dataset | None]:
    """Cut a validation set out of `examples`, stratified by label.

    Returns the rest and the validation set, None where `validation_fraction` is 0.
    Raises InputError where there is a single class, or a class has too few images for both.
    """
    if len(np.unique(examples.labels)) < 2:
        raise InputError(
            "train_file",
            f"all {len(examples)} training images are of class {examples.labels[0]}",
            "at least two classes",
            "`lenet inspect` says where the file has its labels.",
        )
    if config.validation_fraction == 0:
        return examples, None
    try:
        rest, validation = train_test_split(
            np.arange(len(examples)),
            test_size=config.validation_fraction,
            stratify=examples.labels,
            random_state=config.seed,
        )
    except ValueError as error:
        raise InputError(
            "validation_fraction",
            f"{config.validation_fraction} cannot be cut out of {len(examples)} training images "
            f"({str(error).rstrip('.')})",
            advice="At 0, training takes all of them.",
        ) from error
    return examples[rest], examples[validation]


def fit(learner: Learner, batches: Batches, validation: Dataset | None) -> Iterator[Epoch]:
    """Train a network in place, and yield the result of every epoch.

    The same arguments give the same bits, on the same build of MXNet.

    Args:
        learner: the network, and how it learns.
        batches: of the training images.
        validation: recognised after each epoch, or None; it has no influence on the training.

    Raises InputError where the training diverges.
    """
    epochs = learner.config.epochs
    for number in range(1, epochs + 1):
        progress = f"epoch {number}/{epochs}"
        bar = tqdm(batches.epoch(), progress, len(batches), leave=False, disable=None)
        with held_back() as interrupted:
            for batch in bar:
                learner.step(batch)
                interrupted()
        loss, train_accuracy = learner.end_epoch(batches.images)
        _check_convergence(learner, number, loss)
        known = () if validation is None else _loss_and_accuracy(learner, validation)
        yield Epoch(number, loss, train_accuracy, *known)


def _check_convergence(learner: Learner, number: int, loss: float) -> None:
    """Raise InputError where the training has diverged in the epoch `number`."""
    if not np.isfinite(loss):
        reason = f"the loss of epoch {number} is {loss}"
    # The epoch's last step comes after its last loss.
    elif not learner.has_finite_weights():
        reason = f"after epoch {number} some weights are not finite"
    else:
        return
    raise InputError(
        "lr", f"training diverged: {reason}", advice=f"Lower lr ({learner.config.lr})."
    )


def _loss_and_accuracy(learner: Learner, examples: Dataset) -> tuple[float, float]:
    given = probabilities(
        learner.network,
        examples.images,
        learner.config.preprocess,
        size=learner.network.image_size,
        test_shift=0,
        context=learner.context,
    )
    accuracy = float(accuracy_score(examples.labels, given.argmax(axis=1)))
    return mean_log_loss(examples.labels, given), accuracy
