"""Evaluate the exported network on the test images: headline figures, per class, each image."""

import argparse
from pathlib import Path

import numpy as np

from lenet.core import npz
from lenet.core.errors import run
from lenet.core.files import write_csv, write_json
from lenet.core.near import nearly_equal_image
from lenet.core.npz import named
from lenet.core.watch import while_unchanged
from lenet.deploy.recogniser import Recogniser
from lenet.evaluation import measures
from lenet.evaluation.overlap import equal_image
from lenet.evaluation.pair import check_pair
from lenet.evaluation.predictions import Predictions
from lenet.evaluation.summary import summary
from lenet.figures.canvas import save
from lenet.figures.confidence import draw_confidence
from lenet.figures.confusion import draw_confusion
from lenet.figures.sheets import draw_mistakes


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path, help="exported network, ONNX")
    parser.add_argument("npz", type=Path, help="folder of train.npz and test.npz")
    parser.add_argument("results", type=Path, help="folder to write the results to")
    arguments = parser.parse_args()
    results = arguments.results

    recogniser = Recogniser(arguments.network)
    train, test = (
        npz.load(arguments.npz / f"{name}.npz", recogniser.classes) for name in ("train", "test")
    )
    check_pair(train, test)
    predictions = Predictions(
        test.labels,
        recogniser.probabilities(test.images),
        train_index=equal_image(test.images, among=train.images),
        near_train_index=nearly_equal_image(test.images, among=train.images),
        names=test.names,
        class_names=test.class_names,
    )

    headline, per_class = measures.headline(predictions), measures.per_class(predictions)
    table = predictions.table()
    write_json(headline, results / "test.json")
    write_csv(per_class, results / "per_class.csv")
    write_csv(table, results / "predictions.csv")
    save(draw_confusion(predictions), results / "confusion.png")
    save(draw_confidence(predictions), results / "pictures/confidence.png")
    save(draw_mistakes(test.images, predictions), results / "pictures/mistakes.png")

    print(per_class.round(4).to_string(index=False))
    print(summary(headline))
    here, known = (named(np.unique(each.labels), each.class_names) for each in (test, train))
    if len(untrained := np.setdiff1d(here, known)):
        print(f"warning: no training image is of class {', '.join(map(str, untrained))}")
    if seen := table[["train_index", "near_train_index"]].notna().any(axis="columns").sum():
        print(
            f"warning: {seen} of the test images are training images too, or nearly equal to one, "
            f"so the figures flatter the network. {results / 'predictions.csv'} says which."
        )


if __name__ == "__main__":
    run(while_unchanged(main))
