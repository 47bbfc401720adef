"""PReLU slopes that ONNX applies along another axis than their exporter meant."""

from collections.abc import Mapping

import onnx

from suite.models.graph import all_graphs, all_nodes, origin

# What keeps an image's axes, between a convolution and its activation.
_KEEPS_AXES = ("BatchNormalization", "InstanceNormalization", "Dropout", "Identity", "Add", "Sum")


def misplaced_slope(model: onnx.ModelProto) -> str | None:
    """The first PReLU after a convolution whose slopes are a vector, in words; None without one.

    ONNX aligns a vector of C slopes with the last axis, which is an image's width; mxnet's exporter
    wrote it for the channels. The network fails, or is another one where C is the width.
    """
    held = {tensor.name: tensor.dims for graph in all_graphs(model) for tensor in graph.initializer}
    made_by = {name: node for node in all_nodes(model) for name in node.output}
    for node in all_nodes(model):
        if node.op_type != "PRelu" or len(node.input) < 2:
            continue
        shape = list(held.get(node.input[1], ()))
        if len(shape) == 1 and shape[0] > 1 and _is_of_images(node.input[0], made_by):
            return (
                f"node {node.name or node.output[0]!r} is a PRelu with slopes of shape {shape}, "
                f"which ONNX takes along the width; give them the shape [{shape[0]}, 1, 1], which "
                "mxnet's exporter leaves out"
            )
    return None


def _is_of_images(name: str, made_by: Mapping[str, onnx.NodeProto]) -> bool:
    _, node = origin(name, made_by, _KEEPS_AXES)
    return node is not None and node.op_type == "Conv"
