"""A file of images divided into a training and a test file."""

from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

from lenet.core.errors import InputError
from lenet.raw import formats
from lenet.raw.layout import Layout
from lenet.raw.statistics import Statistics


def split(
    source: Path, train: Path, test: Path, layout: Layout, *, test_fraction: float, seed: int
) -> tuple[Statistics, int]:
    """Divide the images of `source` into a training and a test file, stratified by label.

    The images stay in their order. The same seed gives the same files. The suffixes choose the
    formats; `test_fraction`, between 0 and 1, is the share of the images for testing.

    Returns the numbers of the source, and how many of its images are in the test file.
    Raises InputError where a class has too few images for both files.
    """
    if len({path.resolve() for path in (source, train, test)}) < 3:
        raise InputError(source, f"is to be divided into {train} and {test}", "three files")
    formats.check_target(train)
    formats.check_target(test)
    reading = formats.read(source, layout)
    data = reading.data
    try:
        parts = train_test_split(
            np.arange(len(data)), test_size=test_fraction, stratify=data.labels, random_state=seed
        )
    except ValueError as error:
        found = f"a share of {test_fraction:g} cannot be cut out of {len(data)} images: {error}"
        raise InputError(source, found.rstrip(".")) from error
    for part, target in zip(parts, (train, test), strict=True):
        formats.write(data[np.sort(part)], target, layout)
    return reading.statistics, len(parts[1])
