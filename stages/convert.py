"""Convert a raw file to npz, and describe it in a data card."""

import argparse
from pathlib import Path

from lenet.core import npz
from lenet.core.errors import run
from lenet.core.files import write_json
from lenet.raw import formats
from lenet.raw.data_card import data_card
from lenet.raw.layout import Layout


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raw", type=Path, help="raw file, .jf or image-text")
    parser.add_argument("npz", type=Path, help="images and labels to write, npz")
    parser.add_argument("card", type=Path, help="data card to write, JSON")
    arguments = parser.parse_args()

    digits, extremes = formats.read(arguments.raw, Layout.load())
    npz.save(digits, arguments.npz)
    card = data_card(digits, extremes, raw=arguments.raw, npz=arguments.npz)
    write_json(card, arguments.card)
    print(f"{arguments.raw}: {len(digits)} images -> {arguments.npz}")


if __name__ == "__main__":
    run(main)
