"""The exported network at work, by onnxruntime alone."""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from lenet.errors import InputError

# Memory stays a few MiB.
_BATCH = 256

# They have no base of their own.
_REFUSALS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)


class Recogniser:
    """An exported network, ready to be asked.

    Args:
        path: an ONNX file as `exchange.save` writes it.

    side: of the images that it takes, in pixels.

    Raises InputError where the file is missing, or no such model.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise InputError(
                f"{path}: no such model file; `dvc repro export` makes it, "
                "`dvc get` fetches it from another project."
            )
        options = onnxruntime.SessionOptions()
        # The network is too small for several threads, and idle ones would keep the cores busy.
        options.intra_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                path.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except (OSError, *_REFUSALS) as error:
            raise InputError(f"{path}: not a model that onnxruntime can read ({error}).") from error
        inputs = [(value.name, value.type, value.shape) for value in self._session.get_inputs()]
        outputs = [(value.name, value.shape) for value in self._session.get_outputs()]
        match inputs, outputs:
            case [("images", "tensor(float)", [_, int(side), int(width)])], [
                ("probabilities", [_, 10])
            ] if side == width:
                self.side = side
            case _:
                raise InputError(
                    f"{path}: found a model with inputs {inputs} and outputs {outputs}; expected "
                    "images (batch, side, side) and probabilities (batch, 10)."
                )

    def probabilities(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return class probabilities (n, 10) for images (n, side, side) in [0, 1]."""
        return np.concatenate(
            [
                self._session.run(None, {"images": images[start : start + _BATCH]})[0]
                for start in range(0, len(images), _BATCH)
            ]
        )
