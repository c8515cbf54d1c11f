"""Report what came of the run, as Markdown and as an HTML page that needs no other file."""

import argparse
import json
import os
from pathlib import Path

import pandas as pd

from lenet.core.errors import run
from lenet.core.files import whole_file
from lenet.core.params import AllParams
from lenet.report import report


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raw", type=Path, nargs=2, help="training and test file as they came")
    parser.add_argument("npz", type=Path, nargs=2, help="training and test images, npz")
    parser.add_argument("network", type=Path, help="the network, ONNX")
    parser.add_argument("cards", type=Path, nargs=2, help="data cards of both, JSON")
    parser.add_argument("training", type=Path, help="figures of the last epoch, JSON")
    parser.add_argument("headline", type=Path, help="headline figures, JSON")
    parser.add_argument("per_class", type=Path, help="precision and recall of each digit, CSV")
    parser.add_argument("predictions", type=Path, help="a row a test image, CSV")
    parser.add_argument("pictures", type=Path, nargs=7, help="known by their names, PNG")
    parser.add_argument("markdown", type=Path, help="report to write, Markdown")
    parser.add_argument("page", type=Path, help="report to write, HTML")
    arguments = parser.parse_args()

    folder = arguments.markdown.parent
    text = report.markdown(
        headline=json.loads(arguments.headline.read_text()),
        training=json.loads(arguments.training.read_text()),
        per_class=pd.read_csv(arguments.per_class),
        predictions=pd.read_csv(arguments.predictions),
        cards={
            name: json.loads(card.read_text())
            for name, card in zip(("training", "test"), arguments.cards, strict=True)
        },
        files=dict(
            zip(
                (
                    *("training file", "test file", "training images", "test images"),
                    *("network", "predictions"),
                ),
                (*arguments.raw, *arguments.npz, arguments.network, arguments.predictions),
                strict=True,
            )
        ),
        pictures={
            picture.stem: Path(os.path.relpath(picture, folder)).as_posix()
            for picture in arguments.pictures
        },
        params=AllParams.load(Path("params.yaml")),
    )
    for path, content in ((arguments.markdown, text), (arguments.page, report.page(text, folder))):
        with whole_file(path) as file:
            file.write(content.encode())


if __name__ == "__main__":
    run(main)
