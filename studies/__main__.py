"""Run a study.

python -m studies recipe | plateau | seeds
"""

import argparse

from lenet.core.errors import run
from studies import plateau, recipe, seeds

STUDIES = {"plateau": plateau, "recipe": recipe, "seeds": seeds}


def main() -> None:
    """Run the study that is named."""
    parser = argparse.ArgumentParser(prog="python -m studies", description=__doc__)
    parser.add_argument("name", choices=STUDIES)
    STUDIES[parser.parse_args().name].main()


if __name__ == "__main__":
    run(main)
