import hashlib
import subprocess
import sys

import numpy as np
import pytest

from lenet.model._mxnet import mx
from lenet.model.network import LeNet
from lenet.training.replicas import Replicas
from tests.project import ROOT
from tests.settings import NETWORK

TRAIN = """
import hashlib
from tests.settings import WARP
from tests.training.small import real_digits, trained, weights
lenet, _ = trained(real_digits()[:640], replicas=2, warp=WARP)
print(hashlib.sha256(weights(lenet)).hexdigest())
"""
TANH = NETWORK.changed(activation="tanh")


def gradients(count: int, images: int) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    mx.random.seed(0)
    lenet = LeNet(TANH)
    lenet.initialize(mx.init.Xavier())
    generator = np.random.default_rng(images)
    data = mx.nd.array(generator.normal(size=(images, 1, 16, 16)))
    target = mx.nd.array(generator.integers(0, 10, images))
    scores, losses = Replicas(lenet, count, context=mx.cpu()).learn(data, target)
    found = [parameter.grad().asnumpy() for parameter in lenet.collect_params().values()]
    return found, scores.asnumpy(), losses.asnumpy()


# One image leaves the second replica without a part; seven images leave the last a smaller part.
@pytest.mark.parametrize("images", [1, 2, 7, 8])
@pytest.mark.parametrize("count", [2, 3])
def test_parts_add_up_to_the_gradient_of_the_whole(count: int, images: int) -> None:
    whole, scores, losses = gradients(1, images)
    parts, scores_of_parts, losses_of_parts = gradients(count, images)
    for expected, found in zip(whole, parts, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(scores_of_parts, scores, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(losses_of_parts, losses, rtol=1e-4)


def test_copies_follow_the_network() -> None:
    mx.random.seed(0)
    lenet = LeNet(TANH)
    lenet.initialize(mx.init.Xavier())
    replicas = Replicas(lenet, 2, context=mx.cpu())
    data, target = mx.nd.ones((4, 1, 16, 16)), mx.nd.array([3, 1, 3, 1])
    before, _ = replicas.learn(data, target)
    trainer = mx.gluon.Trainer(lenet.collect_params(), "sgd", {"learning_rate": 1.0}, kvstore=None)
    trainer.step(4)
    replicas.follow()
    after, _ = replicas.learn(data, target)
    # Both halves hold the same images; the copy computes the second half.
    assert (after[0] != before[0]).asnumpy().any()
    np.testing.assert_array_equal(after[:2].asnumpy(), after[2:].asnumpy())


@pytest.mark.slow
def test_the_bits_do_not_depend_on_the_cores() -> None:
    runs = [
        subprocess.run(
            ["taskset", "--cpu-list", cores, sys.executable, "-c", TRAIN],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for cores in ("0", "0-1", "0-1")
    ]
    assert len(runs[0].strip()) == hashlib.sha256().digest_size * 2
    assert len(set(runs)) == 1
