"""Checks of every reader: any bytes give a right result or one clear error.

test_fuzz gives these checks the inventions of Hypothesis and all files in tests/fuzz/corpus;
`python -m tests.fuzz` gives them the inventions of libFuzzer.
"""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np

from lenet.core import npz
from lenet.core.errors import InputError
from lenet.core.params import Params
from lenet.deploy.recogniser import Recogniser
from lenet.model.architecture import Network
from lenet.model.preprocess import Averaging, Preprocess
from lenet.pictures import characters, decode
from lenet.predict import output, predictor
from lenet.raw import formats
from lenet.raw.advice import as_text
from lenet.raw.inspection import inspect
from lenet.raw.layout import Layout
from lenet.training.augment import Augment
from lenet.training.recipe import Recipe

Result = TypeVar("Result")

LAYOUT = Layout(side=2, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)


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
    found = attempt(lambda path: formats.read(path, LAYOUT), path)
    if found is None:
        return
    data, low, high = found.data, found.statistics.low, found.statistics.high
    assert data.images.shape == (len(data.labels), 2, 2)
    assert data.images.min() == np.float32(low / 2) >= 0
    assert data.images.max() == np.float32(high / 2) <= 1
    assert set(data.labels.tolist()) <= set(range(10))
    again = path.with_suffix(".txt")
    formats.convert([path], again, LAYOUT)
    assert np.array_equal(formats.read(again, LAYOUT).data.images, data.images)


def check_inspect(path: Path) -> None:
    """A file is described and gets settings, or it is refused."""
    found = attempt(inspect, path)
    if found is None:
        return
    assert str(found).startswith(str(path))
    text = attempt(lambda _: as_text([found]), path)
    assert text is None or text.startswith(("for lenet convert", "No settings"))


def check_picture(path: Path) -> None:
    """Characters are found in a picture, or it is refused."""
    with warnings.catch_warnings():
        # Pillow may warn about a fault that it ignores.
        warnings.simplefilter("ignore")
        if not decode.is_picture(path):
            return
        found = attempt(characters.read, path)
        if found is None:
            return
        pages = [decode.coloured(path, number) for number in range(found[-1].page + 1)]
    for image in [one.framed(16) for one in found]:
        assert image.shape == (16, 16)
        assert image.dtype == np.float32
        assert 0 <= image.min() <= image.max() <= 1
    for one in found:
        top, left, bottom, right = one.box
        assert 0 <= left < right <= pages[one.page].width
        assert 0 <= top < bottom <= pages[one.page].height


def check_npz(path: Path) -> None:
    """An npz file holds images of ten classes, or it is refused."""
    found = attempt(lambda path: npz.load(path, 10), path)
    if found is None:
        return
    assert 0 <= found.images.min() <= found.images.max() <= 1
    assert set(found.labels.tolist()) <= set(range(10))


def check_params(path: Path) -> None:
    """Parameters are as they may be, or they are refused."""
    recipe = attempt(Recipe.load, path)
    assert recipe is None or 0 < recipe.lr <= 100
    models: tuple[type[Params], ...] = (Averaging, Layout, Network, Preprocess, Augment)
    for model in models:
        attempt(model.load, path)


def check_model(path: Path) -> None:
    """A model gives probabilities, or it is refused."""
    recogniser = attempt(Recogniser, path)
    if recogniser is None or recogniser.side > 64:
        return
    image = np.zeros((1, recogniser.side, recogniser.side), np.float32)
    found = attempt(lambda _: recogniser.probabilities(image), path)
    assert found is None or abs(found.sum() - 1) < 1e-2
    novelty = attempt(lambda _: recogniser.novelty(image), path)
    assert novelty is None or novelty.shape == (1,)


class _Even:
    """A network without knowledge, so that only the reading of files is fuzzed."""

    side, classes = 2, 10
    path = Path("even")
    metadata: Mapping[str, str] = {}

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
        found, errors = predictor.predict_all([path], _Even(), {"pixel_range": (0, 2)})  # type: ignore[arg-type]
    assert bool(found) != bool(errors)
    assert all(str(error).startswith(str(path)) for error in errors)
    for form in output.FORMATS.values():
        assert len(form(found).splitlines()) >= len(found)


TARGETS: dict[str, Callable[[Path], None]] = {
    "raw": check_raw,
    "inspect": check_inspect,
    "picture": check_picture,
    "npz": check_npz,
    "params": check_params,
    "model": check_model,
    "predict": check_predict,
}
