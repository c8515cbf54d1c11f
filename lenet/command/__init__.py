"""The command line: `lenet` lists the commands.

Each command imports its own modules, so that no command waits for those of another.
"""

from pathlib import Path

from lenet.command import data, network, runs  # noqa: F401  (each adds its commands)
from lenet.command.parser import parser
from lenet.core.errors import InputError


def main() -> None:
    """Parse the command line and do what it says."""
    arguments = parser.parse_args()
    if "run" not in arguments:
        parser.print_help()
        return
    if arguments.of_project and not Path("params.yaml").exists():
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
