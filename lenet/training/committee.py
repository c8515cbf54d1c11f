"""The networks of a committee, trained in turn; by default a committee has one member."""

from collections.abc import Callable, Iterator

from lenet.core.npz import Dataset
from lenet.model._mxnet import context
from lenet.model.architecture import Network
from lenet.model.network import LeNet, member_name
from lenet.model.preprocess import Preprocess
from lenet.training.augment import Augment
from lenet.training.batches import Batches
from lenet.training.learner import Learner
from lenet.training.loop import Epoch, fit, split
from lenet.training.recipe import Recipe


def train(
    examples: Dataset,
    recipe: Recipe,
    network: Network,
    preprocess: Preprocess,
    augment: Augment,
    *,
    learner: Callable[..., Learner] = Learner,
    batches: Callable[..., Batches] = Batches,
) -> tuple[list[LeNet], Iterator[Epoch]]:
    """Make the members of a committee, and train them as the epochs are read.

    Args:
        examples: the images of the training file; the validation set is cut out of them.
        recipe: how each member is trained; the members have consecutive seeds.
        network: the kind and size of LeNet.
        preprocess: how the network sees an image.
        augment: how far training augmentations images.
        learner, batches: classes, or functions that make their objects.

    Returns the members, and for each epoch the mean over the members. Each member trains an epoch
    in turn, so that the learning curves show all members from the start.
    """
    device = context(recipe.device)
    images, validation = split(examples, recipe)
    members = [LeNet(network, name=member_name(number)) for number in range(recipe.members)]
    runs = []
    for number, member in enumerate(members):
        own = recipe.member(number)
        feed = batches(images, own, augment, preprocess, size=network.image_size, context=device)
        steps = recipe.epochs * len(feed)
        runs.append(
            fit(learner(member, own, steps=steps, context=device), feed, validation, preprocess)
        )
    return members, (Epoch.mean(each) for each in zip(*runs, strict=True))
