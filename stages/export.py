"""Export the network as ONNX; refuse one that disagrees with MXNet on the training images."""

import argparse
from pathlib import Path

from lenet.core import npz
from lenet.core.errors import run
from lenet.core.params import read
from lenet.deploy import export
from lenet.model._mxnet import memory_reported
from lenet.model.architecture import Network
from lenet.model.view import Averaging, View


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path, help="training images, npz")
    parser.add_argument("models", type=Path, help="folder of the trained network")
    parser.add_argument("target", type=Path, help="exported network to write, ONNX")
    arguments = parser.parse_args()

    kept = ("raw", "network", "view", "test_shift")
    params = read(Path("params.yaml"))
    export.export(
        arguments.models,
        arguments.target,
        npz.load(arguments.train).images,
        View.load(),
        image_size=Network.load().image_size,
        test_shift=Averaging.load().test_shift,
        settings={name: params[name] for name in kept},
    )


if __name__ == "__main__":
    run(memory_reported()(main))
