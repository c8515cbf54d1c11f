"""Settings that tests of the network and its training begin with."""

from typing import get_args

from lenet.model.architecture import Network
from lenet.model.preprocess import Preprocess
from lenet.training.augment import Augment
from lenet.training.recipe import Recipe

NETWORK = Network(image_size=16, activation="relu", c3="full", pooling="max", classes=10)
ACTIVATIONS = get_args(Network.model_fields["activation"].annotation)
# An image as it is, at the network's size.
PLAIN_PREPROCESS = Preprocess(input_range=(-1, 1), margin=0, centering=0, proportion=0)
DEFAULT_PREPROCESS = Preprocess(input_range=(-1, 1), margin=0.35, centering=0.7, proportion=0.7)
NO_AUGMENT = Augment(rotation=0, scale=0, shift=0, gamma=0, elastic=0, control_points=5)
AUGMENT = Augment(rotation=12, scale=0.15, shift=0.12, gamma=0.4, elastic=0.1, control_points=5)
RECIPE = Recipe(
    seed=0,
    validation_fraction=0,
    epochs=2,
    batch_size=16,
    lr=0.02,
    lr_schedule="constant",
    momentum=0.9,
    weight_decay=0,
    members=1,
    replicas=1,
    workers=1,
    device="cpu",
)
