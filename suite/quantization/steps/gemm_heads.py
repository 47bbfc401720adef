"""Heads as Gemm: fully connected layers in the one form that later steps know."""

import numpy as np
import onnx
from onnx import helper

from suite.quantization.shapes import Shapes
from suite.quantization.steps.net import Array, Net, attributes
from suite.quantization.steps.step import Rewritten


def gemm_heads(net: Net, shapes: Shapes) -> Rewritten:
    """Write MatMul + Add, and a Conv of one pixel before a Flatten, as Gemm.

    Gemm is in the form y = x · Wᵀ + b (``transB = 1``), whose rows are output channels, as a
    Conv's are.
    """
    changed = net.copy()
    places = 0
    for node in list(changed.nodes):
        if node.domain not in ("", "ai.onnx"):
            continue
        if node.op_type == "MatMul":
            places += _from_mat_mul(changed, node, shapes)
        elif node.op_type == "Conv":
            places += _from_conv(changed, node, shapes)
        elif node.op_type == "Gemm":
            places += _rows_first(changed, node)
    return Rewritten(changed, places)


def _from_mat_mul(net: Net, node: onnx.NodeProto, shapes: Shapes) -> bool:
    weight, shape = net.weight(node.input[1]), shapes.get(node.input[0])
    if weight is None or weight.ndim != 2 or shape is None or len(shape) != 2:
        return False
    # onnxruntime multiplies matrices of integers, but has no Gemm of them.
    if weight.dtype.kind != "f":
        return False
    name = net.add_weight(f"{node.input[1]}_rows", np.ascontiguousarray(weight.T))
    add = net.only_reader(node.output[0])
    bias = _added(net, node, add, weight.shape[1])
    if add is None or bias is None:
        net.replace(node, [_gemm(node, [node.input[0], name], node.output[0])])
        return True
    held = net.add_weight(f"{name}_bias", bias)
    net.replace(node, [])
    net.replace(add, [_gemm(node, [node.input[0], name, held], add.output[0])])
    return True


def _added(net: Net, node: onnx.NodeProto, add: onnx.NodeProto | None, width: int) -> Array | None:
    """The constant row that an Add adds to a node's output."""
    if add is None or add.op_type != "Add":
        return None
    other = next((name for name in add.input if name != node.output[0]), "")
    value = net.weight(other)
    if value is None or value.ndim > 2 or value.size != width or value.shape[-1:] != (width,):
        return None
    return value.reshape(width)


def _from_conv(net: Net, node: onnx.NodeProto, shapes: Shapes) -> bool:
    """A Conv of one pixel on one pixel, whose output a Flatten alone reads."""
    shape, weight = shapes.get(node.input[0]), net.weight(node.input[1])
    flatten = net.only_reader(node.output[0])
    if shape is None or weight is None or flatten is None or flatten.op_type != "Flatten":
        return False
    said = attributes(node)
    pads, axis = said.get("pads", [0]), attributes(flatten).get("axis", 1)
    assert isinstance(pads, list)
    auto = said.get("auto_pad", b"NOTSET") in (b"NOTSET", b"VALID")
    single = set(shape[2:]) == {1} and set(weight.shape[2:]) == {1}
    if not single or any(pads) or not auto or said.get("group", 1) != 1 or axis != 1:
        return False
    if len(node.input) > 2 and node.input[2] and net.weight(node.input[2]) is None:
        return False
    before = net.fresh(f"{node.input[0]}_flat")
    rows = net.add_weight(f"{node.input[1]}_rows", weight.reshape(weight.shape[:2]))
    flat = helper.make_node("Flatten", [node.input[0]], [before], axis=1)
    bias = [name for name in node.input[2:] if name]
    net.replace(node, [flat, _gemm(node, [before, rows, *bias], flatten.output[0])])
    net.replace(flatten, [])
    return True


def _rows_first(net: Net, node: onnx.NodeProto) -> bool:
    """A Gemm whose weights' columns are output channels."""
    weight = net.weight(node.input[1])
    if weight is None or attributes(node).get("transB"):
        return False
    net.change_weight(node, 1, np.ascontiguousarray(weight.T))
    kept = [a for a in node.attribute if a.name != "transB"]
    del node.attribute[:]
    node.attribute.extend([*kept, helper.make_attribute("transB", 1)])
    return True


def _gemm(node: onnx.NodeProto, given: list[str], made: str) -> onnx.NodeProto:
    return helper.make_node("Gemm", given, [made], name=node.name, transB=1)
