"""Export the network as ONNX; refuse one that disagrees with MXNet on training images."""

import argparse
from pathlib import Path

from lenet.core import npz
from lenet.core.errors import run
from lenet.core.files import read_json
from lenet.core.params import read
from lenet.core.watch import while_unchanged
from lenet.deploy import export
from lenet.model._mxnet import memory_reported
from lenet.model.architecture import Network
from lenet.model.preprocess import Averaging, Preprocess


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path, help="training images, npz")
    parser.add_argument("card", type=Path, help="data card of the training images, JSON")
    parser.add_argument("models", type=Path, help="folder of the trained network")
    parser.add_argument("target", type=Path, help="exported network to write, ONNX")
    arguments = parser.parse_args()

    kept = ("raw", "network", "preprocess", "test_shift")
    params, network = read(Path("params.yaml")), Network.load()
    settings = {name: params[name] for name in kept}
    card = read_json(arguments.card)
    # A training file in image-text shows where its indices start; other files of the user may not.
    settings["raw"]["first_index"] = card.get("first_index", settings["raw"]["first_index"])
    export.export(
        arguments.models,
        arguments.target,
        npz.load(arguments.train, network.classes),
        Preprocess.load(),
        image_size=network.image_size,
        classes=network.classes,
        test_shift=Averaging.load().test_shift,
        settings=settings,
    )
    print(f"{arguments.target}: ONNX Runtime agrees with MXNet")


if __name__ == "__main__":
    run(while_unchanged(memory_reported()(main)))
