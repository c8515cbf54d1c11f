"""What the parsers of all commands share."""

import argparse
from collections.abc import Callable
from typing import Any, TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_command(
    commands: Commands, run: Callable[[argparse.Namespace], None], help_line: str
) -> argparse.ArgumentParser:
    """Add a command; its name and its description are those of the function that does it.

    The function imports what it needs, so that no command waits for another's imports.
    """
    name = run.__name__.replace("_", "-")
    parser = commands.add_parser(name, help=help_line, description=run.__doc__)
    parser.set_defaults(run=run)
    return parser


def given(arguments: argparse.Namespace, *names: str) -> dict[str, Any]:
    """Return the options of these names that were given."""
    values = {name: getattr(arguments, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}
