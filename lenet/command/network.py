"""Commands that train a network or ask it: predict, label-issues, summary."""

import sys
from collections.abc import Sequence
from functools import partial
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
    warn,
)
from lenet.core.errors import InputError, printable
from lenet.raw.layout import Layout


@command(
    "predict",
    "recognise characters",
    "Say which class each image shows. A FILE is a picture of one character or of several that do "
    "not touch (PNG, JPEG, ...: a scan or a photograph, of any size), or holds many images: "
    f"{FORMATS}. Labels are not needed.",
    files("files", "FILE"),
    argument(
        "--model",
        type=Path,
        default=Path("models/lenet.onnx"),
        metavar="FILE",
        help="the exported network (default models/lenet.onnx)",
    ),
    argument(
        "--format",
        choices=("table", "csv", "json"),
        default="table",
        help="format of the answers (default table, where ? marks answers that may be wrong)",
    ),
    argument(
        "--picture",
        type=Path,
        metavar="OUT.png",
        help="draw the pictures with what was found in them; red boxes have flags",
    ),
    argument(
        "--pixel-range",
        **PIXEL_RANGE,
        help="values of background and of full ink in text (default the training file's)",
    ),
    argument(
        "--first-index",
        **FIRST_INDEX,
        help="index of the first pixel in image-text (default the training file's)",
    ),
)
def _predict(arguments: Arguments) -> None:
    from lenet.deploy.recogniser import Recogniser
    from lenet.predict import output, predictor

    if arguments.picture:
        _check_picture(arguments.picture, arguments.files)
    given: dict[str, object] = {}
    if arguments.pixel_range:
        given["pixel_range"] = tuple(arguments.pixel_range)
    if arguments.first_index:
        given["first_index"] = first_index(arguments.first_index)
    recogniser = Recogniser(arguments.model)
    predictions, errors = [], []
    for path in arguments.files:
        try:
            predictions += predictor.predict(path, recogniser, given, warn=warn)
        except InputError as refused:
            errors.append(refused)
    if predictions:
        print(output.FORMATS[arguments.format](predictions), end="")
    if arguments.picture:
        from lenet.predict import marked

        marked.save(predictions, arguments.picture)
    # The command ends with the last error; the others are printed here.
    for error in errors[:-1]:
        print(printable(f"error: {error}"), file=sys.stderr)
    if errors:
        raise errors[-1]


def _check_picture(picture: Path, files: Sequence[Path]) -> None:
    """Raise InputError where `--picture` cannot be drawn; the files are not read yet."""
    from lenet.pictures.decode import is_picture

    place = f"--picture {picture}"
    if picture.suffix.lower() != ".png":
        raise InputError(place, f"found the suffix {picture.suffix!r}", "*.png, a file to write")
    there = [file for file in files if file.exists()]
    if picture.exists() and any(map(picture.samefile, there)):
        raise InputError(place, "is one of the files to read", "another name")
    # A file that is not there is named later, with the reason.
    if len(there) == len(files) and not any(map(is_picture, there)):
        raise InputError(place, "nothing to draw, because no FILE is a picture")


@command(
    "label-issues",
    "find training images whose label may be wrong",
    "Train five networks, each on four fifths of train_file, and ask each about the rest. Write "
    "metrics/label_issues.csv and .png, the most suspicious labels first. It takes about five "
    "times as long as training; an interrupted run goes on.",
    of_project=True,
)
def _label_issues(_: Arguments) -> None:
    import pandas as pd

    from lenet.core.files import write_csv
    from lenet.evaluation.label_issues import find_label_issues
    from lenet.figures.canvas import save
    from lenet.figures.sheets import draw_label_issues
    from lenet.raw import formats
    from lenet.training.config import Config
    from lenet.training.folds import out_of_fold

    config, layout = Config.load(), Layout.load()
    raw = Path(config.train_file)
    examples = formats.read(raw, layout).data
    kept, callback = Path(".dvc/tmp/label-issues"), partial(print, flush=True)
    probabilities = out_of_fold(examples, config, kept=kept, callback=callback)
    issues = find_label_issues(examples.labels, probabilities)
    places = pd.Series([place.inside for place in formats.places(raw, layout)], dtype=str)
    issues.insert(1, "place", places[issues["index"]].to_numpy())
    table, picture = Path("metrics/label_issues.csv"), Path("metrics/label_issues.png")
    write_csv(issues, table)
    save(draw_label_issues(examples.images, issues), picture)
    print(issues.head(20).to_string(index=False))
    shown = ", the first 20 above" if len(issues) > 20 else ""
    print(f"{len(issues)} of {len(examples)} labels are suspicious{shown}: {table}, {picture}")


@command(
    "summary",
    "show the network layer by layer",
    "Show each layer's output, parameters and connections, by the group network of params.yaml.",
    of_project=True,
)
def _summary(_: Arguments) -> None:
    from lenet.training.config import Config

    config = Config.load()
    print(config.network.table(config.classes).to_string(index=False))
