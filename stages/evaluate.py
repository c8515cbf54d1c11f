"""Evaluate the model on the test images: headline figures, per class, and image by image."""

import argparse
from pathlib import Path

from lenet import digits, evaluation, figures, network
from lenet._mxnet import context
from lenet.data_card import shared_images
from lenet.errors import run
from lenet.files import write_csv, write_json
from lenet.params import EvaluationParams
from lenet.prediction import probabilities


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("symbol", type=Path, help="the network, MXNet symbol JSON")
    parser.add_argument("weights", type=Path, help="its weights, MXNet params")
    parser.add_argument("train", type=Path, help="training images, npz, to look for test images in")
    parser.add_argument("test", type=Path, help="test images, npz")
    parser.add_argument("metrics", type=Path, help="folder for the results")
    arguments = parser.parse_args()

    params = EvaluationParams.load(Path("params.yaml"))
    device = context(params.device)
    train, test = digits.load(arguments.train), digits.load(arguments.test)
    model = network.load(arguments.symbol, arguments.weights, context=device)
    scores = probabilities(
        model, test.images, context=device, **params.model_dump(exclude={"device"})
    )

    headline = evaluation.headline(test.labels, scores)
    predictions = evaluation.predictions_table(test.labels, scores)
    shared = shared_images(train, test)
    folder = arguments.metrics
    write_json(headline, folder / "test.json")
    write_json(evaluation.per_class(test.labels, scores.argmax(axis=1)), folder / "per_class.json")
    write_csv(predictions, folder / "predictions.csv")
    write_csv(shared, folder / "shared_images.csv")
    figures.confusion_picture(test.labels, scores.argmax(axis=1), folder / "confusion.png")

    print(evaluation.summary(headline))
    if len(shared):
        print(
            f"warning: {shared['test_index'].nunique()} of the test images are training images "
            f"too, so the figures flatter the network; see {folder / 'shared_images.csv'}"
        )


if __name__ == "__main__":
    run(main)
