"""The command line: python -m lenet convert IN OUT."""

import argparse
from pathlib import Path

from lenet import raw
from lenet.errors import run
from lenet.params import ConversionParams
from lenet.records import Layout


def main() -> None:
    """Parse the command line and do what it says."""
    parser = argparse.ArgumentParser(prog="python -m lenet", description=__doc__)
    commands = parser.add_subparsers(required=True)
    convert = commands.add_parser(
        "convert",
        help="write digit images in another format",
        description="Write the digit images of IN to OUT in the format of OUT's ending. IN is "
        "recognised by content: .jf or image-text, plain, .gz, .bz2 or .xz, or .npz.",
    )
    convert.add_argument("source", metavar="IN", type=Path)
    convert.add_argument("target", metavar="OUT", type=Path, help="*.jf, *.txt (image-text), *.npz")
    convert.add_argument(
        "--image-side", type=int, default=16, metavar="N", help="pixels a side (default 16)"
    )
    convert.add_argument(
        "--pixel-range",
        type=float,
        nargs=2,
        default=(0, 2),
        metavar=("LO", "HI"),
        help="values of background and full ink in text (default 0 2)",
    )
    convert.add_argument(
        "--first-label",
        type=int,
        default=0,
        metavar="N",
        help="label of digit 0 in text (default 0)",
    )
    arguments = parser.parse_args()
    params = ConversionParams.check(
        image_side=arguments.image_side,
        pixel_range=tuple(arguments.pixel_range),
        first_label=arguments.first_label,
    )
    layout = Layout(
        side=params.image_side, pixel_range=params.pixel_range, first_label=params.first_label
    )
    raw.convert(arguments.source, arguments.target, layout)


if __name__ == "__main__":
    run(main)
