"""The commands for a user's files: inspect, convert, split, predict, review."""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from lenet.command.parsers import Commands, add_command, given
from lenet.core.errors import InputError, as_typed, printable, see_inspect, untrusted
from lenet.core.files import whole_file
from lenet.raw.layout import Layout
from lenet.raw.recognition import READABLE

if TYPE_CHECKING:
    from lenet.deploy.recogniser import Recogniser
    from lenet.predict.predictor import Prediction

# The group `raw` of the built-in data.
_DEFAULT = Layout.of(side=16, pixel_range=(0, 2), first_label=0, first_index="auto", classes=10)
# An option for each key of the group.
_LAYOUT: dict[str, dict[str, Any]] = {
    "pixel_range": {
        "type": float,
        "nargs": 2,
        "metavar": ("LO", "HI"),
        "help": "values of background and full ink in text",
    },
    "first_index": {
        "type": lambda text: text if text == "auto" else int(text),
        "choices": ("auto", 0, 1),
        "help": "index of the first pixel in image-text; auto: as the file shows",
    },
    "side": {"type": int, "metavar": "N", "help": "pixels a side"},
    "first_label": {"type": int, "metavar": "N", "help": "label of class 0 in text"},
    "classes": {"type": int, "metavar": "N", "help": "number of classes, if these are numbers"},
    "class_names": {
        "nargs": "+",
        "metavar": "NAME",
        "help": "names of the classes, in order; ' -a' for -a",
    },
    "pictures": {"choices": ("whole", "cut"), "help": "how a picture becomes an image"},
    "transpose": {"action": "store_true", "default": None, "help": "pixels are column by column"},
}


def add_to(commands: Commands) -> None:
    """Add the commands to the parser."""
    help_line = "say what a file holds, and the settings to train on it"
    parser = add_command(commands, inspect, help_line)
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help=READABLE)

    parser = add_command(commands, convert, "write images in another format, or join several files")
    parser.add_argument("sources", metavar="IN", nargs="+", type=Path, help=READABLE)
    parser.add_argument("target", metavar="OUT", type=Path, help="*.jf, *.txt (image-text), *.npz")
    _add_layout(parser)

    parser = add_command(commands, split, "divide a file into a training and a test file")
    parser.add_argument("source", metavar="IN", type=Path, help=READABLE)
    for name in ("train", "test"):
        help_line = "*.jf, *.txt or *.npz to write"
        parser.add_argument(name, metavar=name.upper(), type=Path, help=help_line)
    help_line = "share of the images for TEST (default 0.2)"
    parser.add_argument("--test-fraction", type=float, default=0.2, metavar="F", help=help_line)
    help_line = "of the choice (default 0)"
    parser.add_argument("--seed", type=int, default=0, metavar="N", help=help_line)
    _add_layout(parser)

    parser = add_command(commands, predict, "recognise characters")
    _add_files_to_predict(parser, "+")
    formats = ("table", "csv", "json")
    help_line = "of the answers (default table, where ? marks answers that may be wrong)"
    parser.add_argument("--format", choices=formats, default="table", help=help_line)
    help_line = "draw the pictures with what was found in them; red boxes have flags"
    parser.add_argument("--picture", type=Path, metavar="OUT.png", help=help_line)
    for name in ("pixel_range", "first_index"):
        _add_option(parser, name, "the training file's")

    help_line = "make a page of characters to check, the doubtful ones first"
    parser = add_command(commands, review, help_line)
    _add_files_to_predict(parser, "*")
    help_line = "the images that `lenet label-issues` names, in place of files"
    parser.add_argument("--label-issues", action="store_true", help=help_line)
    page, help_line = Path("review.html"), "the page to write (default %(default)s)"
    parser.add_argument("--page", type=Path, default=page, metavar="OUT.html", help=help_line)


def _add_files_to_predict(parser: argparse.ArgumentParser, count: str) -> None:
    """Add files, as many as `count` says, and the network that is asked about them."""
    help_line = f"a picture (PNG, JPEG, ...: a scan or a photograph, of any size); {READABLE}"
    parser.add_argument("files", metavar="FILE", nargs=count, type=Path, help=help_line)
    model, help_line = Path("models/lenet.onnx"), "the exported network (default %(default)s)"
    parser.add_argument("--model", type=Path, default=model, metavar="FILE", help=help_line)


def _add_layout(parser: argparse.ArgumentParser) -> None:
    for name in _LAYOUT:
        default = as_typed(getattr(_DEFAULT, name))
        _add_option(parser, name, default.strip("[]").replace(",", " "))


def _add_option(parser: argparse.ArgumentParser, name: str, default: str) -> None:
    option = _LAYOUT[name] | {"help": f"{_LAYOUT[name]['help']} (default {default})"}
    parser.add_argument(f"--{name.replace('_', '-')}", **option)


def _layout(arguments: argparse.Namespace) -> Layout:
    return _DEFAULT.changed(given(arguments, *_LAYOUT))


def inspect(arguments: argparse.Namespace) -> None:
    """Say what each FILE holds: format, images, labels, pixels, and anything odd.

    The last lines are commands to train and test on all files together, ready to paste.
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
    from lenet.raw import formats

    share, seed = arguments.test_fraction, arguments.seed
    if not 0 < share < 1:
        raise InputError("--test-fraction", f"found {share:g}", "more than 0 and less than 1")
    if not 0 <= seed < 2**32:
        raise InputError("--seed", f"found {seed}", f"0 to {2**32 - 1}")
    source, train, test = arguments.source, arguments.train, arguments.test
    layout = _layout(arguments)
    statistics, tested = formats.split(source, train, test, layout, test_fraction=share, seed=seed)
    print(printable(f"{statistics.images - tested} images -> {train}, {tested} -> {test}"))
    _warn(source, statistics.warnings(layout))


def predict(arguments: argparse.Namespace) -> None:
    """Say which class each image shows.

    A FILE is a picture of one character, or of several that do not touch, or it holds many images.
    Labels are not needed.
    """
    from lenet.deploy.recogniser import Recogniser
    from lenet.predict import marked, output

    picture, files = arguments.picture, arguments.files
    if picture and picture.suffix.lower() != ".png":
        raise InputError("--picture", f"{picture} is no PNG file", "the name of a file *.png")
    if picture and picture.resolve() in [file.resolve() for file in files]:
        raise InputError("--picture", f"{picture} is one of the files to read", "another name")
    network = Recogniser(arguments.model)
    predictions, errors = _predictions(
        files, network, given(arguments, "pixel_range", "first_index")
    )
    if predictions:
        print(output.FORMATS[arguments.format](predictions), end="")
    if picture and (sheet := marked.draw_marked(predictions)):
        with whole_file(picture) as file:
            sheet.save(file, "PNG")
    elif picture:
        errors.append(InputError("--picture", "nothing to draw, because no picture was read"))
    _raise(errors)


def _predictions(
    files: Sequence[Path], network: "Recogniser", reading: Mapping[str, Any]
) -> "tuple[list[Prediction], list[InputError]]":
    """Return the predictions for all files that can be read, and the errors of the others."""
    from lenet.predict import predictor
    from lenet.raw import folder

    predictions, errors = [], []
    for path in files:
        found = folder.files(path) if path.is_dir() else [path]
        if not found:
            errors.append(InputError(path, "holds no files", "pictures, or files of images"))
        for file in found:
            try:
                predictions += predictor.predict(file, network, reading, _warn)
            except InputError as error:
                errors.append(error)
    return predictions, errors


def _raise(errors: Sequence[InputError]) -> None:
    if errors:
        raise InputError("", "\nerror: ".join(map(str, errors)).removesuffix("."))


def review(arguments: argparse.Namespace) -> None:
    """Make a page that needs no other file: characters to check, the doubtful ones first.

    Of the characters that `lenet predict` finds in each FILE, the page saves a raw file. With
    --label-issues, it saves a table of corrections to the training file, for `lenet relabel`.
    """
    from lenet.deploy.recogniser import Recogniser

    page, files = arguments.page, arguments.files
    if page.suffix.lower() != ".html":
        raise InputError("--page", f"{page} is no page", "the name of a file *.html")
    if bool(files) == arguments.label_issues:
        found = "found files and --label-issues" if files else "found no files"
        raise InputError("lenet review", found, "files to read, or --label-issues")
    errors: list[InputError] = []
    if arguments.label_issues:
        html, count = _page_of_label_issues()
    else:
        network = Recogniser(arguments.model)
        predictions, errors = _predictions(files, network, {})
        count = len(predictions)
        html = _page_of_predictions(predictions, network) if predictions else ""
    if count:
        with whole_file(page) as file:
            file.write(html.encode())
        print(printable(f"{page} has {count} characters to check: open it in a browser"))
    _raise(errors)


def _page_of_predictions(predictions: "list[Prediction]", network: "Recogniser") -> str:
    import numpy as np

    from lenet.report import review

    ordered = sorted(predictions, key=lambda each: (not each.flags, each.confidence))
    characters = [
        {
            "label": int(each.probabilities.argmax()),
            "note": ", ".join([f"{each.confidence:.1%}", *each.flags]),
            "sure": not each.flags,
            "title": printable(f"{each.file}, index {each.index}"),
        }
        for each in ordered
    ]
    layout = Layout.check(network.parameters["raw"] | {"classes": network.classes})
    images = np.array([each.image for each in ordered])
    return review.render(images, characters, ordered[0].classes, layout)


def _page_of_label_issues() -> tuple[str, int]:
    from lenet.raw import relabel
    from lenet.report import review
    from lenet.training.config import Config

    file, layout = Path(Config.load().train_file), Layout.load()
    table = Path("metrics/label_issues.csv")
    data, known = relabel.read(file, layout)
    issues = relabel.find(table, file, known)
    with untrusted(table, "not a table of `lenet label-issues`"):
        characters = [
            {
                "label": int(data.labels[i]),
                "note": f"{row['suggested']}? {float(row['probability']):.1%}",
                "title": printable(f"{file}, {row['place']}"),
                "place": row["place"],
                "hash": row["hash"],
            }
            for i, row in issues.items()
        ]
    images, classes = data.images[[*issues]], data.class_names or range(layout.classes)
    page = review.render(images, characters, classes, layout, printable(quote(str(file))))
    return page, len(characters)


def _warn(path: Path, warnings: Iterable[str], advice: str = "") -> None:
    for warning in warnings:
        text = f"warning: {path}: {warning}. {advice or see_inspect(path)}"
        print(printable(text), file=sys.stderr)
