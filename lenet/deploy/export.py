"""The network as ONNX, for runtimes that will outlive MXNet: from raw images to probabilities."""

import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import spox.opset.ai.onnx.v17 as op
from spox import Tensor, Var, argument, build, inline

from lenet.core.errors import InputError
from lenet.core.files import whole_file
from lenet.core.npz import CLASSES
from lenet.model._mxnet import mx
from lenet.model.prediction import views
from lenet.model.view import PROPORTION, THINNEST

# Of mx.onnx, the newest set of operators that it knows.
_MXNET_OPSET = 13
INPUT, OUTPUT = "images", "probabilities"


def to_onnx(
    symbol_path: Path,
    params_path: Path,
    *,
    image_side: int,
    image_size: int,
    margin: float,
    centering: float,
    proportion: float,
    input_range: tuple[float, float],
    test_shift: float,
) -> onnx.ModelProto:
    """Return a saved network as ONNX, with all that `prediction.probabilities` does around it.

    Args:
        symbol_path, params_path: what `network.save` wrote.
        image_side: side of the images it is to take.
        image_size, margin, centering, proportion, input_range: see `augmentation.network_input`.
        test_shift: see `prediction.probabilities`.

    Its input `images` is (batch, image_side, image_side) float32 in [0, 1], 0 = background; its
    output `probabilities` (batch, 10) float32. The metadata says so too.
    """
    images = argument(Tensor(np.float32, ("batch", image_side, image_side)))
    data = _network_input(
        images,
        image_side=image_side,
        image_size=image_size,
        margin=margin,
        centering=centering,
        proportion=proportion,
        input_range=input_range,
        shifts=views(test_shift),
    )
    (scores,) = inline(_bare_network(symbol_path, params_path, image_size))(data).values()
    votes = op.reshape(op.softmax(scores, axis=1), _integers(-1, len(views(test_shift)), CLASSES))
    model = build({INPUT: images}, {OUTPUT: op.reduce_mean(votes, axes=[1], keepdims=0)})
    # As told as a runtime of 2022 can read it.
    model.ir_version = 8
    model.producer_name = "lenet-usps"
    model.doc_string = "LeNet-5 for handwritten digits, trained with Apache MXNet"
    settings = {
        "image_side": image_side,
        "image_size": image_size,
        "margin": margin,
        "centering": centering,
        "proportion": proportion,
        "input_range": list(input_range),
        "test_shift": test_shift,
    }
    metadata = {
        "input": f"{INPUT}: float32 (batch, {image_side}, {image_side}), grey, row by row, from "
        "0 = background to 1 = full ink; the digit fills the square in height or in width",
        "output": f"{OUTPUT}: float32 (batch, 10), of the digits 0 to 9, adding up to 1",
        "preprocessing": "part of the graph: centring and proportions by the moments of the ink, "
        "margin, bilinear enlargement, range, and the mean over shifted views",
        "parameters": json.dumps(settings, sort_keys=True),
    }
    onnx.helper.set_model_props(model, metadata)
    onnx.checker.check_model(model, full_check=True)
    return model


def save(model: onnx.ModelProto, path: Path) -> None:
    """Write `model`, whole or not at all; the same model gives the same bytes."""
    with whole_file(path) as file:
        file.write(model.SerializeToString(deterministic=True))


def _bare_network(symbol_path: Path, params_path: Path, image_size: int) -> onnx.ModelProto:
    """Return the network by itself: (n, 1, image_size, image_size) to scores (n, 10)."""
    shape = (1, 1, image_size, image_size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "network.onnx")
        try:
            mx.onnx.export_model(
                str(symbol_path),
                str(params_path),
                [shape],
                np.float32,
                str(path),
                dynamic=True,
                dynamic_input_shapes=[("views", *shape[1:])],
            )
        except (mx.MXNetError, ValueError, AttributeError, OSError) as error:
            raise InputError(
                f"{symbol_path}, {params_path}: not a model that MXNet can export ({error}); "
                "`dvc checkout` or `dvc repro train` brings it back."
            ) from error
        model = onnx.load(path)
    # MXNet writes the newest operators it knows, and labels them with the newest that onnx knows.
    model.opset_import[0].version = min(_MXNET_OPSET, model.opset_import[0].version)
    # MXNet lists the weights among the inputs too, and runtimes would take them for changeable.
    (data,) = (value for value in model.graph.input if value.name == "data")
    del model.graph.input[:]
    model.graph.input.append(data)
    return model


def _network_input(
    images: Var,
    *,
    image_side: int,
    image_size: int,
    margin: float,
    centering: float,
    proportion: float,
    input_range: tuple[float, float],
    shifts: np.ndarray,
) -> Var:
    """Return the batch of `augmentation.network_input`: all views of an image, then the next's.

    `images` (batch, side, side) to (batch * views, 1, image_size, image_size); the moments in
    float64, as there.
    """
    positions = np.linspace(-1, 1, image_side)
    exact = op.cast(images, to=np.float64)
    means, deviations, inks = [], [], []
    # Ink by column, then by row.
    for axis in (1, 2):
        profile = op.reduce_sum(exact, _integers(axis), keepdims=0)
        ink = op.max([op.reduce_sum(profile, _integers(1), keepdims=0), _number(1e-9)])
        mean = op.div(op.matmul(profile, op.constant(value=positions)), ink)
        square = op.div(op.matmul(profile, op.constant(value=positions**2)), ink)
        variance = op.max([op.sub(square, op.mul(mean, mean)), _number(THINNEST**2)])
        means.append(mean)
        deviations.append(op.sqrt(variance))
        inks.append(ink)
    ratio = op.div(op.div(deviations[0], deviations[1]), _number(PROPORTION))
    ratio = op.where(op.greater(inks[0], _number(1e-9)), ratio, _number(1))
    stretch = op.pow(ratio, _number(proportion / 2))

    # No map here turns anything: columns and rows of the sampling grid are each by themselves.
    lattice = (1 + margin) * np.linspace(-1, 1, image_size)
    lines = []
    for axis, factor in enumerate((stretch, op.div(_number(1), stretch))):
        # (views, image_size) in the view, then (batch, views, image_size) in the image.
        points = op.constant(value=shifts[:, axis].astype(np.float64)[:, None] + lattice)
        scaled = op.mul(op.unsqueeze(factor, _integers(1, 2)), points)
        centre = op.unsqueeze(op.mul(means[axis], _number(centering)), _integers(1, 2))
        lines.append(op.cast(op.add(scaled, centre), to=np.float32))
    square = _integers(1, len(shifts), image_size, image_size)
    grid = op.concat(
        [
            op.unsqueeze(op.expand(op.unsqueeze(line, _integers(axis)), square), _integers(4))
            for line, axis in zip(lines, (2, 3), strict=True)
        ],
        axis=4,
    )
    grid = op.reshape(grid, _integers(-1, image_size, image_size, 2))
    copies = op.expand(
        op.unsqueeze(images, _integers(1)), _integers(1, len(shifts), image_side, image_side)
    )
    copies = op.reshape(copies, _integers(-1, 1, image_side, image_side))
    view = op.grid_sample(copies, grid, align_corners=1, mode="bilinear", padding_mode="zeros")
    background, ink = (op.constant(value=np.array(value, np.float32)) for value in input_range)
    return op.add(op.mul(view, op.sub(ink, background)), background)


def _number(value: float) -> Var:
    return op.constant(value=np.array(value, np.float64))


def _integers(*values: int) -> Var:
    return op.constant(value=np.array(values, np.int64))
