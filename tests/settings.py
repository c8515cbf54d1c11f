"""The parameters that tests of the network and its training begin with."""

from lenet.model.architecture import ACTIVATIONS as _ACTIVATIONS
from lenet.training.config import Config
from tests.project import ROOT

ACTIVATIONS = tuple(_ACTIVATIONS)
DEFAULT = Config.load(ROOT / "params.yaml")
# A small network, trained in a moment on images as they are.
SMALL = DEFAULT.changed(
    {
        "network.image_size": 16,
        "epochs": 2,
        "batch_size": 16,
        "lr": 0.02,
        "lr_schedule": "constant",
        "weight_decay": 0,
        "validation_fraction": 0,
        "test_shift": 0,
        "preprocess.margin": 0,
        "preprocess.centering": 0,
        "preprocess.proportion": 0,
        **{f"augment.{by}": 0 for by in ("rotation", "scale", "shift", "gamma", "elastic")},
    }
)
NETWORK, DEFAULT_PREPROCESS, PLAIN_PREPROCESS = SMALL.network, DEFAULT.preprocess, SMALL.preprocess
AUGMENT, NO_AUGMENT = DEFAULT.augment, SMALL.augment
