"""The commands for a user's files: inspect, convert, split, predict."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from lenet.command.parsers import Commands, add_command, given
from lenet.core.errors import InputError, printable, see_inspect
from lenet.raw.layout import Layout

_FORMATS = ".jf or image-text, plain, .gz, .bz2 or .xz; .npz; or a folder of pictures"
# The group `raw` of the built-in data.
_DEFAULT = Layout(side=16, pixel_range=(0, 2), first_label=0, first_index="auto", classes=10)


def add_to(commands: Commands) -> None:
    """Add the commands to the parser."""
    help_line = "say what a file holds, and the settings to train on it"
    parser = add_command(commands, inspect, help_line)
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help=_FORMATS)

    parser = add_command(commands, convert, "write images in another format, or join several files")
    parser.add_argument("sources", metavar="IN", nargs="+", type=Path, help=_FORMATS)
    parser.add_argument("target", metavar="OUT", type=Path, help="*.jf, *.txt (image-text), *.npz")
    _add_layout(parser)

    parser = add_command(commands, split, "divide a file into a training and a test file")
    parser.add_argument("source", metavar="IN", type=Path, help=_FORMATS)
    for name in ("train", "test"):
        help_line = "*.jf, *.txt or *.npz to write"
        parser.add_argument(name, metavar=name.upper(), type=Path, help=help_line)
    parser.add_argument(
        "--test-fraction",
        type=float,
        default=0.2,
        metavar="F",
        help="share of the images for TEST (default 0.2)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the choice (default 0)"
    )
    _add_layout(parser)

    parser = add_command(commands, predict, "recognise characters")
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        type=Path,
        help=f"a picture (PNG, JPEG, ...: a scan or a photograph, of any size); {_FORMATS}",
    )
    parser.add_argument(
        "--model",
        type=Path,
        default=Path("models/lenet.onnx"),
        metavar="FILE",
        help="the exported network (default models/lenet.onnx)",
    )
    parser.add_argument(
        "--format",
        choices=("table", "csv", "json"),
        default="table",
        help="format of the answers (default table, where ? marks answers that may be wrong)",
    )
    help_line = "draw the pictures with what was found in them; red boxes have flags"
    parser.add_argument("--picture", type=Path, metavar="OUT.png", help=help_line)
    _add_reading(parser)


def _add_layout(parser: argparse.ArgumentParser) -> None:
    """Add an option for each key of the group `raw`."""
    _add_reading(parser, _DEFAULT)
    numbers = {
        "side": "pixels a side",
        "first_label": "label of class 0 in text",
        "classes": "number of classes",
    }
    for name, meaning in numbers.items():
        default = getattr(_DEFAULT, name)
        option, help_line = f"--{name.replace('_', '-')}", f"{meaning} (default {default})"
        parser.add_argument(option, type=int, default=default, metavar="N", help=help_line)


def _add_reading(parser: argparse.ArgumentParser, default: Layout | None = None) -> None:
    """Add the options for what text does not say about its pixels.

    Args:
        parser: of the command.
        default: has the values of options that are not given; None where the network has them.
    """
    pixel_range, first_index = "the training file's", "the training file's"
    if default:
        pixel_range = "{:g} {:g}".format(*default.pixel_range)
        first_index = f"{default.first_index}: the file has to show it"
    parser.add_argument(
        "--pixel-range",
        type=float,
        nargs=2,
        default=default and default.pixel_range,
        metavar=("LO", "HI"),
        help=f"values of background and full ink in text (default {pixel_range})",
    )
    parser.add_argument(
        "--first-index",
        type=lambda text: text if text == "auto" else int(text),
        choices=("auto", 0, 1),
        default=default and default.first_index,
        help=f"index of the first pixel in image-text (default {first_index})",
    )


def _layout(arguments: argparse.Namespace) -> Layout:
    return Layout.check(given(arguments, *Layout.model_fields))


def inspect(arguments: argparse.Namespace) -> None:
    """Say what each FILE holds: format, images, labels, pixels, and anything odd.

    The last lines have the settings to train and test on all files together.
    """
    from lenet.raw import inspection

    inspections = []
    for path in arguments.files:
        inspections.append(inspection.inspect(path))
        print(printable(str(inspections[-1])), end="\n\n")
    print(printable(inspection.advice(inspections)))


def convert(arguments: argparse.Namespace) -> None:
    """Write the images of all IN, one after the other, to OUT, in the format of OUT's suffix.

    The format of IN is recognised by content.
    """
    from lenet.raw import formats

    layout = _layout(arguments)
    statistics = formats.convert(arguments.sources, arguments.target, layout)
    images = sum(each.images for each in statistics)
    print(printable(f"{images} images -> {arguments.target}"))
    for source, each in zip(arguments.sources, statistics, strict=True):
        _warn(source, each.warnings(layout))


def split(arguments: argparse.Namespace) -> None:
    """Divide the images of IN into TRAIN and TEST, stratified by label.

    The same seed gives the same files.
    """
    from lenet.raw.split import split

    share, seed = arguments.test_fraction, arguments.seed
    if not 0 < share < 1:
        raise InputError("--test-fraction", f"found {share:g}", "more than 0 and less than 1")
    if not 0 <= seed < 2**32:
        raise InputError("--seed", f"found {seed}", f"0 to {2**32 - 1}")
    source, train, test = arguments.source, arguments.train, arguments.test
    layout = _layout(arguments)
    statistics, tested = split(source, train, test, layout, test_fraction=share, seed=seed)
    print(printable(f"{statistics.images - tested} images -> {train}, {tested} -> {test}"))
    _warn(source, statistics.warnings(layout))


def predict(arguments: argparse.Namespace) -> None:
    """Say which class each image shows.

    A FILE is a picture of one character, or of several that do not touch, or it holds many images.
    Labels are not needed.
    """
    from lenet.deploy.recogniser import Recogniser
    from lenet.predict import marked, output, predictor

    if arguments.picture:
        _check_picture(arguments.picture, arguments.files)
    predictions, errors = predictor.predict_all(
        arguments.files,
        Recogniser(arguments.model),
        given(arguments, "pixel_range", "first_index"),
        _warn,
    )
    if predictions:
        print(output.FORMATS[arguments.format](predictions), end="")
    if arguments.picture and (sheet := marked.draw_marked(predictions)):
        marked.save(sheet, arguments.picture)
    if errors:
        raise InputError("", "\nerror: ".join(map(str, errors)).removesuffix("."))


def _check_picture(picture: Path, files: Sequence[Path]) -> None:
    """Raise InputError where `--picture` cannot be drawn; the files are not read yet."""
    from lenet.pictures.decode import is_picture

    place = f"--picture {picture}"
    if picture.suffix.lower() != ".png":
        raise InputError(place, "is no PNG file", "the name of a PNG file to write, *.png")
    there = [file for file in files if file.exists()]
    if picture.exists() and any(map(picture.samefile, there)):
        raise InputError(place, "is one of the files to read", "another name")
    # A file that is not there is named later, with the reason.
    if len(there) == len(files) and not any(map(is_picture, there)):
        raise InputError(place, "nothing to draw, because no FILE is a picture")


def _warn(path: Path, warnings: Iterable[str]) -> None:
    for warning in warnings:
        text = f"warning: {path}: {warning}. {see_inspect(path)}"
        print(printable(text), file=sys.stderr)
