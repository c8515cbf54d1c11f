"""Convert a raw file to npz, and describe it in a data card."""

import argparse
from pathlib import Path

from lenet.core import npz
from lenet.core.errors import InputError, run, see_inspect
from lenet.core.files import write_json
from lenet.core.params import read
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
    params = read(Path("params.yaml"))
    for name in ("train_file", "test_file"):
        check_pair(arguments.raw, Path(str(params[name])), reading, layout)
    npz.save(reading.data, arguments.npz)
    card = data_card(reading, classes=layout.classes, raw=arguments.raw, npz=arguments.npz)
    write_json(card, arguments.card)
    print(f"{arguments.raw}: {len(reading.data)} images -> {arguments.npz}")
    for warning in reading.statistics.warnings(layout):
        print(f"warning: {arguments.raw}: {warning}. {see_inspect(arguments.raw)}")


def check_pair(raw: Path, other: Path, reading: formats.Reading, layout: Layout) -> None:
    """Raise InputError where one of training and test file is not like the other.

    Args:
        raw, reading: a file, and what was read from it by `layout`.
        other: the other file; nothing is checked if it is not there yet, or the same.
        layout: how both are read.
    """
    if raw == other or not other.exists():
        return
    formats.check_same_kind(raw, other)
    # A file may look odd if the other looks odd in the same way.
    if reading.statistics.is_exchanged(layout.pixel_range):
        statistics = formats.read(other, layout).statistics
        if not statistics.is_exchanged(layout.pixel_range):
            raise InputError(
                raw, "background and ink seem exchanged", f"them as in {other}", see_inspect(raw)
            )


if __name__ == "__main__":
    run(while_unchanged(main))
