"""Fetch or make the raw files of one source."""

import argparse
from pathlib import Path

from lenet import sources
from lenet.errors import run


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = parser.add_subparsers(dest="source", required=True)
    for name in ("usps", "digits", *sources.WEB):
        source = names.add_parser(name)
        if name == "usps":
            source.add_argument("requirement", type=Path, help="pip requirement with its hash")
            source.add_argument("test_index", type=Path, help="official test split")
        source.add_argument("train", type=Path, help="raw training file to write")
        source.add_argument("test", type=Path, help="raw test file to write")
    arguments = parser.parse_args()

    if arguments.source == "usps":
        train, test = sources.usps(arguments.requirement, arguments.test_index)
        sources.write_jf(train, arguments.train)
        sources.write_jf(test, arguments.test)
    elif arguments.source == "digits":
        train, test = sources.digits()
        sources.write_jf(train, arguments.train)
        sources.write_image_text(test, arguments.test)
    else:
        train_file, test_file = sources.WEB[arguments.source]
        sources.download(train_file, arguments.train)
        sources.download(test_file, arguments.test)


if __name__ == "__main__":
    run(main)
