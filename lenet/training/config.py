"""All parameters, as one object: params.yaml."""

from typing import Literal

from pydantic import Field

from lenet.core.params import ClassCount, Number, Params, Whole
from lenet.model.architecture import Network
from lenet.model.preprocess import Preprocess
from lenet.training.augment import Augment


class Classes(Params, frozen=True, extra="allow"):
    """The number of classes: a key of the group `raw`; `raw.layout.Layout` checks the others."""

    classes: ClassCount


class Config(Params, frozen=True):
    """The file params.yaml.

    train_file, test_file: raw files, or folders of pictures.
    seed: seed of the validation split, initial weights, order and augmentation of images.
    validation_fraction: share of the training file that is kept for validation, stratified.
    epochs: passes over the training images.
    batch_size: images in a step; the last batch of an epoch may be smaller.
    lr: learning rate for the mean loss of a batch, the highest of its schedule.
    lr_schedule: "cosine", down to 0 at the end, or "constant".
    momentum: Nesterov's; 0 is plain SGD.
    weight_decay: L2 penalty on all parameters, as MXNet's optimizers define it.
    members: networks of a committee, trained from consecutive seeds.
    workers: processes, each with a part of every batch; several use a parameter server.
    device: "cpu"; or "gpu", which needs an MXNet built with CUDA.
    test_shift: the exported network averages its answers for 3 x 3 copies of an image, shifted by
        this length; 0 is one copy. An image reaches from -1 to 1.
    raw, network, preprocess, augment: the groups.
    """

    train_file: str = Field(description="the path of a file or a folder")
    test_file: str = Field(description="the path of a file or a folder")
    seed: Whole = Field(ge=0, lt=2**31, description="a whole number from 0 to 2147483647")
    validation_fraction: Number = Field(
        examples=[0.1], ge=0, le=0.9, description="a number from 0 to 0.9"
    )
    epochs: Whole = Field(
        examples=[60], ge=1, le=100_000, description="a whole number from 1 to 100000"
    )
    batch_size: Whole = Field(
        examples=[64], ge=1, le=1_000_000, description="a whole number from 1 to 1000000"
    )
    lr: Number = Field(examples=[0.05], ge=1e-9, le=100, description="a number from 1e-9 to 100")
    lr_schedule: Literal["cosine", "constant"] = Field(
        examples=["cosine"], description="cosine or constant"
    )
    momentum: Number = Field(examples=[0.9], ge=0, lt=1, description="a number from 0 to below 1")
    weight_decay: Number = Field(examples=[0.0005], ge=0, le=1, description="a number from 0 to 1")
    members: Whole = Field(examples=[1], ge=1, le=100, description="a whole number from 1 to 100")
    workers: Whole = Field(examples=[1], ge=1, le=64, description="a whole number from 1 to 64")
    device: Literal["cpu", "gpu"] = Field(examples=["cpu"], description="cpu or gpu")
    test_shift: Number = Field(examples=[0.09], ge=0, le=2, description="a number from 0 to 2")
    raw: Classes
    network: Network
    preprocess: Preprocess
    augment: Augment

    @property
    def classes(self) -> int:
        """The number of classes."""
        return self.raw.classes
