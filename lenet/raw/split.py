"""A file of images divided into a training and a test file."""

from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

from lenet.core.errors import InputError
from lenet.raw import formats
from lenet.raw.layout import Layout
from lenet.raw.statistics import Statistics


def split(
    source: Path,
    train: Path,
    test: Path,
    layout: Layout,
    *,
    test_fraction: float,
    seed: int,
) -> tuple[Statistics, int]:
    """Divide the images of `source` into a training and a test file, stratified by label.

    The images stay in their order. The same seed gives the same files.

    Args:
        source, layout: see `formats.convert`.
        train, test: the files to write; the suffix chooses the format.
        test_fraction: the share of the images for testing, between 0 and 1.
        seed: of the choice.

    Returns the numbers of the source, and how many of its images are in the test file.
    Raises InputError where a class has too few images for both files.
    """
    if len({path.resolve() for path in (source, train, test)}) < 3:
        raise InputError(f"{source}, {train}, {test}: expected three different files.")
    labels = formats.read(source, layout).data.labels
    try:
        _, tested = train_test_split(
            np.arange(len(labels)), test_size=test_fraction, stratify=labels, random_state=seed
        )
    except ValueError as error:
        raise InputError(
            f"a share of {test_fraction:g} cannot be cut out of the {len(labels)} images of "
            f"{source} ({str(error).rstrip('.')})."
        ) from error
    is_test = np.zeros(len(labels), np.bool_)
    is_test[tested] = True
    formats.convert([source], train, layout, chosen=~is_test)
    (statistics,) = formats.convert([source], test, layout, chosen=is_test)
    return statistics, len(tested)
