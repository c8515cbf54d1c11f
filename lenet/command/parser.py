"""The parser of the command line, to which each command adds itself."""

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from lenet.core.errors import printable, see_inspect

# The version of pyproject.toml and CITATION.cff.
VERSION = "0.1.0"

FORMATS = ".jf or image-text, plain, .gz, .bz2 or .xz; .npz; or a folder of pictures"
# What text does not say about its pixels; each command has its own defaults.
PIXEL_RANGE = {"type": float, "nargs": 2, "metavar": ("LO", "HI")}
FIRST_INDEX = {"choices": ("auto", "0", "1")}

Arguments = argparse.Namespace
Argument = tuple[tuple[str, ...], dict[str, Any]]
_Run = Callable[[Arguments], None]
parser = argparse.ArgumentParser(prog="lenet")
parser.add_argument("--version", action="version", version=f"lenet {VERSION}")
_commands = parser.add_subparsers(metavar="COMMAND", title="commands")


def command(
    name: str, summary: str, description: str, *arguments: Argument, of_project: bool = False
) -> Callable[[_Run], _Run]:
    """Return a decorator that makes a function a command.

    Args:
        name: the command's name.
        summary: what it does, in the list of commands.
        description: what it does, in its own help.
        arguments: see `argument`.
        of_project: whether it reads a project's parameters or results.
    """

    def add(run: _Run) -> _Run:
        own = _commands.add_parser(name, help=summary, description=description)
        for names, settings in arguments:
            own.add_argument(*names, **settings)
        own.set_defaults(run=run, of_project=of_project)
        return run

    return add


def argument(*names: str, help: str = "", **settings: Any) -> Argument:  # noqa: A002
    """Return an argument of a command, as `ArgumentParser.add_argument` takes it."""
    return names, {"help": help, **settings}


def number(name: str, default: int, meaning: str) -> Argument:
    """Return an option that takes a whole number."""
    return argument(
        name, type=int, default=default, metavar="N", help=f"{meaning} (default {default})"
    )


def files(name: str, metavar: str, help: str = "") -> Argument:  # noqa: A002
    """Return an argument that takes one file or more."""
    return argument(name, metavar=metavar, nargs="+", type=Path, help=help)


def first_index(text: str) -> object:
    """Return the value of `raw.first_index` that an option has."""
    return text if text == "auto" else int(text)


def warn(path: Path, warnings: Iterable[str]) -> None:
    """Print what seems wrong with a file."""
    for warning in warnings:
        text = f"warning: {path}: {warning}. {see_inspect(path)}"
        print(printable(text), file=sys.stderr)
