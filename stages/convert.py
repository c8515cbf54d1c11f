"""Convert a raw file to npz, and describe it in a data card."""

import argparse
from pathlib import Path

from lenet.core import npz
from lenet.core.errors import InputError, run
from lenet.core.files import write_json
from lenet.core.params import read
from lenet.core.watch import while_unchanged
from lenet.raw import formats
from lenet.raw.data_card import data_card
from lenet.raw.inspection import check_test_file, with_all_settings
from lenet.raw.layout import Layout


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raw", type=Path, help="raw file, or folder of pictures")
    parser.add_argument("npz", type=Path, help="images and labels to write, npz")
    parser.add_argument("card", type=Path, help="data card to write, JSON")
    arguments = parser.parse_args()

    layout = Layout.load()
    train, test = pair()
    try:
        reading = formats.read(arguments.raw, layout)
    except InputError as error:
        raise with_all_settings(error, arguments.raw, (train, test), layout) from error
    warnings = reading.warnings(layout)
    # A test file may be odd if the training file is odd in the same way.
    if arguments.raw == test and (warnings or test.is_dir()):
        check_test_file(train, test)
    npz.save(reading.data, arguments.npz)
    card = data_card(reading, classes=layout.classes, raw=arguments.raw, npz=arguments.npz)
    write_json(card, arguments.card)
    print(f"{arguments.raw}: {len(reading.data)} images -> {arguments.npz}")
    for warning in warnings:
        print(f"warning: {arguments.raw}: {warning}")


def pair() -> tuple[Path, Path]:
    """Return the training and the test file, which the settings have to fit together."""
    params = read(Path("params.yaml"))
    return Path(str(params["train_file"])), Path(str(params["test_file"]))


if __name__ == "__main__":
    run(while_unchanged(main))
