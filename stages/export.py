"""Export the network as ONNX; refuse one that disagrees with MXNet on training images."""

import argparse
from pathlib import Path

from lenet.core import npz
from lenet.core.errors import run
from lenet.core.files import read_json
from lenet.core.watch import while_unchanged
from lenet.deploy import export
from lenet.evaluation.pair import check_pair
from lenet.model._mxnet import memory_reported
from lenet.training.config import Config


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("npz", type=Path, help="folder of train.npz and test.npz")
    parser.add_argument("card", type=Path, help="data card of the training images, JSON")
    parser.add_argument("models", type=Path, help="folder of the trained network")
    parser.add_argument("target", type=Path, help="exported network to write, ONNX")
    arguments = parser.parse_args()

    config = Config.load()
    # A training file in image-text shows where its indices start; other files of the user may not.
    card = read_json(arguments.card)
    if "first_index" in card:
        config = config.changed({"raw.first_index": card["first_index"]})
    examples, test = (
        npz.load(arguments.npz / f"{name}.npz", config.classes) for name in ("train", "test")
    )
    check_pair(examples, test)
    export.export(arguments.models, arguments.target, examples, config)
    print(f"{arguments.target}: ONNX Runtime agrees with MXNet")


if __name__ == "__main__":
    run(while_unchanged(memory_reported()(main)))
