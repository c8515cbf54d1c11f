"""The command line: `lenet --help` lists the commands."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from lenet.core.errors import InputError, printable, see_inspect
from lenet.raw.layout import Layout

# The version of pyproject.toml and CITATION.cff.
VERSION = "0.1.0"

# The commands that read a project's parameters or results.
_OF_A_PROJECT = "fetch", "label-issues", "results", "compare", "diff", "experiments", "summary"

_AddParser = Callable[..., argparse.ArgumentParser]

_FORMATS = ".jf or image-text, plain, .gz, .bz2 or .xz; .npz; or a folder of pictures"
# The group `raw` of the built-in data.
_DEFAULT = Layout(side=16, pixel_range=(0, 2), first_label=0, first_index="auto", classes=10)


def main() -> None:
    """Parse the command line and do what it says."""
    parser = argparse.ArgumentParser(prog="lenet")
    parser.add_argument("--version", action="version", version=f"lenet {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for add in (
        *(_add_inspect, _add_convert, _add_split, _add_fetch, _add_predict, _add_label_issues),
        *(_add_results, _add_compare, _add_diff, _add_experiments, _add_summary),
    ):
        add(commands.add_parser)
    arguments = parser.parse_args()
    if arguments.command in _OF_A_PROJECT and not Path("params.yaml").exists():
        raise InputError(
            f"{Path.cwd()}: found no params.yaml; expected the folder of a project. Go there first."
        )
    try:
        arguments.run_command(arguments)
    except ModuleNotFoundError as error:
        # An environment that only predicts lacks the workflow's packages.
        raise InputError(
            f"this command needs the package {error.name}, which is not installed here. "
            "`make setup` in a clone of the project brings all that it needs."
        ) from error


def _warn(path: Path, warnings: Iterable[str]) -> None:
    for warning in warnings:
        text = f"warning: {path}: {warning}. {see_inspect(path)}"
        print(printable(text), file=sys.stderr)


def _add_inspect(add_parser: _AddParser) -> None:
    parser = add_parser(
        "inspect",
        help="say what a file holds, and the settings to train on it",
        description="Say what each FILE holds: format, images, labels, pixels, and anything odd. "
        "The last lines have the settings to train and test on all files together.",
    )
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help=_FORMATS)
    parser.set_defaults(run_command=_inspect)


def _inspect(arguments: argparse.Namespace) -> None:
    # Each command imports its own modules, so that no command waits for those of another.
    from lenet.raw import advice
    from lenet.raw.inspection import inspect

    inspections = []
    for path in arguments.files:
        inspections.append(inspect(path))
        print(printable(str(inspections[-1])), end="\n\n")
    print(printable(advice.as_text(inspections)))


def _add_convert(add_parser: _AddParser) -> None:
    parser = add_parser(
        "convert",
        help="write images in another format, or join several files",
        description="Write the images of all IN, one after the other, to OUT, in the format of "
        f"OUT's suffix. IN is recognised by content: {_FORMATS}.",
    )
    parser.add_argument("sources", metavar="IN", nargs="+", type=Path)
    parser.add_argument("target", metavar="OUT", type=Path, help="*.jf, *.txt (image-text), *.npz")
    _add_layout(parser)
    parser.set_defaults(run_command=_convert)


def _convert(arguments: argparse.Namespace) -> None:
    from lenet.raw import formats

    layout = _layout(arguments)
    statistics = formats.convert(arguments.sources, arguments.target, layout)
    images = sum(each.images for each in statistics)
    print(printable(f"{images} images -> {arguments.target}"))
    for source, each in zip(arguments.sources, statistics, strict=True):
        _warn(source, each.warnings(layout))


def _add_split(add_parser: _AddParser) -> None:
    parser = add_parser(
        "split",
        help="divide a file into a training and a test file",
        description="Divide the images of IN into TRAIN and TEST, stratified by label. The same "
        f"seed gives the same files. IN is {_FORMATS}.",
    )
    parser.add_argument("source", metavar="IN", type=Path)
    parser.add_argument("train", metavar="TRAIN", type=Path, help="*.jf, *.txt or *.npz to write")
    parser.add_argument("test", metavar="TEST", type=Path, help="*.jf, *.txt or *.npz to write")
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
    parser.set_defaults(run_command=_split)


def _split(arguments: argparse.Namespace) -> None:
    from lenet.raw.split import split

    share, seed = arguments.test_fraction, arguments.seed
    if not 0 < share < 1:
        raise InputError("--test-fraction", f"found {share:g}", "more than 0 and less than 1")
    if not 0 <= seed < 2**32:
        raise InputError("--seed", f"found {seed}", f"0 to {2**32 - 1}")
    layout = _layout(arguments)
    statistics, tested = split(
        arguments.source,
        arguments.train,
        arguments.test,
        layout,
        test_fraction=share,
        seed=seed,
    )
    trained = statistics.images - tested
    print(printable(f"{trained} images -> {arguments.train}, {tested} -> {arguments.test}"))
    _warn(arguments.source, statistics.warnings(layout))


def _add_fetch(add_parser: _AddParser) -> None:
    from lenet.sources import SETTINGS

    parser = add_parser(
        "fetch",
        help="bring another data set to train on",
        description="Bring the training and the test file of a data set into data/sources/NAME/, "
        "checked by their hashes. digits needs no network; see docs/data.md.",
    )
    parser.add_argument("name", metavar="NAME", choices=SETTINGS, help=", ".join(SETTINGS))
    parser.set_defaults(run_command=_fetch)


def _fetch(arguments: argparse.Namespace) -> None:
    from lenet.sources import SETTINGS
    from lenet.sources.fetch import fetch

    train, test = fetch(arguments.name, Path("data/sources", arguments.name))
    print(f"{train}\n{test}\nTo train on them:\n    dvc add {train} {test}")
    settings = SETTINGS[arguments.name]
    print(f"    dvc exp run -S train_file={train} -S test_file={test}{settings}")


def _add_label_issues(add_parser: _AddParser) -> None:
    parser = add_parser(
        "label-issues",
        help="find training images whose label may be wrong",
        description="Train five networks, each on four fifths of train_file, and ask each about "
        "the rest. Write metrics/label_issues.csv and .png, the most suspicious labels first. It "
        "takes about five times as long as training; an interrupted run goes on.",
    )
    parser.set_defaults(run_command=_label_issues)


def _label_issues(_: argparse.Namespace) -> None:
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
    probabilities = out_of_fold(examples, config)
    issues = find_label_issues(examples.labels, probabilities)
    places = pd.Series([place.inside for place in formats.places(raw, layout)], dtype=str)
    issues.insert(1, "place", places[issues["index"]].to_numpy())
    table, picture = Path("metrics/label_issues.csv"), Path("metrics/label_issues.png")
    write_csv(issues, table)
    save(draw_label_issues(examples.images, issues), picture)
    print(issues.head(20).to_string(index=False))
    shown = ", the first 20 above" if len(issues) > 20 else ""
    print(f"{len(issues)} of {len(examples)} labels are suspicious{shown}: {table}, {picture}")


def _add_layout(parser: argparse.ArgumentParser) -> None:
    """Add an option for each key of the group `raw`."""
    parser.add_argument(
        "--side",
        type=int,
        default=_DEFAULT.side,
        metavar="N",
        help=f"pixels a side (default {_DEFAULT.side})",
    )
    _add_reading(parser, *_DEFAULT.pixel_range, _DEFAULT.first_index)
    parser.add_argument(
        "--first-label",
        type=int,
        default=_DEFAULT.first_label,
        metavar="N",
        help=f"label of class 0 in text (default {_DEFAULT.first_label})",
    )
    parser.add_argument(
        "--classes",
        type=int,
        default=_DEFAULT.classes,
        metavar="N",
        help=f"number of classes (default {_DEFAULT.classes})",
    )


def _add_reading(parser: argparse.ArgumentParser, *defaults: Any) -> None:
    """Add the options for what text does not say about its pixels.

    Args:
        parser: of the command.
        defaults: background, full ink and first index; nothing where these are the network's.
    """
    *pixel_range, first_index = defaults or (None,)
    parser.add_argument(
        "--pixel-range",
        type=float,
        nargs=2,
        default=pixel_range or None,
        metavar=("LO", "HI"),
        help="values of background and full ink in text (default "
        + (f"{pixel_range[0]:g} {pixel_range[1]:g})" if pixel_range else "the training file's)"),
    )
    parser.add_argument(
        "--first-index",
        choices=("auto", "0", "1"),
        default=first_index,
        help="index of the first pixel in image-text (default "
        + (f"{first_index}: the file has to show it)" if pixel_range else "the training file's)"),
    )


def _first_index(text: str) -> object:
    return text if text == "auto" else int(text)


def _layout(arguments: argparse.Namespace) -> Layout:
    return Layout.check(
        {
            "side": arguments.side,
            "pixel_range": tuple(map(float, arguments.pixel_range)),
            "first_label": arguments.first_label,
            "first_index": _first_index(arguments.first_index),
            "classes": arguments.classes,
        }
    )


def _add_predict(add_parser: _AddParser) -> None:
    parser = add_parser(
        "predict",
        help="recognise characters",
        description="Say which class each image shows. A FILE is a picture of one character or of "
        "several that do not touch (PNG, JPEG, ...: a scan or a photograph, of any size), or holds "
        f"many images: {_FORMATS}. Labels are not needed.",
    )
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
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
    parser.add_argument(
        "--picture",
        type=Path,
        metavar="OUT.png",
        help="draw the pictures with what was found in them; red boxes have flags",
    )
    _add_reading(parser)
    # Scripts of earlier versions may give it.
    parser.add_argument("--first-label", type=int, help=argparse.SUPPRESS)
    parser.set_defaults(run_command=_predict)


def _predict(arguments: argparse.Namespace) -> None:
    from lenet.deploy.recogniser import Recogniser
    from lenet.predict import output, predictor

    if arguments.picture:
        _check_picture(arguments.picture, arguments.files)
    told: dict[str, object] = {}
    if arguments.pixel_range:
        told["pixel_range"] = tuple(arguments.pixel_range)
    if arguments.first_index:
        told["first_index"] = _first_index(arguments.first_index)
    found, errors = predictor.predict_all(
        arguments.files,
        Recogniser(arguments.model),
        told,
        warn=_warn,
    )
    if found:
        print(output.FORMATS[arguments.format](found), end="")
    if arguments.picture:
        from lenet.predict import marked

        if sheet := marked.draw_marked(found):
            marked.save(sheet, arguments.picture)
    if errors:
        raise InputError("\nerror: ".join(map(str, errors)))


def _check_picture(picture: Path, files: Sequence[Path]) -> None:
    """Raise InputError where `--picture` cannot be drawn; the files are not read yet."""
    from lenet.pictures.decode import is_picture

    if picture.suffix.lower() != ".png":
        raise InputError(f"--picture {picture}: expected the name of a PNG file to write, *.png.")
    there = [file for file in files if file.exists()]
    if picture.exists() and any(map(picture.samefile, there)):
        raise InputError(
            f"--picture {picture}: is one of the files to read; expected another name."
        )
    # A file that is not there is named later, with the reason.
    if len(there) == len(files) and not any(map(is_picture, there)):
        raise InputError(f"--picture {picture}: nothing to draw, because no FILE is a picture.")


def _add_results(add_parser: _AddParser) -> None:
    parser = add_parser(
        "results",
        help="print the result of a run in four lines",
        description="Print what a run was trained and tested on, and how good it is.",
    )
    parser.add_argument(
        "run",
        metavar="RUN",
        nargs="?",
        default="workspace",
        help="branch, commit or experiment (default workspace)",
    )
    parser.set_defaults(run_command=_results)


def _results(arguments: argparse.Namespace) -> None:
    from lenet.runs import revisions

    _warn_of_stale_results(arguments.run)
    print(revisions.results(arguments.run))


def _warn_of_stale_results(*runs: str) -> None:
    from lenet.runs.revisions import WORKSPACE, is_stale

    if WORKSPACE in runs and is_stale():
        print(
            "warning: the results in the workspace are not those of params.yaml; `dvc repro` makes "
            "or restores them.",
            file=sys.stderr,
        )


def _add_compare(add_parser: _AddParser) -> None:
    parser = add_parser(
        "compare",
        help="compare two runs image by image",
        description="Say which test images one run reads and the other does not, and whether the "
        "difference may be chance. A run is a branch, a commit, a tag, an experiment or the word "
        "workspace. Choose between recipes by validation images, not by these.",
    )
    _add_versions(parser)
    parser.add_argument(
        "--picture", type=Path, metavar="OUT.png", help="draw these images; needs data/npz/test.npz"
    )
    parser.set_defaults(run_command=_compare)


def _add_versions(parser: argparse.ArgumentParser) -> None:
    # `dvc metrics diff` has the same defaults.
    parser.add_argument("old", metavar="OLD", nargs="?", default="HEAD", help="default HEAD")
    parser.add_argument(
        "new", metavar="NEW", nargs="?", default="workspace", help="default workspace"
    )


def _compare(arguments: argparse.Namespace) -> None:
    from lenet.runs import revisions

    _warn_of_stale_results(arguments.old, arguments.new)
    comparison = revisions.compare(arguments.old, arguments.new)
    print(comparison)
    if arguments.picture:
        from lenet.core import npz
        from lenet.figures.canvas import save
        from lenet.figures.sheets import draw_comparison

        images = npz.load(revisions.test_images_of(arguments.new)).images
        save(draw_comparison(images, comparison), arguments.picture)


def _add_diff(add_parser: _AddParser) -> None:
    parser = add_parser(
        "diff",
        help="say which images changed between two versions of the data",
        description="Say which images were added, removed and relabelled, whatever their order and "
        "format. OLD and NEW are revisions (a branch, a commit, a tag, an experiment or the word "
        "workspace), whose train_file and test_file are compared, or two files, read by the group "
        "raw of params.yaml. Pixels are equal if they are equal in 1/10000 of full ink.",
    )
    _add_versions(parser)
    parser.add_argument(
        "--file", choices=("train", "test"), help="of revisions, compare this file (default both)"
    )
    parser.add_argument("--csv", action="store_true", help="print all changes as CSV, nothing else")
    parser.add_argument("--picture", type=Path, metavar="OUT.png", help="draw these images")
    parser.set_defaults(run_command=_diff)


def _diff(arguments: argparse.Namespace) -> None:
    from lenet.runs import versions
    from lenet.runs.difference import as_csv

    files = (f"{arguments.file}_file",) if arguments.file else versions.FILES
    found = versions.differences(arguments.old, arguments.new, files)
    if arguments.csv:
        print(as_csv(found), end="")
    else:
        print(printable("\n\n".join(map(str, found))))
    if arguments.picture:
        from lenet.figures.canvas import save
        from lenet.figures.difference import draw_differences

        save(draw_differences(found), arguments.picture)


def _add_experiments(add_parser: _AddParser) -> None:
    parser = add_parser(
        "experiments",
        help="list all runs, with what differs and how good they are",
        description="List the workspace, branches and experiments: the parameters that differ, "
        "and figures of merit. Runs that differ in nothing but the seed share a row, with mean, "
        "lowest and highest figure.",
    )
    parser.add_argument(
        "--sort",
        choices=("validation_loss", "validation_error", "errors"),
        default="validation_loss",
        help="the figure to sort by (default validation_loss)",
    )
    parser.add_argument("--csv", action="store_true", help="print CSV, with all figures")
    parser.set_defaults(run_command=_experiments)


def _experiments(arguments: argparse.Namespace) -> None:
    from lenet.runs import experiments

    runs = experiments.load()
    if runs.empty:
        print("No run has results yet: `dvc repro` makes the first.")
        return
    _warn_of_stale_results("workspace")
    table = experiments.grouped(runs, arguments.sort)
    if arguments.csv:
        print(table.to_csv(index=False), end="")
    else:
        print(experiments.as_text(table, experiments.current()))


def _add_summary(add_parser: _AddParser) -> None:
    parser = add_parser(
        "summary",
        help="show the network layer by layer",
        description="Show each layer's output, kernel and parameters. Options that are not "
        "given have the values of params.yaml.",
    )
    parser.add_argument("--image-size", type=int, metavar="N", help="side of the input in pixels")
    parser.add_argument("--c3", metavar="KIND", help="full, or partial as in 1998")
    parser.add_argument("--pooling", metavar="KIND", help="max, or subsample as in 1998")
    parser.set_defaults(run_command=_summary)


def _summary(arguments: argparse.Namespace) -> None:
    from lenet.training.config import Config

    options = {name: getattr(arguments, name) for name in ("image_size", "c3", "pooling")}
    given = {f"network.{name}": value for name, value in options.items() if value is not None}
    config = Config.load().changed(given)
    print(config.network.table(config.classes).to_string(index=False))
