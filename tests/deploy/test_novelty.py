from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.distance import cdist
from sklearn.datasets import load_digits

from lenet.core.npz import Dataset
from lenet.deploy import export
from lenet.deploy.novelty import Novelty
from lenet.deploy.recogniser import Recogniser
from tests.deploy.untrained import TANH, save_untrained

DIGITS = (load_digits().images / 16).astype(np.float32)


def blurred(images: np.ndarray) -> np.ndarray:
    """Return images, blurred along both axes by a share of the side, flat."""
    deviation = 0.0375 * images.shape[1]
    for axis in (1, 2):
        images = gaussian_filter1d(images.astype(np.float64), deviation, axis=axis, mode="constant")
    return images.reshape(len(images), -1)


def distances(images: np.ndarray, novelty: Novelty) -> np.ndarray:
    kept = novelty.images.reshape(len(novelty.images), -1) / 255
    return cdist(blurred(images), kept).min(axis=1) / novelty.unit


def test_kept_images_are_training_images_blurred() -> None:
    novelty = Novelty.learn(DIGITS)
    assert novelty.images.dtype == np.uint8
    differences = cdist(novelty.images.reshape(len(novelty.images), -1) / 255, blurred(DIGITS))
    # Rounding to 255 levels moves each of 64 pixels by at most half a level.
    assert differences.min(axis=1).max() <= 0.5 / 255 * 8


def test_one_in_fifty_of_the_other_images_is_unusual() -> None:
    generator = np.random.default_rng(0)
    images = np.concatenate([DIGITS, DIGITS[:, ::-1], DIGITS[:, :, ::-1]])
    images = np.clip(images + generator.normal(0, 0.05, images.shape), 0, 1).astype(np.float32)
    novelty = Novelty.learn(images)
    assert len(novelty.images) == 2000
    far = distances(images, novelty)
    kept = far < 0.1
    assert kept.sum() == 2000
    assert abs((far[~kept] > 1).mean() - 0.02) < 0.002


def test_half_of_a_small_training_set_says_what_is_unusual() -> None:
    order = np.random.default_rng(1).permutation(len(DIGITS))
    known, new = np.split(DIGITS[order], [600])
    novelty = Novelty.learn(known)
    assert len(novelty.images) == 300
    assert (distances(known, novelty) > 1).sum() == 6
    assert (distances(new, novelty) > 1).mean() < 0.06


def test_images_unlike_all_others_are_unusual() -> None:
    novelty = Novelty.learn(DIGITS)
    noise = np.random.default_rng(0).random((50, 8, 8), dtype=np.float32)
    for unlike in (noise, 1 - DIGITS[:50]):
        assert (distances(unlike, novelty) > 1).all()


def test_the_exported_network_computes_the_same_distance(tmp_path: Path) -> None:
    images = np.kron(DIGITS[:600], np.ones((2, 2), np.float32))
    novelty = Novelty.learn(images[:300])
    save_untrained(tmp_path)
    examples = Dataset(images[:300], np.zeros(300, np.int64))
    model = export.to_onnx(tmp_path, TANH, examples)
    answers = Recogniser(tmp_path / "m", model.SerializeToString()).novelty(images)
    np.testing.assert_allclose(answers, distances(images, novelty), atol=2e-3)
    assert answers[:300].min() < 0.02 < answers[300:].min()


def test_few_images_and_equal_images_have_a_novelty() -> None:
    same = np.repeat(DIGITS[:1], 5, axis=0)
    for images in (DIGITS[:2], same):
        novelty = Novelty.learn(images)
        assert novelty.unit > 0
        assert len(novelty.images) == len(images) - len(images) // 2
