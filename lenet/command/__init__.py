"""The command line: `lenet --help` lists the commands."""

import argparse

from lenet.command import files, project

# The version of pyproject.toml and CITATION.cff.
VERSION = "0.1.0"


def main() -> None:
    """Parse the command line and do what it says; without a command, list the commands."""
    parser = argparse.ArgumentParser(prog="lenet")
    parser.add_argument("--version", action="version", version=f"lenet {VERSION}")
    parser.set_defaults(run=lambda _: parser.print_help())
    commands = parser.add_subparsers(metavar="COMMAND")
    files.add_to(commands)
    project.add_to(commands)
    arguments = parser.parse_args()
    arguments.run(arguments)
