"""Fetch or make the raw files of one source."""

import argparse
from pathlib import Path

from lenet.core.errors import run
from lenet.sources import catalogue


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = parser.add_subparsers(dest="source", required=True)
    for name in ("usps", "digits", *catalogue.WEB):
        source = names.add_parser(name)
        if name == "usps":
            source.add_argument("requirement", type=Path, help="pip requirement with its hash")
            source.add_argument("test_index", type=Path, help="official test split")
        source.add_argument("train", type=Path, help="raw training file to write")
        source.add_argument("test", type=Path, help="raw test file to write")
    arguments = parser.parse_args()

    if arguments.source == "usps":
        train, test = catalogue.usps(arguments.requirement, arguments.test_index)
        catalogue.write_jf(train, arguments.train)
        catalogue.write_jf(test, arguments.test)
    elif arguments.source == "digits":
        train, test = catalogue.digits()
        catalogue.write_jf(train, arguments.train)
        catalogue.write_image_text(test, arguments.test)
    else:
        train_file, test_file = catalogue.WEB[arguments.source]
        catalogue.download(train_file, arguments.train)
        catalogue.download(test_file, arguments.test)


if __name__ == "__main__":
    run(main)
