import hashlib
import subprocess
import sys

import numpy as np
import pytest

from lenet.model._mxnet import mx
from lenet.model.architecture import Network
from lenet.model.network import LeNet
from lenet.training.replicas import Replicas
from studies.plateau import NormalisedLeNet
from tests.project import ROOT
from tests.settings import NETWORK

TRAIN = """
import hashlib
from tests.settings import AUGMENT
from tests.training.small import real_digits, trained, weights
lenet, _ = trained(real_digits()[:640], replicas=2, augment=AUGMENT)
print(hashlib.sha256(weights(lenet)).hexdigest())
"""
TANH = NETWORK.changed(activation="tanh")


def initialised(network: Network = TANH, kind: type[LeNet] = LeNet) -> LeNet:
    mx.random.seed(0)
    lenet = kind(network)
    lenet.initialize(mx.init.Xavier())
    return lenet


def learned(count: int, images: int) -> tuple[np.ndarray, float, float]:
    """Return gradients, summed loss and recognised images of a batch in `count` parts."""
    generator = np.random.default_rng(images)
    data = mx.nd.array(generator.normal(size=(images, 1, 16, 16)))
    labels = mx.nd.array(generator.integers(0, 10, images))
    replicas = Replicas(initialised(), count, context=mx.cpu())
    losses, correct = zip(*replicas.learn(data, labels), strict=True)
    sums = (sum(part.asscalar() for part in each) for each in (losses, correct))
    return replicas.gradients.asnumpy(), *sums


# One image leaves the second replica without a part; seven images leave the last a smaller part.
@pytest.mark.parametrize("images", [1, 2, 7, 8])
@pytest.mark.parametrize("count", [2, 3])
def test_parts_add_up_to_the_whole(count: int, images: int) -> None:
    whole, loss, correct = learned(1, images)
    parts, loss_of_parts, correct_of_parts = learned(count, images)
    np.testing.assert_allclose(parts, whole, rtol=1e-4, atol=1e-6)
    assert loss_of_parts == pytest.approx(loss, rel=1e-4)
    assert correct_of_parts == correct


@pytest.mark.parametrize(
    ("network", "kind"),
    [
        (TANH, LeNet),
        (NETWORK.changed(c3="partial"), LeNet),
        (NETWORK.changed(pooling="subsample", c3="partial", activation="scaled_tanh"), LeNet),
        (NETWORK, NormalisedLeNet),
    ],
)
def test_loss_gradients_and_recognised_images_are_the_networks(
    network: Network, kind: type[LeNet]
) -> None:
    lenet = initialised(network, kind)
    data = mx.nd.random.normal(shape=(40, 1, 16, 16))
    labels = mx.nd.array(np.arange(40) % 10)
    with mx.autograd.record():
        scores = lenet(data)
        loss = -mx.nd.pick(mx.nd.log_softmax(scores), labels).sum()
    loss.backward()
    replicas = Replicas(lenet, 1, context=mx.cpu())
    ((found, correct),) = replicas.learn(data, labels)
    assert found.asscalar() == pytest.approx(loss.asscalar(), rel=1e-5)
    assert correct.asscalar() == (scores.argmax(axis=1) == labels).sum().asscalar() > 0
    learned = [p for p in lenet.collect_params().values() if p.grad_req != "null"]
    expected = np.concatenate([p.grad().asnumpy().ravel() for p in learned])
    np.testing.assert_allclose(replicas.gradients.asnumpy(), expected, rtol=1e-3, atol=2e-4)
    # A step of both.
    replicas.weights[:] -= replicas.gradients
    stepped = np.concatenate([(p.data() - p.grad()).asnumpy().ravel() for p in learned])
    replicas.write_back()
    found = np.concatenate([p.data().asnumpy().ravel() for p in learned])
    np.testing.assert_allclose(found, stepped, rtol=1e-3, atol=2e-4)


def test_the_running_statistics_of_a_batch_normalisation_come_back() -> None:
    lenet = initialised(NETWORK, NormalisedLeNet)
    kept = [p for name, p in lenet.collect_params().items() if "running" in name]
    before = [p.data().asnumpy() for p in kept]
    replicas = Replicas(lenet, 1, context=mx.cpu())
    replicas.learn(mx.nd.random.normal(shape=(40, 1, 16, 16)), mx.nd.zeros(40))
    replicas.write_back()
    assert len(kept) == 8
    same = [
        p.name for p, old in zip(kept, before, strict=True) if (p.data().asnumpy() == old).all()
    ]
    assert same == []


def test_copies_and_network_follow_the_first_copy() -> None:
    lenet = initialised()
    before = lenet.layers[0].weight.data().copy()
    replicas = Replicas(lenet, 2, context=mx.cpu())
    data, labels = mx.nd.ones((4, 1, 16, 16)), mx.nd.array([3, 1, 3, 1])
    replicas.learn(data, labels)
    replicas.weights[:] -= 0.1 * replicas.gradients
    assert (lenet.layers[0].weight.data() == before).asnumpy().all()
    replicas.follow()
    replicas.write_back()
    assert (lenet.layers[0].weight.data() != before).asnumpy().any()
    # Both halves hold the same images; the copy computes the second half.
    (first, _), (second, _) = replicas.learn(data, labels)
    assert first.asscalar() == second.asscalar()
    scores = lenet(data[:2])
    expected = -mx.nd.pick(mx.nd.log_softmax(scores), labels[:2]).sum()
    assert first.asscalar() == pytest.approx(expected.asscalar(), rel=1e-5)


def test_recognition_while_the_copies_learn_leaves_their_weights() -> None:
    lenet = initialised()
    replicas = Replicas(lenet, 1, context=mx.cpu())
    data, labels = mx.nd.random.normal(shape=(40, 1, 16, 16)), mx.nd.array(np.arange(40) % 10)
    before = replicas.weights.copy()
    replicas.write_back()
    # MXNet may change the layout of weights then.
    lenet.hybridize()
    lenet(data).wait_to_read()
    ((first, _),) = replicas.learn(data, labels)
    assert (replicas.weights == before).asnumpy().all()
    expected = -mx.nd.pick(mx.nd.log_softmax(lenet(data)), labels).sum()
    assert first.asscalar() == pytest.approx(expected.asscalar(), rel=1e-5)


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
