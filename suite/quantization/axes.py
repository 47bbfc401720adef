"""Whether the scales of weights lie along the axis of a layer's outputs."""

from collections.abc import Iterator
from pathlib import Path

import onnx
from onnx import helper, inliner

from suite.models.graph import all_graphs, all_nodes
from suite.models.onnx_file import load_graph


def misplaced_axes(path: Path) -> tuple[str, ...]:
    """The layers whose weights have a scale for each of something else than the layer's outputs.

    Integer kernels take a scale per output channel; onnxruntime fuses a Conv whose scales lie along
    another axis all the same, so that its own figures may hide what another runtime computes.

    Parameters
    ----------
    path : a network in QDQ form; others have no axis to say

    Returns
    -------
    for each layer its name and both axes, in words, in the order of the graph
    """
    model = load_graph(path)
    if model.functions:
        model = inliner.inline_local_functions(model)
    nodes = list(all_nodes(model))
    made_by = {name: node for node in nodes for name in node.output}
    shapes = {t.name: tuple(t.dims) for graph in all_graphs(model) for t in graph.initializer}
    return tuple(_misplaced(nodes, made_by, shapes))


def _misplaced(
    nodes: list[onnx.NodeProto],
    made_by: dict[str, onnx.NodeProto],
    shapes: dict[str, tuple[int, ...]],
) -> Iterator[str]:
    for node in nodes:
        restored = made_by.get(node.input[1]) if len(node.input) > 1 else None
        if restored is None or restored.op_type != "DequantizeLinear":
            continue
        weights, scales = shapes.get(restored.input[0]), shapes.get(restored.input[1])
        if not weights or scales is None or len(scales) != 1 or scales[0] == 1:
            continue
        said = _attribute(restored, "axis", 1)
        wanted = _of_outputs(node, len(weights))
        if wanted is not None and said % len(weights) != wanted:
            yield (
                f"{node.op_type} {node.name or node.output[0]!r} has its {scales[0]} scales along "
                f"axis {said} of weights {list(weights)}, and its outputs lie along axis {wanted}"
            )


def _of_outputs(node: onnx.NodeProto, rank: int) -> int | None:
    """The axis of a layer's weights along which its outputs lie; None of other nodes."""
    if node.op_type == "Conv":
        return 0
    if node.op_type == "ConvTranspose":
        return 1
    if node.op_type == "Gemm":
        return 0 if _attribute(node, "transB", 0) else 1
    return rank - 1 if node.op_type == "MatMul" else None


def _attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    return next(
        (int(helper.get_attribute_value(a)) for a in node.attribute if a.name == name), default
    )
