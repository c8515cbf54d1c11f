"""Fetch or make the raw files of one source."""

import argparse
from pathlib import Path

from lenet import sources
from lenet.errors import run


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = parser.add_subparsers(dest="source", required=True)
    for name in ("usps", "usps-libsvm", "usps-zip", "digits"):
        source = names.add_parser(name)
        if name == "usps":
            source.add_argument("requirement", type=Path, help="pip requirement with its hash")
            source.add_argument("test_index", type=Path, help="official test split")
        source.add_argument("train", type=Path, help="raw training file to write")
        source.add_argument("test", type=Path, help="raw test file to write")
    arguments = parser.parse_args()

    paths = (arguments.train, arguments.test)
    if arguments.source == "usps":
        train, test = sources.usps(arguments.requirement, arguments.test_index)
        sources.write_jf(train, arguments.train)
        sources.write_jf(test, arguments.test)
    elif arguments.source == "digits":
        train, test = sources.digits()
        sources.write_jf(train, arguments.train)
        sources.write_image_text(test, arguments.test)
    else:
        files = sources.USPS_LIBSVM if arguments.source == "usps-libsvm" else sources.USPS_ZIP
        for file, path in zip(files, paths, strict=True):
            sources.download(file, path)


if __name__ == "__main__":
    run(main)
