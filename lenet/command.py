"""The command line: python -m lenet predict | convert | summary."""

import argparse
from collections.abc import Callable, Container
from pathlib import Path

from lenet.core.errors import InputError, as_typed
from lenet.raw.layout import Layout

_AddParser = Callable[..., argparse.ArgumentParser]


def main() -> None:
    """Parse the command line and do what it says."""
    parser = argparse.ArgumentParser(prog="python -m lenet")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_predict(commands.add_parser)
    _add_convert(commands.add_parser)
    _add_summary(commands.add_parser)
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except InputError as error:
        raise InputError(_with_options(error, vars(arguments))) from error


def _with_options(error: InputError, arguments: Container[str]) -> str:
    """Return the message of an error, with its settings as options of the command."""
    advice = []
    for name, value in error.settings.items():
        option = name.rpartition(".")[2]
        if option in arguments:
            text = as_typed(value).strip("[]").replace(",", " ")
            advice.append(f"--{option.replace('_', '-')} {text}")
        elif option == "side":
            return f"{error.message} The network takes no images of another side."
    return f"{error.message} Add {' '.join(advice)}." if advice else str(error)


def _add_predict(add_parser: _AddParser) -> None:
    parser = add_parser(
        "predict",
        help="recognise digits",
        description="Say which digit each image shows. A FILE is a picture of one digit (PNG, "
        "JPEG, ...: any size, dark on light or light on dark), or holds many images: .jf or "
        "image-text, plain, .gz, .bz2 or .xz, or .npz.",
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
        help="format of the answers (default table, where ? marks answers that are not confident)",
    )
    _add_pixels(parser)
    parser.set_defaults(run=_predict)


def _predict(arguments: argparse.Namespace) -> None:
    # Each command imports its own modules, so that no command waits for those of another.
    from lenet.deploy.recogniser import Recogniser
    from lenet.predict import output, predictor

    recogniser = Recogniser(arguments.model)
    layout = _layout(arguments, recogniser.side)
    found, errors = predictor.predict_all(arguments.files, recogniser, layout)
    if found:
        print(output.FORMATS[arguments.format](found), end="")
    if errors:
        messages = [_with_options(error, vars(arguments)) for error in errors]
        raise InputError("\nerror: ".join(messages))


def _add_convert(add_parser: _AddParser) -> None:
    parser = add_parser(
        "convert",
        help="write digit images in another format",
        description="Write the digit images of IN to OUT in the format of OUT's suffix. IN is "
        "recognised by content: .jf or image-text, plain, .gz, .bz2 or .xz, or .npz.",
    )
    parser.add_argument("source", metavar="IN", type=Path)
    parser.add_argument("target", metavar="OUT", type=Path, help="*.jf, *.txt (image-text), *.npz")
    parser.add_argument(
        "--side", type=int, default=16, metavar="N", help="pixels a side (default 16)"
    )
    _add_pixels(parser)
    parser.set_defaults(run=_convert)


def _add_pixels(parser: argparse.ArgumentParser) -> None:
    """Add the options for what a raw file does not say about its numbers."""
    parser.add_argument(
        "--pixel-range",
        type=float,
        nargs=2,
        default=(0, 2),
        metavar=("LO", "HI"),
        help="values of background and full ink in text (default 0 2)",
    )
    parser.add_argument(
        "--first-label",
        type=int,
        default=0,
        metavar="N",
        help="label of digit 0 in text (default 0)",
    )


def _convert(arguments: argparse.Namespace) -> None:
    from lenet.raw import formats

    formats.convert(arguments.source, arguments.target, _layout(arguments, arguments.side))


def _layout(arguments: argparse.Namespace, side: int) -> Layout:
    return Layout.check(
        side=side,
        pixel_range=tuple(arguments.pixel_range),
        first_label=arguments.first_label,
    )


def _add_summary(add_parser: _AddParser) -> None:
    parser = add_parser(
        "summary",
        help="show the network layer by layer",
        description="Show each layer's output, parameters and connections. Options that are not "
        "given have the values of params.yaml.",
    )
    parser.add_argument("--image-size", type=int, metavar="N", help="side of the input in pixels")
    parser.add_argument("--c3", metavar="KIND", help="full, or partial as in 1998")
    parser.add_argument("--pooling", metavar="KIND", help="max, or subsample as in 1998")
    parser.set_defaults(run=_summary)


def _summary(arguments: argparse.Namespace) -> None:
    from lenet.model.architecture import Network

    given = {name: getattr(arguments, name) for name in ("image_size", "c3", "pooling")}
    given = {name: value for name, value in given.items() if value is not None}
    print(Network.load().changed(**given).table().to_string(index=False))
