"""Convert a raw file to npz, and describe it in a data card."""

import argparse
from pathlib import Path

from lenet.core import npz
from lenet.core.errors import InputError, run, see_inspect
from lenet.core.files import write_json
from lenet.core.watch import while_unchanged
from lenet.raw import formats
from lenet.raw.data_card import data_card
from lenet.raw.layout import Layout


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raw", type=Path, help="raw file, or folder of pictures")
    parser.add_argument("npz", type=Path, help="images and labels to write, npz")
    parser.add_argument("card", type=Path, help="data card to write, JSON")
    arguments = parser.parse_args()

    layout = Layout.load()
    reading = formats.read(arguments.raw, layout)
    names = reading.data.class_names
    if names and len(names) != layout.classes:
        found = f"found {len(names)} classes: {', '.join(names)}"
        raise InputError(arguments.raw, found, str(layout.classes), see_inspect(arguments.raw))
    npz.save(reading.data, arguments.npz)
    card = data_card(reading, classes=layout.classes, raw=arguments.raw, npz=arguments.npz)
    write_json(card, arguments.card)
    print(f"{arguments.raw}: {len(reading.data)} images -> {arguments.npz}")
    for warning in reading.statistics.warnings(layout):
        print(f"warning: {arguments.raw}: {warning}. {see_inspect(arguments.raw)}")


if __name__ == "__main__":
    run(while_unchanged(main))
