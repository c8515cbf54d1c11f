"""`lenet`, and `python -m lenet`; see `command`."""

from lenet.command import main
from lenet.core.errors import run


def start() -> None:
    """Run the command line, and end the process as it does."""
    run(main)


if __name__ == "__main__":
    start()
