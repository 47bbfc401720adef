"""Conv and Gemm, scaled channel by channel: what several steps do to them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import onnx

from suite.quantization.steps.net import Array, Net, attributes

Factors = npt.NDArray[np.float64]
DENSE = frozenset({"Conv", "Gemm"})


def is_layer(net: Net, node: onnx.NodeProto | None) -> bool:
    """Whether a node is a Conv or a plain Gemm whose weights and bias the graph holds."""
    if node is None or node.op_type not in DENSE or node.domain not in ("", "ai.onnx"):
        return False
    if any(net.weight(name) is None for name in node.input[1:] if name):
        return False
    said = attributes(node)
    plain = said.get("alpha", 1.0) == said.get("beta", 1.0) == 1.0 and not said.get("transA")
    bias = net.weight(node.input[2]) if len(node.input) > 2 and node.input[2] else None
    # A Gemm's may be of other shapes: one number for all, or one for each row of the batch.
    return bool(plain) and (bias is None or bias.shape in _rows(outputs_of(net, node)))


def _rows(outputs: int) -> list[tuple[int, ...]]:
    return [(outputs,), (1, outputs)]


def groups_of(node: onnx.NodeProto) -> int:
    """The groups of a Conv; 1 of a Gemm."""
    groups = attributes(node).get("group", 1)
    assert isinstance(groups, int)
    return groups


def rows_of(net: Net, node: onnx.NodeProto) -> Array:
    """A layer's weights as [outputs, inputs of a group, …]."""
    return _rows_first(net.weights[node.input[1]], node)


def outputs_of(net: Net, node: onnx.NodeProto) -> int:
    """How many channels a layer gives."""
    return int(rows_of(net, node).shape[0])


def set_rows(net: Net, node: onnx.NodeProto, rows: Array) -> None:
    """Give a layer other weights; those that it had stay as they are, for whoever shares them."""
    net.change_weight(node, 1, np.ascontiguousarray(_rows_first(rows, node)))


def bias_of(net: Net, node: onnx.NodeProto) -> Factors:
    """A layer's bias: float64 [outputs], zeros where it has none."""
    if len(node.input) > 2 and node.input[2]:
        return net.weights[node.input[2]].astype(np.float64).reshape(-1)
    return np.zeros(outputs_of(net, node))


def set_bias(net: Net, node: onnx.NodeProto, bias: Factors) -> None:
    """Give a layer another bias, or its first."""
    held: Array = bias.astype(net.weights[node.input[1]].dtype)
    if len(node.input) > 2 and node.input[2]:
        net.change_weight(node, 2, held.reshape(net.weights[node.input[2]].shape))
        return
    del node.input[2:]
    node.input.append(net.add_weight(f"{node.input[1]}_bias", held))


def scale_outputs(
    net: Net, node: onnx.NodeProto, factors: Factors, shift: Factors | None = None
) -> None:
    """Multiply a layer's output channels, bias included, and add a shift to each."""
    bias = bias_of(net, node) * factors + (0 if shift is None else shift)
    rows = rows_of(net, node)
    set_rows(net, node, times(rows, factors.reshape(-1, *[1] * (rows.ndim - 1))))
    if np.any(bias) or len(node.input) > 2:
        set_bias(net, node, bias)


def scale_inputs(net: Net, node: onnx.NodeProto, factors: Factors) -> None:
    """Let a layer take its input channels as if each were multiplied by a factor."""
    rows = rows_of(net, node)
    set_rows(net, node, times(rows, _by_input(rows, groups_of(node), factors)))


def shift_inputs(net: Net, node: onnx.NodeProto, shift: Factors) -> None:
    """Let a layer take its input channels as if a shift were added to each."""
    rows = rows_of(net, node).astype(np.float64)
    added = (rows * _by_input(rows, groups_of(node), shift)).reshape(len(rows), -1).sum(axis=1)
    if np.any(added):
        set_bias(net, node, bias_of(net, node) + added)


def inputs_of(net: Net, node: onnx.NodeProto) -> int:
    """How many channels a layer takes."""
    return int(rows_of(net, node).shape[1]) * groups_of(node)


def pads_nothing(node: onnx.NodeProto) -> bool:
    """Whether a layer adds no border to its input; a Gemm never does."""
    said = attributes(node)
    pads, auto = said.get("pads", []), said.get("auto_pad", b"NOTSET")
    assert isinstance(pads, list)
    return auto == b"VALID" or (auto == b"NOTSET" and not any(pads))


def readers_behind(net: Net, name: str) -> Iterator[tuple[onnx.NodeProto, bool]]:
    """The nodes that read a tensor, those of a Flatten in its place; whether one lies between."""
    for reader in net.readers(name):
        flat = reader.op_type == "Flatten" and attributes(reader).get("axis", 1) == 1
        if flat and not net.is_output(reader.output[0]):
            yield from ((behind, True) for behind in net.readers(reader.output[0]))
        else:
            yield reader, False


def times(values: Array, factors: Factors) -> Array:
    """Weights times factors, rounded once, to the weights' own type."""
    product: Array = np.multiply(values.astype(np.float64), factors).astype(values.dtype)
    return product


def _by_input(rows: Array, groups: int, factors: Factors) -> Factors:
    """Factors of input channels in the shape of the weights that read them."""
    per_row = np.repeat(factors.reshape(groups, -1), len(rows) // groups, axis=0)
    return per_row.reshape(*rows.shape[:2], *[1] * (rows.ndim - 2))


def _rows_first(weight: Array, node: onnx.NodeProto) -> Array:
    stored = node.op_type == "Conv" or attributes(node).get("transB")
    return weight if stored else weight.T


def is_scaling(net: Net, node: onnx.NodeProto) -> bool:
    """Whether a node is a depthwise 1×1 Conv, which scales each channel."""
    weights = net.weight(node.input[1]) if node.op_type == "Conv" else None
    if weights is None or weights.shape[1:] != (1,) * (weights.ndim - 1):
        return False
    if len(weights) != groups_of(node):
        return False
    moves = any(i > 1 for a in node.attribute if a.name == "strides" for i in a.ints)
    return not moves and pads_nothing(node)
