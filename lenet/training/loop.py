"""The training loop: shuffled minibatches, random warps, one result an epoch."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split
from tqdm import tqdm

from lenet.core.errors import InputError
from lenet.core.npz import CLASSES, Digits
from lenet.model._mxnet import mx
from lenet.model.network import LeNet
from lenet.model.prediction import probabilities
from lenet.model.view import network_input
from lenet.training.distributed.workers import Workers
from lenet.training.replicas import Replicas
from lenet.training.warps import random_affine, random_gamma

# Images, in whole batches; memory stays a few MiB.
_WARPED_AT_ONCE = 512


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training images gave.

    number: from 1.
    loss: mean loss of the training images, as warped, while the network was learning.
    train_accuracy: share of them recognised, likewise.
    validation_accuracy: share of the validation images recognised after the epoch, unwarped;
        None without any.
    """

    number: int
    loss: float
    train_accuracy: float
    validation_accuracy: float | None

    def __str__(self) -> str:
        known = (("train", self.train_accuracy), ("validation", self.validation_accuracy))
        accuracies = [f", {name} acc {value:.4f}" for name, value in known if value is not None]
        return f"epoch {self.number}, loss {self.loss:.4f}" + "".join(accuracies)

    @staticmethod
    def mean(epochs: Sequence["Epoch"]) -> "Epoch":
        """Return the mean of the same epoch of several networks."""
        values = pd.DataFrame(map(asdict, epochs)).mean()
        return Epoch(
            number=epochs[0].number,
            loss=values["loss"],
            train_accuracy=values["train_accuracy"],
            validation_accuracy=None
            if epochs[0].validation_accuracy is None
            else values["validation_accuracy"],
        )

    def metrics(self) -> dict[str, float]:
        """Return loss, train_accuracy and, if there is one, validation_accuracy."""
        values = asdict(self)
        del values["number"]
        return {name: value for name, value in values.items() if value is not None}


def split(digits: Digits, *, validation_fraction: float, seed: int) -> tuple[Digits, Digits | None]:
    """Cut a validation set out of `digits`, stratified by label.

    Returns the rest and the validation set, None where `validation_fraction` is 0.
    Raises InputError where a class is too small to stand in both.
    """
    if validation_fraction == 0:
        return digits, None
    try:
        rest, validation = train_test_split(
            np.arange(len(digits)),
            test_size=validation_fraction,
            stratify=digits.labels,
            random_state=seed,
        )
    except ValueError as error:
        raise InputError(
            f"validation_fraction: {validation_fraction} cannot be cut out of {len(digits)} "
            f"training images: {error} Set validation_fraction: 0 to train on all of them."
        ) from error
    return digits[rest], digits[validation]


def fit(
    network: LeNet,
    digits: Digits,
    validation: Digits | None,
    *,
    seed: int,
    epochs: int,
    batch_size: int,
    replicas: int,
    optimizer: str,
    lr: float,
    lr_schedule: str,
    warmup_epochs: int,
    momentum: float,
    weight_decay: float,
    label_smoothing: float,
    rotation: float,
    shear: float,
    scale: float,
    aspect: float,
    shift: float,
    gamma: float,
    margin: float,
    centering: float,
    proportion: float,
    input_range: tuple[float, float],
    context: mx.Context,
    workers: Workers | None = None,
    initializer: mx.init.Initializer | None = None,
) -> Iterator[Epoch]:
    """Initialise `network` and train it in place, yielding after every epoch.

    The same arguments give the same bits, on the same build of MXNet and kind of processor.

    Args:
        network: its layers are hybridized and given initial weights.
        digits: to train on; the last batch of an epoch is as short as it comes.
        validation: recognised after each epoch, or None; it does not touch the training.
        seed: of the initial weights, the order of the images and the warps.
        epochs: passes over `digits`.
        batch_size: images a step.
        replicas: parts of a batch that are worked on at the same time, as far as there are cores.
            Their gradients are added up part by part: the bits depend on it, and on nothing
            of the machine.
        optimizer: "sgd" or "nag" (Nesterov), both with `momentum`.
        lr: learning rate, for the mean loss of a batch; the highest of its schedule.
        lr_schedule: "constant", or "cosine" down to 0 at the end.
        warmup_epochs: epochs over which the rate first climbs linearly from 0.
        momentum, weight_decay: as the optimizer defines them.
        label_smoothing: share of the target spread evenly over all classes.
        rotation, shear, scale, aspect, shift: see `random_affine`; drawn afresh for each image and
            epoch.
        gamma: see `random_gamma`; likewise.
        margin, centering, proportion, input_range: see `network_input`.
        context: where to train.
        workers: processes that do this together, each with its part of every batch; each must
            have a network of the same name. This process alone if not given.
        initializer: of the weights; Xavier's if not given.

    Raises InputError where the loss is no longer a finite number.
    """
    mx.random.seed(seed, ctx=context)
    # Independent streams, so that switching the warps off leaves the order of the images alone.
    order, warps = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2))
    network.initialize(initializer or mx.init.Xavier(), ctx=context, force_reinit=True)
    side_by_side = Replicas(network, replicas, context=context)
    workers = workers or Workers()
    targets = _smoothed_targets(label_smoothing)

    steps_per_epoch = -(-len(digits) // batch_size)
    trainer = mx.gluon.Trainer(
        network.collect_params(),
        optimizer,
        {
            "learning_rate": lr,
            "momentum": momentum,
            "wd": weight_decay,
            "lr_scheduler": _schedule(
                lr_schedule, lr, epochs * steps_per_epoch, warmup_epochs * steps_per_epoch
            ),
        },
        kvstore=None,
    )
    view = {
        "image_size": network.image_size,
        "margin": margin,
        "centering": centering,
        "proportion": proportion,
        "input_range": input_range,
        "context": context,
    }

    # What a worker is given that has no part of a short batch: an image that should be no digit at
    # all adds nothing to loss and gradient, and is never recognised.
    nothing = (
        mx.nd.zeros((1, 1, network.image_size, network.image_size), ctx=context),
        mx.nd.zeros((1, CLASSES), ctx=context),
        mx.nd.full((1,), -1, ctx=context),
    )

    def warped_batches(shuffled: Digits) -> Iterator[tuple[int, tuple[mx.nd.NDArray, ...]]]:
        """Yield the size of each batch, and the data, targets and labels of this worker's part."""
        # Warped and copied many batches at once: a copy waits until MXNet's queue is empty.
        many = batch_size * max(1, _WARPED_AT_ONCE // batch_size)
        for start in range(0, len(shuffled), many):
            some = shuffled[start : start + many]
            # Drawn for all, so that each image has the same warp whoever works on it.
            affine = random_affine(
                warps,
                len(some),
                rotation=rotation,
                shear=shear,
                scale=scale,
                aspect=aspect,
                shift=shift,
            )
            images = random_gamma(warps, some.images, gamma=gamma)
            numbers = np.arange(len(some))
            batches = [numbers[i : i + batch_size] for i in range(0, len(some), batch_size)]
            own = [batch[workers.part(len(batch))] for batch in batches]
            mine = np.concatenate(own)
            if not len(mine):
                yield from ((len(batch), nothing) for batch in batches)
                continue
            data = network_input(images[mine], affine[mine], **view)
            label = mx.nd.array(some.labels[mine], ctx=context)
            target = mx.nd.array(targets[some.labels[mine]], ctx=context)
            first = 0
            for batch, part in zip(batches, own, strict=True):
                at = slice(first, first + len(part))
                first = at.stop
                yield len(batch), (data[at], target[at], label[at]) if len(part) else nothing

    for number in range(1, epochs + 1):
        # Sums stay on the device until the epoch's end: reading one would stall the queue.
        loss_sum = mx.nd.zeros(1, ctx=context)
        correct = mx.nd.zeros(1, ctx=context)
        batches = warped_batches(digits[order.permutation(len(digits))])
        for size, (data, target, label) in tqdm(
            batches, f"epoch {number}/{epochs}", steps_per_epoch, leave=False, disable=None
        ):
            scores, loss = side_by_side.learn(data, target)
            workers.add_up(f"{network.prefix}gradients", side_by_side.gradients)
            trainer.step(size)
            side_by_side.follow()
            loss_sum += loss.sum()
            correct += (scores.argmax(axis=1) == label).sum()
        workers.add_up(f"{network.prefix}sums", [loss_sum, correct])
        loss_mean = loss_sum.asscalar() / len(digits)
        if not np.isfinite(loss_mean):
            raise InputError(
                f"training diverged: the loss of epoch {number} is {loss_mean}. Lower lr ({lr})."
            )
        # The last step comes after the last loss.
        weights = (parameter.data(context) for parameter in network.collect_params().values())
        if not all(np.isfinite(weight.asnumpy()).all() for weight in weights):
            raise InputError(
                f"training diverged: after epoch {number} some weights are no numbers. "
                f"Lower lr ({lr})."
            )
        yield Epoch(
            number=number,
            loss=float(loss_mean),
            train_accuracy=float(correct.asscalar() / len(digits)),
            validation_accuracy=None
            if validation is None
            else _accuracy(network, validation, view),
        )


def _smoothed_targets(label_smoothing: float) -> NDArray[np.float32]:
    """Return the target distribution of each label as the rows of (10, 10) float32."""
    uniform = np.full((CLASSES, CLASSES), label_smoothing / CLASSES)
    return (uniform + (1 - label_smoothing) * np.eye(CLASSES)).astype(np.float32)


def _schedule(name: str, lr: float, steps: int, warmup_steps: int) -> mx.lr_scheduler.LRScheduler:
    if name == "cosine":
        return mx.lr_scheduler.CosineScheduler(steps, base_lr=lr, warmup_steps=warmup_steps)
    # No step is due in the course of the training: a constant rate after the warm-up.
    return mx.lr_scheduler.FactorScheduler(steps + 1, base_lr=lr, warmup_steps=warmup_steps)


def _accuracy(network: LeNet, digits: Digits, view: dict) -> float:
    predicted = probabilities(network, digits.images, test_shift=0, **view).argmax(axis=1)
    return float((predicted == digits.labels).mean())
