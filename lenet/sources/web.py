"""Data sets on the web, each file with its address and its sha256."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pooch
import requests

from lenet.core.errors import InputError
from lenet.core.files import give_default_mode
from lenet.sources.digits import DIGITS_INSTEAD


@dataclass(frozen=True)
class RemoteFile:
    """A file on the web: its address, and its sha256 in hexadecimal."""

    url: str
    sha256: str

    @property
    def name(self) -> str:
        """The file's name, which the local copy keeps."""
        return self.url.rpartition("/")[2]


_LIBSVM = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass"
_HASTIE = "https://hastie.su.domains/ElemStatLearn/datasets"

# The sources on the web: training file and test file of each.
SOURCES = {
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
    """Fetch `file` to `path`, with a progress bar on a terminal.

    A file that stands there already, with the right hash, is kept.

    Raises InputError where the file cannot be fetched or has another sha256; a file that stood at
    `path` then stays.
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
            f"which checks its sha256 ({file.sha256}); {DIGITS_INSTEAD}"
        ) from error
    give_default_mode(path)
