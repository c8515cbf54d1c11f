"""Draw what training works on and what comes of it: digits, warps, filters, responses, curves."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from lenet.core import npz
from lenet.core.errors import InputError, run
from lenet.core.npz import CLASSES
from lenet.core.params import DrawingParams, NetworkParams, ViewParams, WarpParams
from lenet.figures import figures
from lenet.model import feature_maps
from lenet.model._mxnet import context
from lenet.model.view import identity_affine, network_input
from lenet.training.warps import random_affine, random_gamma

# Warped copies of a digit.
_COPIES = 12


def main() -> None:
    """Run the stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path, help="training images, npz")
    parser.add_argument("weights", type=Path, help="the network's weights, MXNet params")
    parser.add_argument("curves", type=Path, help="folder of the learning curves, TSV")
    parser.add_argument("pictures", type=Path, nargs=5, help="pictures to write, PNG")
    arguments = parser.parse_args()
    gallery, warps, filters, responses, curves = arguments.pictures

    params = DrawingParams.load(Path("params.yaml"))
    view = params.model_dump(include=set(ViewParams.model_fields))
    view["context"] = context("cpu")
    train = npz.load(arguments.train)
    figures.gallery(train.images, train.labels, gallery)

    # The first digit of each class there is.
    firsts = [np.flatnonzero(train.labels == digit)[:1] for digit in range(CLASSES)]
    originals = train.images[np.concatenate(firsts)]
    generator = np.random.default_rng(params.seed)
    copies = np.repeat(originals, _COPIES, axis=0)
    strengths = params.model_dump(include=set(WarpParams.model_fields))
    copies = random_gamma(generator, copies, gamma=strengths.pop("gamma"))
    warped = network_input(
        copies, random_affine(generator, len(copies), **strengths), **view
    ).asnumpy()
    plain = network_input(originals, identity_affine(len(originals)), **view)
    figures.warps_picture(
        plain.asnumpy()[:, 0], warped.reshape(len(originals), _COPIES, *warped.shape[2:]), warps
    )

    lenet = feature_maps.load(
        arguments.weights, **params.model_dump(include=set(NetworkParams.model_fields))
    )
    figures.filters_picture(feature_maps.filters(lenet), filters)
    shown = plain[:1]
    figures.responses_picture(
        shown.asnumpy()[0, 0], feature_maps.responses(lenet, shown), responses
    )

    # One file a curve; without validation images there is none of them.
    accuracies = [
        pd.read_csv(path, sep="\t", index_col="step")
        for path in sorted(arguments.curves.glob("*_accuracy.tsv"))
    ]
    if not accuracies:
        raise InputError(f"{arguments.curves}: no learning curves; `dvc repro train` makes them.")
    figures.curves_picture(pd.concat(accuracies, axis=1), curves)


if __name__ == "__main__":
    run(main)
