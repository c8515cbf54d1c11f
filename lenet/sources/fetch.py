"""The data sets that `lenet fetch` brings, and the raw files of those that are made here."""

from pathlib import Path
from types import ModuleType

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from lenet.core.files import whole_file
from lenet.raw import image_text, jf
from lenet.raw.layout import Layout
from lenet.raw.records import Records
from lenet.sources import web

_LAYOUT = Layout(side=16, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)


def fetch(name: str, folder: Path) -> list[Path]:
    """Bring a source, one of `SETTINGS`, into a folder; return its training and its test file.

    Raises InputError where a file cannot be fetched, or has another hash.
    """
    if name in web.SOURCES:
        paths = []
        for url, sha256 in web.SOURCES[name].items():
            paths.append(folder / url.rpartition("/")[2])
            web.download(url, sha256, paths[-1])
        return paths
    train, test = digits()
    # One file of each format.
    return [write(jf, train, folder / "train.jf"), write(image_text, test, folder / "test.txt")]


def digits() -> tuple[Records, Records]:
    """Return scikit-learn's 1,797 digits, 8 x 8 enlarged to 16 x 16, pixels in [0, 2].

    Returns the training and the test records; a fifth, stratified, is for testing.
    """
    bunch = load_digits()
    enlarged = bunch.images.repeat(2, axis=1).repeat(2, axis=2) / 8
    records = Records(bunch.target.astype(np.int64), enlarged.reshape(len(enlarged), -1))
    train, test = train_test_split(
        np.arange(len(records)), test_size=0.2, stratify=records.labels, random_state=0
    )
    return records[train], records[test]


def write(form: ModuleType, records: Records, path: Path) -> Path:
    """Write records to a raw file of a format, `jf` or `image_text`; return its path."""
    with whole_file(path) as file:
        form.write(file, [records], _LAYOUT)
    return path
