"""A page to draw on: the exported network in JavaScript, with what each layer makes of a drawing.

The page is one file that needs no other. It runs the nodes of the ONNX graph, so that every kind of
network works that the project can train. templates/network.js has a function for each operator.
"""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from lenet.core.errors import untrusted
from lenet.model.architecture import ACTIVATIONS, Layer, Network
from lenet.report.page import template

# The output that the page computes; it leaves out what only the others need.
_OUTPUT = "probabilities"
_TYPES = {onnx.TensorProto.FLOAT: "float32", onnx.TensorProto.DOUBLE: "float64"}


def render(path: Path) -> str:
    """Return the page for an exported network, HTML.

    Raises InputError where the file is no such network.
    """
    with untrusted(path, "not a network that a page can be made of"):
        model = onnx.load_model_from_string(path.read_bytes())
        metadata = {entry.key: entry.value for entry in model.metadata_props}
        parameters = json.loads(metadata["parameters"])
        classes = model.graph.output[0].type.tensor_type.shape.dim[1].dim_value
        side = model.graph.input[0].type.tensor_type.shape.dim[1].dim_value
        layers = Network(**parameters["network"]).layers(classes)
        nodes, tensors = _folded(model)
    shown, members = _shown(nodes)
    network = {
        "side": side,
        "classes": parameters["raw"]["class_names"] or list(range(classes)),
        "frame": parameters["frame"],
        "output": _OUTPUT,
        "nodes": [_node(node) for node in nodes],
        "tensors": {name: _stored(value) for name, value in tensors.items()},
        "layers": [
            {"name": "Input", "value": shown[0], "maps": 1, "about": "what the network sees"},
            *(
                {"name": each.name, "value": value, "maps": each.output[0], "about": _about(each)}
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
    )


def _folded(model: onnx.ModelProto) -> tuple[list[onnx.NodeProto], dict[str, NDArray]]:
    """Return the nodes that depend on the image, in order, and the other values that they need."""
    needed = {_OUTPUT}
    nodes: list[onnx.NodeProto] = []
    for node in reversed(model.graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
            nodes.insert(0, node)
    varying = {model.graph.input[0].name}
    for node in nodes:
        if varying.intersection(node.input):
            varying.update(node.output)
    live = [node for node in nodes if varying.intersection(node.input)]
    inputs = dict.fromkeys(name for node in live for name in node.input)
    constant = [name for name in inputs if name not in varying]
    graph = onnx.helper.make_graph(
        [node for node in nodes if not varying.intersection(node.input)],
        "constants",
        [],
        [onnx.helper.make_empty_tensor_value_info(name) for name in constant],
    )
    only = onnx.helper.make_model(graph, opset_imports=model.opset_import)
    values = ReferenceEvaluator(only).run(None, {})
    return live, dict(zip(constant, values, strict=True))


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
