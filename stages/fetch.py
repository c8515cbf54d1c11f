"""Fetch or make the raw files of one source."""

import argparse
from pathlib import Path
from types import ModuleType

from lenet.core.errors import run
from lenet.core.files import whole_file
from lenet.core.watch import while_unchanged
from lenet.raw import image_text, jf
from lenet.raw.layout import Layout
from lenet.raw.records import Records
from lenet.sources import digits, usps, web

# The layout of the raw files that are written here.
_LAYOUT = Layout(side=16, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", choices=("usps", "digits", *web.SOURCES))
    parser.add_argument("folder", type=Path, help="folder to write the training and test file to")
    parser.add_argument(
        "inputs", type=Path, nargs="*", help="for usps: pip requirement and official test split"
    )
    arguments = parser.parse_args()
    folder = arguments.folder

    if arguments.source in web.SOURCES:
        for remote in web.SOURCES[arguments.source]:
            web.download(remote, folder / remote.name)
    elif arguments.source == "usps":
        train, test = usps.usps(*arguments.inputs)
        write(jf, train, folder / "train.jf")
        write(jf, test, folder / "test.jf")
    else:
        # One file of each format.
        train, test = digits.digits()
        write(jf, train, folder / "train.jf")
        write(image_text, test, folder / "test.txt")


def write(form: ModuleType, records: Records, path: Path) -> None:
    """Write the records to a raw file of a format, `jf` or `image_text`."""
    with whole_file(path) as file:
        form.write(file, [records], _LAYOUT)


if __name__ == "__main__":
    run(while_unchanged(main))
