"""Data sets on the web, each file with its address and its sha256."""

import os
import sys
from pathlib import Path

import pooch
import requests

from lenet.core.errors import InputError
from lenet.sources import DIGITS_INSTEAD

_LIBSVM = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass"
_HASTIE = "https://hastie.su.domains/ElemStatLearn/datasets"

# Address and sha256 of the training file and the test file of each source.
SOURCES = {
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


def download(url: str, sha256: str, path: Path) -> None:
    """Fetch a file to `path`, with a progress bar on a terminal.

    A file that stands there already, with the right hash, is kept.

    Raises InputError where the file cannot be fetched or has another sha256; a file that stood at
    `path` then stays.
    """
    try:
        pooch.retrieve(
            url,
            known_hash=f"sha256:{sha256}",
            fname=path.name,
            path=path.parent,
            downloader=pooch.HTTPDownloader(progressbar=sys.stderr.isatty()),
        )
    except (requests.RequestException, ValueError) as error:
        raise InputError(
            path,
            f"cannot be fetched from {url}: {error}",
            f"a file with the sha256 {sha256}",
            f"Save it as {path} by other means and run the command again; {DIGITS_INSTEAD}",
        ) from error
    # pooch makes private files (0600).
    umask = os.umask(0)
    os.umask(umask)
    path.chmod(0o666 & ~umask)
