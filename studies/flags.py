"""Measures of how unlike the training images an image is, and how many strangers each one notices.

    python -m studies flags

Reads models/lenet.onnx, a network with ReLU, params.yaml and data/npz/train.npz. Each measure flags
the images with the highest values. Its threshold flags one validation image in fifty; the table has
the share of pictures of other things that the same threshold flags. The digits drawn with a pen are
like no digit of USPS, but digits all the same. Writes docs/flags.csv, a row for each measure.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from sklearn.neighbors import NearestNeighbors

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.files import write_csv
from lenet.deploy._onnxruntime import onnxruntime
from lenet.deploy.recogniser import INPUT, OUTPUT, Recogniser
from lenet.raw import pictures
from lenet.training.loop import split
from studies.photographs import MODEL, STRANGERS, drawn, generator
from studies.settings import Settings

TABLE = Path("docs/flags.csv")
SHARE = 0.02


class _Opened:
    """The exported network, with the values of its last layers."""

    def __init__(self) -> None:
        model = onnx.load_model(MODEL)
        (softmax,) = (node for node in model.graph.node if node.op_type == "Softmax")
        hidden = [node.output[0] for node in model.graph.node if node.op_type == "Relu"][-1]
        self._names = [OUTPUT, softmax.input[0], hidden]
        for name in self._names[1:]:
            model.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
        self._session = onnxruntime.InferenceSession(model.SerializeToString())

    def run(self, images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return probabilities, scores and units of F6, the latter two as means over the views."""
        parts: list[list] = []
        for start in range(0, len(images), 256):
            batch = images[start : start + 256]
            found = self._session.run(self._names, {INPUT: batch})
            parts.append([part.reshape(len(batch), -1, part.shape[-1]).mean(1) for part in found])
        return [np.concatenate(part) for part in zip(*parts, strict=True)]


def cut_out(images: list[NDArray], side: int) -> NDArray[np.float32]:
    """Return all characters that are found in pictures of grey levels, (n, side, side)."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "picture.png")
        for picture in images:
            Image.fromarray(picture).save(path)
            try:
                found += [character.image for character in pictures.read(path, side)]
            except InputError:
                continue
    return np.array(found)


def strangers(side: int) -> Mapping[str, NDArray[np.float32]]:
    """Return what is found in pictures of each kind of stranger, and in digits drawn with a pen."""
    kinds = {
        name: [np.asarray(picture.convert("L")) for picture in draw(generator(name, 0))]
        for name, draw in STRANGERS.items()
    }
    pen = [drawn(i % 10, 180, 0.1, generator("digits", i)) for i in range(100)]
    kinds["digits drawn with a pen"] = [
        np.pad(255 - np.round(255 * ink).astype(np.uint8), 60, constant_values=255) for ink in pen
    ]
    return {name: cut_out(some, side) for name, some in kinds.items()}


def main() -> None:
    """Compute the table, and print it."""
    rest, validation = split(npz.load(Path("data/npz/train.npz")), Settings.load().recipe)
    assert validation
    opened, recogniser = _Opened(), Recogniser(MODEL)
    units = NearestNeighbors(n_neighbors=1).fit(opened.run(rest.images)[2])
    pixels = NearestNeighbors(n_neighbors=1).fit(rest.images.reshape(len(rest), -1))

    def measures(images: NDArray[np.float32]) -> dict[str, NDArray]:
        probabilities, scores, hidden = opened.run(images)
        novelty = recogniser.novelty(images)
        assert novelty is not None
        return {
            "1 - highest probability": 1 - probabilities.max(axis=1),
            "entropy": -(probabilities * np.log(probabilities + 1e-12)).sum(axis=1),
            "energy of the scores": -np.log(np.exp(scores).sum(axis=1)),
            "distance of F6 to the nearest training image": units.kneighbors(hidden)[0][:, 0],
            "distance of the pixels": pixels.kneighbors(images.reshape(len(images), -1))[0][:, 0],
            "novelty: distance of blurred pixels": novelty,
        }

    thresholds = {
        name: np.quantile(values, 1 - SHARE) for name, values in measures(validation.images).items()
    }
    rows: dict[str, dict] = {name: {"measure": name} for name in thresholds}
    for kind, images in strangers(rest.images.shape[1]).items():
        for name, values in measures(images).items():
            rows[name][kind] = round(float((values > thresholds[name]).mean()), 3)
    table = pd.DataFrame(rows.values())
    write_csv(table, TABLE)
    print(table.to_markdown(index=False))
