"""Recognition by the exported network, in ONNX Runtime alone."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet.core.errors import InputError, untrusted
from lenet.deploy._onnxruntime import onnxruntime

# The names of the exported network's input and outputs.
INPUT, OUTPUT, NOVELTY = "images", "probabilities", "novelty"
_ADVICE = "`dvc checkout` or `dvc repro export` brings the network of the project back."

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
        metadata: what the exported network says about itself, by name.
        path: the name of the model in messages.

    Raises InputError if the file is missing or holds another model.
    """

    def __init__(self, path: Path, content: bytes | None = None) -> None:
        self.path = path
        if content is None and not path.is_file():
            advice = "`dvc repro export` makes it, `dvc get` fetches it from another project."
            raise InputError(path, "no such model file", advice=advice)
        options = onnxruntime.SessionOptions()
        # The network is too small for several threads, and idle ones would keep the cores busy.
        options.intra_op_num_threads = 1
        # The next level arranges feature maps for the registers of the processor, and so adds in
        # another order on each kind.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        # Errors come as exceptions; the log would repeat them.
        options.log_severity_level = 4
        with untrusted(path, "not a model that this project exported", _ADVICE):
            self._session = onnxruntime.InferenceSession(
                path.read_bytes() if content is None else content,
                options,
                providers=["CPUExecutionProvider"],
                # A fallback would only print more messages.
                enable_fallback=0,
            )
            named = {value.name: value.shape for value in self._session.get_inputs()}
            named |= {value.name: value.shape for value in self._session.get_outputs()}
            (_, side, _), (_, classes) = named[INPUT], named[OUTPUT]
            self.side, self.classes = int(side), int(classes)
            self.metadata = dict(self._session.get_modelmeta().custom_metadata_map)

    def probabilities(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return class probabilities (n, classes) for images (n, side, side) in [0, 1].

        Raises InputError if the model gives no probabilities.
        """
        given = self._run(OUTPUT, images, (self.classes,))
        if not ((given >= 0).all() and np.allclose(given.sum(axis=1), 1, atol=1e-3)):
            raise InputError(
                self.path,
                f"the model gives values from {given.min()} to {given.max()}",
                "probabilities, which add up to 1 for each image",
            )
        return given

    def novelty(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how unlike the training images each of (n, side, side) in [0, 1] is, (n,).

        One in fifty training images has more than 1.
        """
        return self._run(NOVELTY, images, ())

    def _run(
        self, name: str, images: NDArray[np.float32], shape: tuple[int, ...]
    ) -> NDArray[np.float32]:
        """Return an output, (n, *shape); raise InputError where the model gives something else."""
        starts = range(0, len(images), _BATCH)
        with untrusted(self.path, "the model cannot be run"):
            parts = [
                self._session.run([name], {INPUT: images[start : start + _BATCH]})[0]
                for start in starts
            ]
            given: NDArray[np.float32] = np.concatenate(parts)
        # A model's output may differ from its declaration.
        if given.shape != (len(images), *shape) or given.dtype != np.float32:
            found = f"the model gives {given.dtype} {given.shape} as {name}"
            raise InputError(self.path, found, f"float32 {(len(images), *shape)}")
        return given
