"""Run a study.

python -m studies hand | photographs | plateau | recipe | seeds
"""

import argparse

from lenet.core.errors import run
from studies import hand, photographs, plateau, recipe, seeds

STUDIES = {
    "hand": hand,
    "photographs": photographs,
    "plateau": plateau,
    "recipe": recipe,
    "seeds": seeds,
}


def main() -> None:
    """Run the study that is named."""
    parser = argparse.ArgumentParser(prog="python -m studies", description=__doc__)
    parser.add_argument("name", choices=STUDIES)
    STUDIES[parser.parse_args().name].main()


if __name__ == "__main__":
    run(main)
