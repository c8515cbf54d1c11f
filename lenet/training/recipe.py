"""The recipe of a training: the top level of params.yaml."""

from collections.abc import Collection
from typing import ClassVar, Literal

from pydantic import Field

from lenet.core.params import LEAST, Number, Params, Whole, ZeroOrSome


class Recipe(Params, frozen=True):
    """How a network is trained.

    seed: of the validation split, the initial weights, the order and augmentation of images.
    validation_fraction: share of the training file that is kept for validation, stratified.
    epochs: passes over the training images.
    batch_size: images in a step; the last batch of an epoch may be smaller.
    lr: learning rate for the mean loss of a batch, the highest of its schedule.
    lr_schedule: "cosine", down to 0 at the end, or "constant".
    momentum: Nesterov's; 0 is plain SGD.
    weight_decay: L2 penalty on all parameters, as MXNet's optimizers define it.
    members: networks of a committee, trained from consecutive seeds.
    replicas: parts of a batch that are computed at the same time, each on a core.
    workers: processes, each with a part of every batch; several use a parameter server.
    device: "cpu" or "gpu".
    """

    # The groups, and the keys of the top level that other stages read.
    others: ClassVar[Collection[str] | None] = (
        *("train_file", "test_file", "test_shift"),
        *("raw", "network", "preprocess", "augment"),
    )

    seed: Whole = Field(ge=0, lt=2**31, description="a whole number from 0 to 2147483647")
    validation_fraction: Number = Field(ge=0, le=0.9, description="a number from 0 to 0.9")
    epochs: Whole = Field(ge=1, le=100_000, description="a whole number from 1 to 100000")
    batch_size: Whole = Field(ge=1, le=1_000_000, description="a whole number from 1 to 1000000")
    lr: Number = Field(ge=LEAST, le=100, description="a number from 1e-9 to 100")
    lr_schedule: Literal["cosine", "constant"] = Field(description="cosine or constant")
    momentum: ZeroOrSome = Field(ge=0, lt=1, description="0, or a number from 1e-9 to below 1")
    weight_decay: ZeroOrSome = Field(ge=0, le=1, description="0, or a number from 1e-9 to 1")
    members: Whole = Field(ge=1, le=100, description="a whole number from 1 to 100")
    replicas: Whole = Field(ge=1, le=64, description="a whole number from 1 to 64")
    workers: Whole = Field(ge=1, le=64, description="a whole number from 1 to 64")
    device: Literal["cpu", "gpu"] = Field(description="cpu or gpu")

    def member(self, number: int) -> "Recipe":
        """Return the recipe of the committee's member `number`, from 0, which has another seed."""
        return self.model_copy(update={"seed": self.seed + number})
