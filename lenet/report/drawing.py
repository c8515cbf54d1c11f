"""A page to draw on: the exported network in JavaScript, with what each layer makes of a drawing.

The page is one file that needs no other. It runs the nodes of the ONNX graph, so that every kind of
network works that the project can train. templates/network.js has a function for each operator.
"""

import base64
import json
import shlex
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from lenet.core.errors import untrusted
from lenet.deploy.recogniser import CONFIDENT, NOVELTY, OUTPUT
from lenet.model.architecture import ACTIVATIONS, Layer, Network
from lenet.pictures.frame import EDGE, WIDEST, Frame
from lenet.raw.layout import Layout, options
from lenet.report.page import packed, template

_TYPES = {onnx.TensorProto.FLOAT: "float32", onnx.TensorProto.DOUBLE: "float64"}


def render(path: Path, train_file: str) -> str:
    """Return the page for an exported network, HTML.

    Args:
        path: the network, an ONNX file.
        train_file: the raw file that the network learnt from, as a path for commands.

    Raises InputError where the file is no such network.
    """
    with untrusted(path, "not a network that a page can be made of"):
        model = onnx.load_model_from_string(path.read_bytes())
        metadata = {entry.key: entry.value for entry in model.metadata_props}
        parameters = json.loads(metadata["parameters"])
        classes = model.graph.output[0].type.tensor_type.shape.dim[1].dim_value
        side = model.graph.input[0].type.tensor_type.shape.dim[1].dim_value
        kind = Network(**parameters["network"])
        layers = kind.layers(classes)
        nodes = [node for node in model.graph.node if node.op_type != "Constant"]
        constants = {
            node.output[0]: onnx.numpy_helper.to_array(node.attribute[0].t)
            for node in model.graph.node
            if node.op_type == "Constant"
        }
    shown, members = _shown(nodes)
    layout = Layout.check(parameters["raw"] | {"side": side, "classes": classes}).model_dump()
    images = {name: value for name, value in constants.items() if value.dtype == np.uint8}
    numbers = {name: value for name, value in constants.items() if name not in images}
    network = {
        "side": side,
        "classes": layout["class_names"] or list(range(classes)),
        "layout": layout,
        "frame": asdict(Frame(**parameters["frame"])),
        "edge": EDGE,
        "confident": CONFIDENT,
        "widest": WIDEST,
        "output": OUTPUT,
        "novelty": NOVELTY,
        "nodes": [_node(node) for node in nodes],
        "tensors": {name: _stored(value) for name, value in numbers.items()},
        "pictures": {
            name: {"dims": value.shape, "data": packed(value)} for name, value in images.items()
        },
        "layers": [
            {
                "name": "Input",
                "value": shown[0],
                "shape": [1, kind.image_size, kind.image_size],
                "range": parameters["preprocess"]["input_range"],
                "about": "what the network sees",
            },
            *(
                {"name": each.name, "value": value, "shape": each.output, "about": _about(each)}
                for each, value in zip(layers, shown[1:], strict=True)
            ),
        ],
    }
    return template("draw.html.jinja", autoescape=True).render(
        network=network,
        test_shift=parameters["test_shift"],
        parameters=sum(layer.parameters for layer in layers),
        members=members,
        activations={each.onnx: each.javascript for each in ACTIVATIONS.values()},
        train_file=shlex.quote(train_file),
        options=options(layout),
    )


def _shown(nodes: Iterable[onnx.NodeProto]) -> tuple[list[str], int]:
    """Return the values to show, of the input and of C1 to O7, and the number of networks.

    A layer is shown as the next layer sees it, after its activation; of a committee, the first
    network.
    """
    by_operator: dict[str, list[onnx.NodeProto]] = {}
    for node in nodes:
        by_operator.setdefault(node.op_type, []).append(node)
    convolutions, flat, dense = (by_operator[name] for name in ("Conv", "Flatten", "Gemm"))
    pools = by_operator.get("MaxPool") or by_operator["AveragePool"]
    shown = [convolutions[0].input[0], pools[0].input[0], convolutions[1].input[0]]
    shown += [pools[1].input[0], *(node.input[0] for node in flat[:3]), dense[2].output[0]]
    return shown, len(convolutions) // 2


def _node(node: onnx.NodeProto) -> dict[str, Any]:
    attributes = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
    kept = {name: attributes[name] for name in ("axis", "axes", "keepdims") if name in attributes}
    if node.op_type == "Cast":
        kept["to"] = _TYPES[attributes["to"]]
    return {
        "operator": node.op_type,
        "inputs": list(node.input),
        "output": node.output[0],
        "attributes": kept,
    }


def _stored(value: NDArray) -> dict[str, Any]:
    # JavaScript has no array of int64.
    stored = value.astype(np.float64) if value.dtype == np.int64 else value
    data = base64.b64encode(stored.tobytes()).decode()
    return {"type": value.dtype.name, "dims": value.shape, "data": data}


def _about(layer: Layer) -> str:
    size = " x ".join(map(str, layer.output[1:]))
    what = f"{layer.output[0]} maps of {size}" if size else f"{layer.output[0]} units"
    kernel = f", kernel {layer.kernel} x {layer.kernel}" if layer.kernel else ""
    return f"{what}{kernel}, {layer.parameters:,} parameters"
