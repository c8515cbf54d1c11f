"""Every reader of files: small right files to begin with, and what holds for any bytes.

Any bytes give a right result or one clear error. test_fuzz gives the checks the inventions of
Hypothesis and all files in tests/fuzz/corpus; `python -m tests.fuzz` those of libFuzzer.
"""

import bz2
import gzip
import io
import json
import lzma
import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
import onnx
import onnx.parser
import scipy.io
from PIL import Image

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.deploy.recogniser import Recogniser
from lenet.pictures import characters, decode
from lenet.pictures.frame import Frame
from lenet.predict import output, predictor
from lenet.raw import formats
from lenet.raw.inspection import advice, inspect
from lenet.raw.layout import Layout
from lenet.training.config import Config
from tests.project import ROOT

Result = TypeVar("Result")

LAYOUT = Layout.of(side=2, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)
TEXTS = (
    b"10 4\n6 0 0.5 1 2\n3 2 0 0 1.25\n-1\n",
    b"6 0 0.5\n1 2\n3 2 0 0 1.25",
    b"6 1:0 2:0.5 3:1 4:2   \r\n3 2:1 # a comment\r\n",
    b"# mine\n0;1;2;3;4\n6;0,5;0;1;2\n3;0;0;0;1\n",
    b'label,"p0",p1,p2,p3\n6,0,0,1,2\n3,0,0,0,1\n',
)
IDX = b"\0\0\x08\3\0\0\0\2\0\0\0\2\0\0\0\2\0\1\2\0\0\0\2\1"
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


def matlab_file() -> bytes:
    """Return ten digits of 2 x 2 pixels as MATLAB's usps_all.mat has them."""
    file = io.BytesIO()
    scipy.io.savemat(file, {"data": np.arange(40, dtype=np.uint8).reshape(4, 1, 10) % 3})
    return file.getvalue()


def model() -> bytes:
    """Return a model of one layer, for images of side 2."""
    made = onnx.parser.parse_model("""
        <ir_version: 8, opset_import: ["": 13]>
        digits (float[batch, 2, 2] images) => (float[batch, 2] probabilities, float[batch] novelty)
        <float[4, 2] weights = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8}>
        {
            flat = Flatten (images)
            scores = MatMul (flat, weights)
            probabilities = Softmax (scores)
            novelty = ReduceMax <axes = [1], keepdims = 0> (flat)
        }
    """)
    parameters = {"raw": LAYOUT.model_dump(), "reading": {}, "frame": {}}
    onnx.helper.set_model_props(made, {"parameters": json.dumps(parameters)})
    onnx.checker.check_model(made)
    return made.SerializeToString()


PICTURES = tuple(map(picture, ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")))
_RAW = (*(pack(text) for text in TEXTS for pack in PACKERS), IDX, matlab_file())
SEEDS: dict[str, tuple[bytes, ...]] = {
    "raw": _RAW,
    "inspect": (*_RAW, npz_file()),
    "picture": PICTURES,
    "npz": (npz_file(),),
    "params": ((ROOT / "params.yaml").read_bytes(),),
    "model": (model(),),
    "predict": (*_RAW, *PICTURES, npz_file()),
}


def attempt(read: Callable[[Path], Result], path: Path) -> Result | None:
    """Return what is read, or None where the file is refused with an error that names it."""
    try:
        return read(path)
    except InputError as error:
        message = str(error)
    assert message.startswith(str(path)), message
    return None


def check_raw(path: Path) -> None:
    """A raw file is read right, and reads the same after a conversion, or it is refused."""
    reading = attempt(lambda path: formats.read(path, LAYOUT), path)
    if reading is None:
        return
    data, low, high = reading.data, reading.statistics.low, reading.statistics.high
    assert data.images.shape == (len(data.labels), 2, 2)
    assert data.images.min() == np.float32(low / 2) >= 0
    assert data.images.max() == np.float32(high / 2) <= 1
    assert set(data.labels.tolist()) <= set(range(10))
    again = path.with_suffix(".txt")
    formats.convert([path], again, LAYOUT)
    assert np.array_equal(formats.read(again, LAYOUT).data.images, data.images)


def check_inspect(path: Path) -> None:
    """A file is described and gets settings, or the file or its settings are refused."""
    try:
        inspected = inspect(path)
        text = advice([inspected])
    except InputError:
        return
    assert str(inspected).startswith(str(path))
    assert text.startswith(("lenet split", "# If", "No settings"))


def check_picture(path: Path) -> None:
    """Characters are found in a picture, or it is refused."""
    with warnings.catch_warnings():
        # Pillow may warn about a fault that it ignores.
        warnings.simplefilter("ignore")
        if not decode.is_picture(path):
            return
        several = attempt(characters.read, path)
        if several is None:
            return
        pages = [decode.coloured(path, number) for number in range(several[-1].page + 1)]
    for image in [one.framed(16) for one in several]:
        assert image.shape == (16, 16)
        assert image.dtype == np.float32
        assert 0 <= image.min() <= image.max() <= 1
    for one in several:
        top, left, bottom, right = one.box
        assert 0 <= left < right <= pages[one.page].width
        assert 0 <= top < bottom <= pages[one.page].height


def check_npz(path: Path) -> None:
    """An npz file holds images of ten classes, or it is refused."""
    data = attempt(lambda path: npz.load(path, 10), path)
    if data is not None:
        assert 0 <= data.images.min() <= data.images.max() <= 1
        assert set(data.labels.tolist()) <= set(range(10))


def check_params(path: Path) -> None:
    """Parameters are as they may be, or they are refused."""
    config = attempt(Config.load, path)
    assert config is None or 0 < config.lr <= 100
    attempt(Layout.load, path)


def check_model(path: Path) -> None:
    """A model answers, or it is refused."""
    recogniser = attempt(Recogniser, path)
    if recogniser is None or recogniser.side > 64:
        return
    image = np.zeros((1, recogniser.side, recogniser.side), np.float32)
    attempt(lambda _: recogniser.probabilities(image), path)
    attempt(lambda _: recogniser.novelty(image), path)


class _Even:
    """A network without knowledge, so that only the reading of files is fuzzed."""

    side, classes = 2, 10
    path = Path("even")
    class_names = ()
    frame = Frame()
    parameters: Mapping[str, object] = {"raw": LAYOUT.model_dump(), "reading": {}}

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        assert images.shape[1:] == (2, 2)
        assert images.dtype == np.float32
        return np.full((len(images), 10), 0.1, np.float32)

    def novelty(self, images: np.ndarray) -> np.ndarray:
        return np.ones(len(images), np.float32)


def check_predict(path: Path) -> None:
    """`predict` answers for a file in every format, or refuses it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answers = attempt(lambda path: predictor.predict(path, _Even(), {}), path)  # type: ignore[arg-type]
    if answers is not None:
        for form in output.FORMATS.values():
            assert len(form(answers).splitlines()) >= len(answers) > 0


TARGETS: dict[str, Callable[[Path], None]] = {
    "raw": check_raw,
    "inspect": check_inspect,
    "picture": check_picture,
    "npz": check_npz,
    "params": check_params,
    "model": check_model,
    "predict": check_predict,
}
