"""`lenet`, and `python -m lenet`; see `command`."""

import sys

from lenet.core.errors import run


def start() -> None:
    """Run the command line, and end the process as it does."""
    run(main)


def main() -> None:
    """Import the command line and run it; name a package that it or a command lacks."""
    try:
        from lenet import command

        command.main()
    except ModuleNotFoundError as error:
        # An environment that only predicts lacks the workflow's packages.
        sys.exit(
            f"error: {sys.executable} is not the project's Python: it lacks {error.name}. Run "
            "`make setup` in a clone once, then activate the environment: . .venv/bin/activate"
        )


if __name__ == "__main__":
    start()
