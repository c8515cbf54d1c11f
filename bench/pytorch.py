"""The recipe in PyTorch, for comparison: the same network, input, augmentation and schedule."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import grid_sample

from lenet.core.npz import Dataset
from lenet.model.preprocess import LEAST_INK, PROPORTION, THINNEST, Preprocess, basis
from lenet.training.augment import Augment
from lenet.training.config import Config

# Images that are augmented at once, rounded down to whole batches, as in lenet.training.batches.
_MADE_AT_ONCE = 512


def train(digits: Dataset, config: Config, *, layout: str) -> Iterator[nn.Module]:
    """Train LeNet-5 with max pooling and ReLU, and yield the network after every epoch.

    Args:
        digits: the training images.
        config: what training reads of params.yaml; the schedule is the cosine.
        layout: of the memory, "contiguous_format" or "channels_last".
    """
    torch.manual_seed(config.seed)
    memory_format = getattr(torch, layout)
    network = lenet5(config.network.image_size).to(memory_format=memory_format)
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=config.lr,
        momentum=config.momentum,
        nesterov=True,
        weight_decay=config.weight_decay,
    )
    size = config.batch_size
    steps = config.epochs * -(-len(digits) // size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    criterion = nn.CrossEntropyLoss()
    images, labels = torch.from_numpy(digits.images), torch.from_numpy(digits.labels)
    for _ in range(config.epochs):
        loss_sum, correct = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        for some in torch.randperm(len(images)).split(size * max(1, _MADE_AT_ONCE // size)):
            data = augmented(
                images[some], config.augment, config.preprocess, config.network.image_size
            ).contiguous(memory_format=memory_format)
            for batch, target in zip(data.split(size), labels[some].split(size), strict=True):
                optimizer.zero_grad()
                scores = network(batch)
                loss = criterion(scores, target)
                loss.backward()
                optimizer.step()
                schedule.step()
                loss_sum += loss.detach() * len(target)
                correct += (scores.argmax(dim=1) == target).sum()
        yield network


def lenet5(size: int) -> nn.Module:
    """Return the default network, with Xavier's weights as in MXNet."""
    side = ((size - 4) // 2 - 4) // 2
    network = nn.Sequential(
        nn.Conv2d(1, 6, 5),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(6, 16, 5),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(16 * side * side, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )
    for name, parameter in network.named_parameters():
        if name.endswith("weight"):
            nn.init.xavier_uniform_(parameter)
        else:
            nn.init.zeros_(parameter)
    return network


def augmented(images: Tensor, augment: Augment, preprocess: Preprocess, size: int) -> Tensor:
    """Return images (n, side, side) as the network sees them in training, (n, 1, size, size)."""
    n = len(images)
    angle = torch.deg2rad(_uniform(augment.rotation, n))
    scale = torch.exp(_uniform(augment.scale, n))
    cosine, sine = scale * torch.cos(angle), scale * torch.sin(angle)
    linear = torch.stack([cosine, -sine, sine, cosine], dim=1).reshape(n, 2, 2)
    affine = torch.cat([linear * (1 + preprocess.margin), _uniform(augment.shift, n, 2, 1)], dim=2)
    amplitude = augment.elastic * torch.rand(n, 1, 1)
    points = amplitude * torch.randn(n, 2, augment.control_points**2)
    images = images ** torch.exp(_uniform(augment.gamma, n, 1, 1))
    return seen(images, affine, points, preprocess, size)


def seen(
    images: Tensor, affine: Tensor, points: Tensor, preprocess: Preprocess, size: int
) -> Tensor:
    """Sample images by affine maps (n, 2, 3) and displacements of control points (n, 2, k^2)."""
    scale, offset = _axes(images, preprocess)
    affine = affine * scale[:, :, None]
    affine[:, :, 2] += offset
    coefficients = torch.cat([affine, points], dim=2)
    grid = coefficients @ torch.from_numpy(basis(size, round(points.shape[2] ** 0.5)))
    grid = grid.reshape(-1, 2, size, size).permute(0, 2, 3, 1)
    background, full = preprocess.input_range
    ink = (images * (full - background))[:, None]
    return grid_sample(ink, grid, align_corners=True).add_(background)


def _axes(images: Tensor, preprocess: Preprocess) -> tuple[Tensor, Tensor]:
    """Return scale and offset of x and y, (n, 2) each; see `Preprocess.axes`."""
    positions = torch.linspace(-1, 1, images.shape[1])
    profiles = torch.stack([images.sum(dim=1), images.sum(dim=2)], dim=1)
    ink = images.sum(dim=(1, 2)).clamp(min=LEAST_INK)[:, None]
    means = profiles @ positions / ink
    deviations = (profiles @ positions**2 / ink - means**2).clamp(min=THINNEST**2).sqrt()
    ratio = torch.where(ink[:, 0] > LEAST_INK, deviations[:, 0] / deviations[:, 1] / PROPORTION, 1)
    stretch = ratio ** (preprocess.proportion / 2)
    return torch.stack([stretch, 1 / stretch], dim=1), preprocess.centering * means


def _uniform(largest: float, *shape: int) -> Tensor:
    """Draw uniformly from -largest to largest."""
    return largest * (2 * torch.rand(shape) - 1)
