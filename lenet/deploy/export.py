"""The network as ONNX, from images to probabilities, for runtimes that will outlive MXNet."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import spox.opset.ai.onnx.v17 as op
from numpy.typing import NDArray
from spox import Tensor, Var, argument, build, inline

from lenet.core.errors import InputError, untrusted
from lenet.core.files import whole_file
from lenet.core.npz import Dataset
from lenet.deploy.graph import Traced
from lenet.deploy.novelty import Novelty
from lenet.deploy.recogniser import INPUT, NOVELTY, OUTPUT, Recogniser
from lenet.model import network
from lenet.model._mxnet import mx
from lenet.model.network import PARAMS, SYMBOL
from lenet.model.prediction import probabilities
from lenet.model.preprocess import Preprocess, shifts
from lenet.pictures.frame import Frame
from lenet.training.config import Config

# The newest opset that mx.onnx knows.
_MXNET_OPSET = 13
# Runtimes of 2022 read this version of the file format.
_IR_VERSION = 8
# The largest allowed difference of a probability. MXNet and ONNX Runtime add in different orders.
AGREEMENT = 1e-5
# The most training images on which both are compared, evenly from the whole set.
_COMPARED = 1000


def to_onnx(models: Path, config: Config, examples: Dataset) -> onnx.ModelProto:
    """Return a saved network as ONNX, with all that `prediction.probabilities` adds to it.

    Args:
        models: the folder that `network.save` wrote to.
        config: the parameters that the network was trained by, some of which go into the metadata.
        examples: the training images. The exported network takes images of their side. The metadata
            keep the names of their classes, how they were read, and how characters stand in them.

    The input `images` is (batch, side, side) float32 in [0, 1], 0 = background; the outputs are
    `probabilities`, (batch, classes) float32, and `novelty`, (batch,) float32. The model's
    documentation describes all three.
    """
    novelty, frame = Novelty.learn(examples.images), Frame.of(examples.images)
    images = argument(Tensor(np.float32, ("batch", *novelty.kernel.shape)))
    positions, size = shifts(config.test_shift), config.network.image_size
    data = _network_input(images, config.preprocess, size, positions)
    (scores,) = inline(_bare_network(models, size))(data).values()
    # In float64 ONNX Runtime has one softmax and one mean for all processors.
    shares = op.softmax(op.cast(scores, to=np.float64), axis=1)
    votes = op.reshape(shares, _integers(-1, len(positions), config.classes))
    mean = op.reduce_mean(votes, axes=[1], keepdims=0)
    outputs = {OUTPUT: op.cast(mean, to=np.float32), NOVELTY: _distance(images, novelty)}
    model = build({INPUT: images}, outputs)
    model.ir_version = _IR_VERSION
    model.producer_name = "lenet-usps"
    model.doc_string = (
        f"LeNet-5, trained with Apache MXNet. {INPUT}: grey, row by row, from 0 = background to "
        f"1 = full ink; the character's longer side is {frame.size:.0%} of the square's, and its "
        f"{'centre of mass' if frame.by_mass else 'box'} is in the middle. "
        f"{OUTPUT}: add up to 1. {NOVELTY}: distance to the nearest of {len(novelty.images)} "
        "training images; one in fifty others of them has more than 1."
    )
    settings = config.model_dump(include={"raw", "network", "preprocess", "test_shift"})
    settings["raw"]["class_names"] = examples.class_names
    settings |= {"reading": examples.reading, "frame": asdict(frame)}
    onnx.helper.set_model_props(model, {"parameters": json.dumps(settings, sort_keys=True)})
    return model


def export(models: Path, target: Path, examples: Dataset, config: Config) -> None:
    """Write a saved network to `target` as ONNX if it agrees with MXNet on training images.

    Args:
        models: the folder that `network.save` wrote to.
        target: the ONNX file.
        examples: the training images.
        config: see `to_onnx`.

    Raises InputError if ONNX Runtime and MXNet disagree; an earlier file at `target` then stays.
    """
    content = to_onnx(models, config, examples).SerializeToString(deterministic=True)
    images = examples.images[:: -(-len(examples) // _COMPARED)]
    members = network.load(models, config.network, config.classes, config.members)
    trained = probabilities(
        network.together(members),
        images,
        config.preprocess,
        size=config.network.image_size,
        test_shift=config.test_shift,
        context=mx.cpu(),
    )
    exported = Recogniser(target, content).probabilities(images)
    difference = float(np.abs(trained - exported).max())
    labels = int((trained.argmax(axis=1) != exported.argmax(axis=1)).sum())
    if labels or not difference <= AGREEMENT:
        raise InputError(
            target,
            f"not written. ONNX Runtime disagrees with MXNet: of {len(images)} training images "
            f"{labels} get another class, and probabilities differ by up to {difference:.1e}",
            f"the same classes, and at most {AGREEMENT:g}",
            "`dvc repro --force export` tries again; if that does not help, a package is at fault.",
        )
    with whole_file(target) as file:
        file.write(content)


def _bare_network(models: Path, image_size: int) -> onnx.ModelProto:
    """Return the network alone: (n, 1, image_size, image_size) to scores (n, classes)."""
    shape = (1, 1, image_size, image_size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "network.onnx")
        advice = "`dvc checkout` or `dvc repro train` brings it back."
        with untrusted(models, "not a model that MXNet can export", advice):
            mx.onnx.export_model(
                str(models / SYMBOL),
                str(models / PARAMS),
                [shape],
                np.float32,
                str(path),
                dynamic=True,
                dynamic_input_shapes=[("views", *shape[1:])],
            )
        model = onnx.load(path)
    # MXNet labels the operators with the newest opset that onnx knows.
    model.opset_import[0].version = min(_MXNET_OPSET, model.opset_import[0].version)
    # MXNet lists the weights among the inputs, where runtimes would treat them as variable.
    (data,) = (value for value in model.graph.input if value.name == "data")
    del model.graph.input[:]
    model.graph.input.append(data)
    return model


def _network_input(
    images: Var, preprocess: Preprocess, size: int, positions: NDArray[np.float32]
) -> Var:
    """Return what `prediction.network_input` gives for shifted copies, image by image.

    `images` is (batch, side, side); `positions` is (copies, 2), the shifts of the copies.
    Returns (batch * copies, 1, size, size) float32.
    """
    (_, side, _), count = Traced(images).shape, len(positions)
    # No copy is rotated, so x depends on the column alone, and y on the row. Each axis is
    # (batch, copies, size) until both are expanded to the whole grid.
    lattice = (1 + preprocess.margin) * np.linspace(-1, 1, size)
    axes = []
    for axis, (scale, offset) in enumerate(preprocess.axes(Traced(images))):
        points = positions[:, axis].astype(np.float64)[:, None] + lattice
        line = _unsqueezed(scale, 1, 2) * points + _unsqueezed(offset, 1, 2)
        line = _unsqueezed(line.astype(np.float32), 2 + axis)
        whole = op.expand(line.var, _integers(1, count, size, size))
        axes.append(op.unsqueeze(whole, _integers(4)))
    # Rows are axis 2, along which the line of x was repeated.
    grid = op.reshape(op.concat(axes, axis=4), _integers(-1, size, size, 2))
    copies = op.expand(op.unsqueeze(images, _integers(1)), _integers(1, count, side, side))
    copies = op.reshape(copies, _integers(-1, 1, side, side))
    ink = op.grid_sample(copies, grid, align_corners=1, mode="bilinear", padding_mode="zeros")
    background, full = preprocess.input_range
    return (Traced(ink) * (full - background) + background).var


def _distance(images: Var, novelty: Novelty) -> Var:
    """Return the distance of each image to the nearest image that `novelty` keeps, in its units."""
    kernel, pixels = novelty.kernel, novelty.kernel.size
    rows = op.matmul(op.constant(value=kernel), images)
    blurred = op.matmul(rows, op.constant(value=kernel.T.copy()))
    flat = Traced(op.reshape(blurred, _integers(-1, pixels)))
    levels = op.constant(value=novelty.images.reshape(-1, pixels))
    others = Traced(op.cast(levels, to=np.float32)) / 255

    def squares(rows: Traced, keep: int) -> Traced:
        return Traced(op.reduce_sum((rows * rows).var, _integers(1), keepdims=keep))

    products = Traced(op.matmul(flat.var, op.transpose(others.var, perm=[1, 0])))
    squared = squares(flat, 1) + squares(others, 0) - 2 * products
    nearest: Any = Traced(op.reduce_min(squared.var, axes=[1], keepdims=0))
    return (np.sqrt(np.maximum(nearest, 0)) / novelty.unit).var


def _unsqueezed(array: Traced, *axes: int) -> Traced:
    return Traced(op.unsqueeze(array.var, _integers(*axes)))


def _integers(*values: int) -> Var:
    return op.constant(value=np.array(values, np.int64))
