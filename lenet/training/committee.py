"""The networks of a committee, trained side by side; usually it has one member."""

from collections.abc import Callable, Iterator

from lenet.core.npz import Digits
from lenet.model._mxnet import context
from lenet.model.architecture import Network
from lenet.model.network import LeNet, member_name
from lenet.model.view import View
from lenet.training.batches import Batches
from lenet.training.learner import Learner
from lenet.training.loop import Epoch, fit, split
from lenet.training.recipe import Recipe
from lenet.training.warps import Warp


def train(
    digits: Digits,
    recipe: Recipe,
    network: Network,
    view: View,
    warp: Warp,
    *,
    learner: Callable[..., Learner] = Learner,
    batches: Callable[..., Batches] = Batches,
) -> tuple[list[LeNet], Iterator[Epoch]]:
    """Make the members of a committee, and train them as the epochs are read.

    Args:
        digits: the training file's images; the validation set is cut out of them.
        recipe: how each member is trained; their seeds follow each other.
        network: which LeNet they are.
        view: how they see an image.
        warp: how far training warps images.
        learner, batches: the classes that do the work.

    Returns the members, and the mean over them of each epoch. The members train an epoch each in
    turn, so that the learning curves show them all from the start.
    """
    device = context(recipe.device)
    images, validation = split(digits, recipe)
    members = [LeNet(network, name=member_name(number)) for number in range(recipe.members)]
    runs = []
    for number, member in enumerate(members):
        own = recipe.member(number)
        feed = batches(images, own, warp, view, size=network.image_size, context=device)
        steps = recipe.epochs * len(feed)
        runs.append(fit(learner(member, own, steps=steps, context=device), feed, validation, view))
    return members, (Epoch.mean(each) for each in zip(*runs, strict=True))
