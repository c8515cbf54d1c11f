"""Commands for files of images: inspect, convert, split, fetch."""

from pathlib import Path

from lenet.command.parser import (
    FIRST_INDEX,
    FORMATS,
    PIXEL_RANGE,
    Arguments,
    argument,
    command,
    files,
    first_index,
    number,
    warn,
)
from lenet.core.errors import InputError, printable
from lenet.raw.layout import Layout
from lenet.sources import SETTINGS

# The group `raw` of the built-in data.
_DEFAULT = Layout(side=16, pixel_range=(0, 2), first_label=0, first_index="auto", classes=10)
_RAW = (
    number("--side", _DEFAULT.side, "pixels a side"),
    argument(
        "--pixel-range",
        **PIXEL_RANGE,
        default=_DEFAULT.pixel_range,
        help="values of background and of full ink in text (default 0 2)",
    ),
    argument(
        "--first-index",
        **FIRST_INDEX,
        default="auto",
        help="index of the first pixel in image-text (default auto: the file has to show it)",
    ),
    number("--first-label", _DEFAULT.first_label, "label of class 0 in text"),
    number("--classes", _DEFAULT.classes, "number of classes"),
)


def _layout(arguments: Arguments) -> Layout:
    options = {name: getattr(arguments, name) for name in Layout.model_fields}
    low, high = arguments.pixel_range
    given = {"pixel_range": (low, high), "first_index": first_index(arguments.first_index)}
    return Layout.check(options | given)


@command(
    "inspect",
    "say what a file holds, and the settings to train on it",
    "Say what each FILE holds: format, images, labels, pixels, and anything odd. The last lines "
    "have the settings to train and test on all files together.",
    files("files", "FILE", FORMATS),
)
def _inspect(arguments: Arguments) -> None:
    from lenet.raw import advice
    from lenet.raw.inspection import inspect

    inspections = []
    for path in arguments.files:
        inspections.append(inspect(path))
        print(printable(str(inspections[-1])), end="\n\n")
    print(printable(advice.as_text(inspections)))


@command(
    "convert",
    "write images in another format, or join several files",
    "Write the images of all IN, one after the other, to OUT, in the format of OUT's suffix. IN is "
    f"recognised by content: {FORMATS}.",
    files("sources", "IN"),
    argument("target", metavar="OUT", type=Path, help="*.jf, *.txt (image-text), *.npz"),
    *_RAW,
)
def _convert(arguments: Arguments) -> None:
    from lenet.raw import formats

    layout = _layout(arguments)
    statistics = formats.convert(arguments.sources, arguments.target, layout)
    images = sum(each.images for each in statistics)
    print(printable(f"{images} images -> {arguments.target}"))
    for source, each in zip(arguments.sources, statistics, strict=True):
        warn(source, each.warnings(layout))


@command(
    "split",
    "divide a file into a training and a test file",
    "Divide the images of IN into TRAIN and TEST, stratified by label. The same seed gives the "
    f"same files. IN is {FORMATS}.",
    argument("source", metavar="IN", type=Path),
    argument("train", metavar="TRAIN", type=Path, help="*.jf, *.txt or *.npz to write"),
    argument("test", metavar="TEST", type=Path, help="*.jf, *.txt or *.npz to write"),
    argument(
        "--test-fraction",
        type=float,
        default=0.2,
        metavar="F",
        help="share of the images for TEST (default 0.2)",
    ),
    number("--seed", 0, "of the choice"),
    *_RAW,
)
def _split(arguments: Arguments) -> None:
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
    warn(source, statistics.warnings(layout))


@command(
    "fetch",
    "bring another data set to train on",
    "Bring the training and the test file of a data set into data/sources/NAME/, checked by their "
    "hashes. digits needs no network; see docs/data.md.",
    argument("name", metavar="NAME", choices=SETTINGS, help=", ".join(SETTINGS)),
    of_project=True,
)
def _fetch(arguments: Arguments) -> None:
    from lenet.sources.fetch import fetch

    train, test = fetch(arguments.name, Path("data/sources", arguments.name))
    print(f"{train}\n{test}\nTo train on them:\n    dvc add {train} {test}")
    settings = SETTINGS[arguments.name]
    print(f"    dvc exp run -S train_file={train} -S test_file={test}{settings}")
