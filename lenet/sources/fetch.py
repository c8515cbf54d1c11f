"""The data sets that `lenet fetch` brings, and the raw files of those that are made here."""

from pathlib import Path
from types import ModuleType

from lenet.core.files import whole_file
from lenet.raw import image_text, jf
from lenet.raw.layout import Layout
from lenet.raw.records import Records
from lenet.sources import web
from lenet.sources.digits import digits

_LAYOUT = Layout(side=16, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)


def fetch(name: str, folder: Path) -> list[Path]:
    """Bring a source, one of `SETTINGS`, into a folder; return its training and its test file.

    Raises InputError where a file cannot be fetched, or has another hash.
    """
    if name in web.SOURCES:
        paths = [folder / remote.name for remote in web.SOURCES[name]]
        for remote, path in zip(web.SOURCES[name], paths, strict=True):
            web.download(remote, path)
        return paths
    train, test = digits()
    # One file of each format.
    return [write(jf, train, folder / "train.jf"), write(image_text, test, folder / "test.txt")]


def write(form: ModuleType, records: Records, path: Path) -> Path:
    """Write records to a raw file of a format, `jf` or `image_text`; return its path."""
    with whole_file(path) as file:
        form.write(file, [records], _LAYOUT)
    return path
