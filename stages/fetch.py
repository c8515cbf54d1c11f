"""Fetch or make the raw files of one source."""

import argparse
from pathlib import Path

from lenet.core.errors import run
from lenet.core.files import whole_file
from lenet.raw import image_text, jf
from lenet.raw.layout import Layout
from lenet.sources import digits, usps, web

# The layout of the raw files that are written here.
_LAYOUT = Layout(side=16, pixel_range=(0, 2), first_label=0)


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

    if arguments.source == "usps":
        train, test = usps.usps(*arguments.inputs)
        with whole_file(folder / "train.jf") as file:
            jf.write(file, [train], _LAYOUT)
        with whole_file(folder / "test.jf") as file:
            jf.write(file, [test], _LAYOUT)
    elif arguments.source == "digits":
        train, test = digits.digits()
        with whole_file(folder / "train.jf") as file:
            jf.write(file, [train], _LAYOUT)
        with whole_file(folder / "test.txt") as file:
            image_text.write(file, [test], _LAYOUT)
    else:
        for remote in web.SOURCES[arguments.source]:
            web.download(remote, folder / remote.name)


if __name__ == "__main__":
    run(main)
