"""python -m lenet; see `command`."""

from lenet.command import main
from lenet.core.errors import run

if __name__ == "__main__":
    run(main)
