"""Small right files of every kind, with which fuzzing begins."""

import bz2
import gzip
import io
import lzma
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from PIL import Image

from lenet.core import npz
from tests.project import ROOT

TEXTS = (
    b"10 4\n6 0 0.5 1 2\n3 2 0 0 1.25\n-1\n",
    b"6 0 0.5\n1 2\n3 2 0 0 1.25",
    b"6 1:0 2:0.5 3:1 4:2   \r\n3 2:1 # a comment\r\n",
)
PACKERS: tuple[Callable[[bytes], bytes], ...] = (bytes, gzip.compress, bz2.compress, lzma.compress)


def picture(kind: str) -> bytes:
    """Return a picture of a stroke in a format."""
    file = io.BytesIO()
    shade = np.full((9, 7), 255, np.uint8)
    shade[2:7, 3] = 0
    Image.fromarray(shade).save(file, kind)
    return file.getvalue()


def npz_file() -> bytes:
    """Return two digits as npz."""
    images = np.linspace(0, 1, 8, dtype=np.float32).reshape(2, 2, 2)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.npz")
        npz.save(npz.Dataset(images, np.array([3, 8])), path)
        return path.read_bytes()


def model() -> bytes:
    """Return a model of one layer, for images of side 2."""
    weights = helper.make_tensor("weights", TensorProto.FLOAT, (4, 10), [0.1] * 40)
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["images"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["scores"]),
            helper.make_node("Softmax", ["scores"], ["probabilities"]),
        ],
        "digits",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ("batch", 2, 2))],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ("batch", 10))],
        [weights],
    )
    opset = helper.make_opsetid("", 13)
    made = helper.make_model(graph, opset_imports=[opset], ir_version=8)
    onnx.checker.check_model(made)
    return made.SerializeToString()


PICTURES = tuple(map(picture, ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")))
_RAW = tuple(pack(text) for text in TEXTS for pack in PACKERS)
SEEDS: dict[str, tuple[bytes, ...]] = {
    "raw": _RAW,
    "inspect": (*_RAW, npz_file()),
    "picture": PICTURES,
    "npz": (npz_file(),),
    "params": ((ROOT / "params.yaml").read_bytes(),),
    "model": (model(),),
    "predict": (*_RAW, *PICTURES, npz_file()),
}
