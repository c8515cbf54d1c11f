"""`lenet`, and `python -m lenet`; see `command`."""

import sys

from lenet.core.errors import run


def start() -> None:
    """Run the command line, and end the process as it does."""
    run(main)


def main() -> None:
    """Import the command line and run it."""
    try:
        from lenet import command
    except ModuleNotFoundError as error:
        sys.exit(
            f"error: {sys.executable} is not the project's Python: it lacks {error.name}. Run "
            "`make setup` once, then activate the environment: . .venv/bin/activate"
        )
    command.main()


if __name__ == "__main__":
    start()
