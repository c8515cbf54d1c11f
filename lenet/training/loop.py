"""The training loop: epochs of batches, the figures of each epoch, and committees."""

from collections.abc import Iterator

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

from lenet.core.errors import InputError
from lenet.core.loss import mean_log_loss
from lenet.core.npz import Dataset
from lenet.model._mxnet import context
from lenet.model.network import LeNet, new_members
from lenet.model.prediction import probabilities
from lenet.training.batches import Batches
from lenet.training.config import Config
from lenet.training.learner import Learner
from lenet.training.workers import Workers


def train(
    examples: Dataset, config: Config, peers: Workers | None = None
) -> tuple[list[LeNet], Iterator[dict[str, float]]]:
    """Make the members of a committee, and train them as the epochs are read.

    Args:
        examples: the images of the training file; the validation set is cut out of them.
        config: all parameters; the members have consecutive seeds.
        peers: the processes that train together, if there are several.

    Returns the members, and for each epoch the means of `fit`'s figures over the members. Each
    member trains an epoch in turn, so that the learning curves show all members from the start.
    """
    device = context(config.device)
    images, validation = split(examples, config)
    members = new_members(config.network, config.classes, config.members)
    runs = []
    for number, member in enumerate(members):
        own = config.model_copy(update={"seed": config.seed + number})
        part = peers.part if peers else slice(None)
        batches = Batches(images, own, context=device, part=part)
        steps = config.epochs * len(batches)
        learner = Learner(member, own, steps=steps, context=device, peers=peers)
        runs.append(fit(learner, batches, validation))
    return members, map(_means, zip(*runs, strict=True))


def _means(epochs: tuple[dict[str, float], ...]) -> dict[str, float]:
    return {name: float(np.mean([epoch[name] for epoch in epochs])) for name in epochs[0]}


def split(examples: Dataset, config: Config) -> tuple[Dataset, Dataset | None]:
    """Cut a validation set out of `examples`, stratified by label.

    Returns the rest and the validation set, None where `validation_fraction` is 0.
    Raises InputError where there is a single class, or a class has too few images for both.
    """
    if len(np.unique(examples.labels)) < 2:
        found = f"all {len(examples)} training images are of class {examples.labels[0]}"
        advice = "`lenet inspect` says where the file has its labels."
        raise InputError("train_file", found, "at least two classes", advice)
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


def fit(
    learner: Learner, batches: Batches, validation: Dataset | None
) -> Iterator[dict[str, float]]:
    """Train a network in place, and yield the figures of every epoch.

    loss, train_accuracy: mean loss in nats, and share recognised, of the augmented training images
        while the network was learning.
    validation_loss, validation_accuracy: the same of the validation images, as they are, after the
        epoch; only if there are any.

    The same arguments give the same bits, on the same build of MXNet.

    Args:
        learner: the network, and how it learns.
        batches: of the training images.
        validation: recognised after each epoch, or None; it has no influence on the training.

    Raises InputError where the training diverges.
    """
    config = learner.config
    for number in range(1, config.epochs + 1):
        for batch in batches.epoch():
            learner.step(batch)
        loss, train_accuracy = learner.end_epoch()
        # The last step of an epoch comes after its last loss.
        if not (np.isfinite(loss) and np.isfinite(learner.weights.asnumpy()).all()):
            found = f"training diverged in epoch {number} (loss {loss})"
            raise InputError("lr", found, advice=f"Lower lr ({config.lr}).")
        figures = {"loss": loss, "train_accuracy": train_accuracy}
        if validation:
            given = probabilities(
                learner.network,
                validation.images,
                config.preprocess,
                size=config.network.image_size,
                test_shift=0,
                context=learner.context,
            )
            figures["validation_loss"] = mean_log_loss(validation.labels, given)
            recognised = accuracy_score(validation.labels, given.argmax(axis=1))
            figures["validation_accuracy"] = float(recognised)
        yield figures
