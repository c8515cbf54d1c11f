"""Evaluate the model on the test images: headline figures, per class, and image by image."""

import argparse
from pathlib import Path

import numpy as np

from lenet.core import npz
from lenet.core.errors import InputError, run
from lenet.core.files import write_csv, write_json
from lenet.core.params import EvaluationParams
from lenet.deploy.recogniser import Recogniser
from lenet.evaluation import measures
from lenet.evaluation.overlap import equal_image
from lenet.figures import figures
from lenet.model import network
from lenet.model._mxnet import context
from lenet.model.prediction import probabilities


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("symbol", type=Path, help="the network, MXNet symbol JSON")
    parser.add_argument("weights", type=Path, help="its weights, MXNet params")
    parser.add_argument("exported", type=Path, help="the network, ONNX, which has to agree")
    parser.add_argument("train", type=Path, help="training images, npz, to look for test images in")
    parser.add_argument("test", type=Path, help="test images, npz")
    parser.add_argument("headline", type=Path, help="headline figures, JSON")
    parser.add_argument("per_class", type=Path, help="precision and recall of each digit, CSV")
    parser.add_argument("predictions", type=Path, help="a row an image, CSV")
    parser.add_argument("confusion", type=Path, help="confusion matrix, PNG")
    parser.add_argument("mistakes", type=Path, help="the misclassified images, PNG")
    arguments = parser.parse_args()

    params = EvaluationParams.load(Path("params.yaml"))
    device = context(params.device)
    train, test = npz.load(arguments.train), npz.load(arguments.test)
    model = network.load(arguments.symbol, arguments.weights, context=device)
    scores = probabilities(
        model, test.images, context=device, **params.model_dump(exclude={"device"})
    )

    if not np.isfinite(scores).all():
        raise InputError(
            f"{arguments.weights}: the network gives no probabilities for some test images; its "
            "training diverged. Lower lr."
        )
    measures.check_agreement(
        scores, Recogniser(arguments.exported).probabilities(test.images), arguments.exported
    )

    predicted = scores.argmax(axis=1)
    # A test image that the network has learnt from says nothing of its use.
    train_index = equal_image(test.images, among=train.images)
    headline = measures.headline(test.labels, scores)
    per_class = measures.per_class(test.labels, predicted)
    predictions = measures.predictions_table(test.labels, scores, train_index)
    write_json(headline, arguments.headline)
    write_csv(per_class, arguments.per_class)
    write_csv(predictions, arguments.predictions)
    figures.confusion_picture(test.labels, predicted, arguments.confusion)
    figures.mistakes_picture(test.images, test.labels, scores, arguments.mistakes)

    print(per_class.round(4).to_string(index=False))
    print(measures.summary(headline))
    shared = (train_index >= 0).sum()
    if shared:
        print(
            f"warning: {shared} of the test images are training images too, so the figures "
            f"flatter the network; they have a train_index in {arguments.predictions}"
        )


if __name__ == "__main__":
    run(main)
