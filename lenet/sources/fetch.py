"""The data sets that `lenet fetch` brings: from the web, or made here."""

from pathlib import Path

import numpy as np
import pooch
import requests
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from lenet.core.errors import InputError
from lenet.core.npz import Dataset
from lenet.raw import formats
from lenet.raw.layout import Layout
from lenet.sources import DIGITS_INSTEAD

# How the files that are made here are written.
LAYOUT = Layout.of(side=16, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)
_LIBSVM = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass"
_HASTIE = "https://hastie.su.domains/ElemStatLearn/datasets"
# Address and sha256 of the training file and the test file of each source on the web.
WEB = {
    "usps-libsvm": {
        f"{_LIBSVM}/usps.bz2": "3771e9dd6ba685185f89867b6e249233dd74652389f263963b3b741e994b034f",
        f"{_LIBSVM}/usps.t.bz2": "a9c0164e797d60142a50604917f0baa604f326e9a689698763793fa5d12ffc4e",
    },
    "usps-zip": {
        f"{_HASTIE}/zip.train.gz": (
            "66ebf231ab51f2cf6ac1a892d0f98ccffee1079d7a5db638c1f11f366046ca16"
        ),
        f"{_HASTIE}/zip.test.gz": (
            "8dacc3c6e136af6c3488de9e5113a7daf140c8c2f1f0b61c54ee02f03f1a962f"
        ),
    },
}


def fetch(name: str, folder: Path) -> list[Path]:
    """Bring a source, one of `SETTINGS`, into a folder; return its training and its test file.

    Raises InputError where a file cannot be fetched, or has another hash.
    """
    if name in WEB:
        return [download(url, sha256, folder) for url, sha256 in WEB[name].items()]
    # One file of each format.
    paths = [folder / "train.jf", folder / "test.txt"]
    for data, path in zip(digits(), paths, strict=True):
        formats.write(data, path, LAYOUT)
    return paths


def download(url: str, sha256: str, folder: Path) -> Path:
    """Fetch a file into a folder, and return its path.

    A file that stands there already, with the right hash, is kept.

    Raises InputError where the file cannot be fetched or has another sha256; a file that stood at
    the path then stays.
    """
    path = folder / url.rpartition("/")[2]
    try:
        pooch.retrieve(url, known_hash=f"sha256:{sha256}", fname=path.name, path=folder)
    except (requests.RequestException, ValueError) as error:
        raise InputError(
            path,
            f"cannot be fetched from {url}: {error}",
            f"a file with the sha256 {sha256}",
            f"Save it as {path} by other means and run the command again; {DIGITS_INSTEAD}",
        ) from error
    # pooch makes files that others cannot read.
    path.chmod(0o644)
    return path


def digits() -> tuple[Dataset, Dataset]:
    """Return scikit-learn's 1,797 digits, 8 x 8 enlarged to 16 x 16.

    Returns the training and the test images; a fifth, stratified, is for testing.
    """
    bunch = load_digits()
    images = (bunch.images / 16).astype(np.float32).repeat(2, axis=1).repeat(2, axis=2)
    data = Dataset(images, bunch.target.astype(np.int64))
    train, test = train_test_split(
        np.arange(len(data)), test_size=0.2, stratify=data.labels, random_state=0
    )
    return data[train], data[test]
