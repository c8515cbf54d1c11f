"""`lenet`, and `python -m lenet`; see `command`."""

from lenet.core.interrupt import exit_at_once

exit_at_once()

import sys  # noqa: E402

from lenet.core.errors import run  # noqa: E402


def start() -> None:
    """Run the command line, and end the process as it does."""
    try:
        from lenet.command import main
    except ModuleNotFoundError as error:
        sys.exit(
            f"error: {sys.executable} is not the project's Python: it lacks {error.name}. Run "
            "`make setup` once, then activate the environment: . .venv/bin/activate"
        )
    run(main)


if __name__ == "__main__":
    start()
