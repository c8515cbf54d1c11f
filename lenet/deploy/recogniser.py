"""Recognition by the exported network, in ONNX Runtime alone."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import untrusted
from lenet.deploy._onnxruntime import onnxruntime
from lenet.pictures.frame import Frame

# The names of the exported network's input and outputs.
INPUT, OUTPUT, NOVELTY = "images", "probabilities", "novelty"
# A lower confidence is flagged.
CONFIDENT = 0.9
# The number of images at once; memory stays at a few MiB.
_BATCH = 256


class Recogniser:
    """An exported network in ONNX Runtime.

    Args:
        path: an ONNX file that `export.export` wrote, or the name for `content` in messages.
        content: the bytes of the model; None if they are to be read from `path`.

    Attributes:
        side: side of the images that the network takes, in pixels.
        classes: the number of its classes.
        parameters: the parameters that the network was trained by, by group and name.
        frame: how characters stand in its training images.
        class_names: the names of its classes; () where they are numbers.
        path: the name of the model in messages.

    Raises InputError if the file is missing or holds another model.
    """

    def __init__(self, path: Path, content: bytes | None = None) -> None:
        self.path = path
        options = onnxruntime.SessionOptions()
        # The network is too small for several threads, and idle ones would keep the cores busy.
        options.intra_op_num_threads = 1
        # The next level arranges feature maps for the registers of the processor, and so adds in
        # another order on each kind.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        # Errors come as exceptions; the log would repeat them.
        options.log_severity_level = 4
        advice = "`dvc checkout` or `dvc repro export` brings the network of the project back."
        with untrusted(path, "no network that this project exported", advice):
            self._session = onnxruntime.InferenceSession(
                path.read_bytes() if content is None else content,
                options,
                providers=["CPUExecutionProvider"],
            )
            named = {value.name: value.shape for value in self._session.get_inputs()}
            named |= {value.name: value.shape for value in self._session.get_outputs()}
            (_, side, _), (_, classes) = named[INPUT], named[OUTPUT]
            self.side, self.classes = int(side), int(classes)
            metadata = self._session.get_modelmeta().custom_metadata_map
            self.parameters = json.loads(metadata["parameters"])
            self.frame = Frame(**self.parameters["frame"])
            self.class_names = tuple(self.parameters["raw"]["class_names"])

    def probabilities(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return class probabilities (n, classes) for images (n, side, side) in [0, 1]."""
        return self._run(OUTPUT, images)

    def novelty(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how unlike the training images each of (n, side, side) in [0, 1] is, (n,).

        One in fifty training images has more than 1.
        """
        return self._run(NOVELTY, images)

    def _run(self, name: str, images: NDArray[np.float32]) -> NDArray[np.float32]:
        with untrusted(self.path, "the model cannot be run"):
            parts = [
                self._session.run([name], {INPUT: images[start : start + _BATCH]})[0]
                for start in range(0, len(images), _BATCH)
            ]
            return np.concatenate(parts)
