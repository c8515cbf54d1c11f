"""The command line: `lenet --help` lists the commands."""

import argparse
from pathlib import Path

from lenet.command import files, project
from lenet.core.errors import InputError

# The version of pyproject.toml and CITATION.cff.
VERSION = "0.1.0"


def main() -> None:
    """Parse the command line and do what it says; without a command, list the commands."""
    parser = argparse.ArgumentParser(prog="lenet")
    parser.add_argument("--version", action="version", version=f"lenet {VERSION}")
    commands = parser.add_subparsers(metavar="COMMAND", dest="command")
    files.add_to(commands)
    project.add_to(commands)
    arguments = parser.parse_args()
    if arguments.command is None:
        parser.print_help()
        return
    if arguments.run.__module__ == project.__name__ and not Path("params.yaml").exists():
        found, expected = "found no params.yaml", "the folder of a project"
        raise InputError(Path.cwd(), found, expected, "Go there first.")
    try:
        arguments.run(arguments)
    except ModuleNotFoundError as error:
        # An environment that only predicts lacks the workflow's packages.
        raise InputError(
            "",
            f"this command needs the package {error.name}, which is not installed here",
            advice="`make setup` in a clone of the project brings all that it needs.",
        ) from error
