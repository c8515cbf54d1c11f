"""Convert a raw file to npz, and describe it in a data card."""

import argparse
from pathlib import Path

from lenet.core import npz
from lenet.core.errors import run
from lenet.core.files import write_json
from lenet.core.params import ConversionParams
from lenet.raw import formats
from lenet.raw.data_card import data_card
from lenet.raw.records import Layout


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="raw file, .jf or image-text")
    parser.add_argument("npz", type=Path)
    parser.add_argument("card", type=Path, help="data card, JSON")
    arguments = parser.parse_args()

    params = ConversionParams.load(Path("params.yaml"))
    layout = Layout(
        side=params.image_side, pixel_range=params.pixel_range, first_label=params.first_label
    )
    data, pixel_range = formats.read(arguments.source, layout)
    npz.save(data, arguments.npz)
    write_json(data_card(data, pixel_range), arguments.card)
    print(f"{arguments.source}: {len(data)} images -> {arguments.npz}")


if __name__ == "__main__":
    run(main)
