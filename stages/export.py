"""Export the network, with all that is done around it, as ONNX."""

import argparse
from pathlib import Path

from lenet.core.errors import run
from lenet.core.params import ExportParams
from lenet.deploy import export


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("symbol", type=Path, help="the network, MXNet symbol JSON")
    parser.add_argument("weights", type=Path, help="its weights, MXNet params")
    parser.add_argument("target", type=Path, help="the network, ONNX")
    arguments = parser.parse_args()

    params = ExportParams.load(Path("params.yaml"))
    model = export.to_onnx(arguments.symbol, arguments.weights, **params.model_dump())
    export.save(model, arguments.target)


if __name__ == "__main__":
    run(main)
