"""Tidying: what computes nothing is taken out, and what can be said more simply is."""

from collections.abc import Callable, Mapping, Sequence
from math import prod

import numpy as np
import onnx
from onnx import helper

from suite.quantization.shapes import Shapes
from suite.quantization.steps.net import Array, Net, attributes
from suite.quantization.steps.prelu_pattern import restore_prelu
from suite.quantization.steps.step import Rewritten


def tidy(net: Net, shapes: Shapes) -> Rewritten:
    """Take out what computes nothing, and say what is left in the forms that later steps know.

    Identity, Dropout, a Reshape or Flatten to the shape that is there and a MaxPool of one pixel
    go; of several Reshapes in a row the last stays; a Reshape to [n, c] becomes a Flatten; the mean
    over height and width becomes a GlobalAveragePool; a number that a Conv's output is multiplied
    by goes into the Conv; a PReLU written in other ops becomes one again, and its slope [c] becomes
    [c, 1, 1].
    """
    changed = net.copy()
    places = restore_prelu(changed, shapes)
    for node in list(changed.nodes):
        rule = _RULES.get(node.op_type) if node.domain in ("", "ai.onnx") else None
        if rule is not None and any(node is other for other in changed.nodes):
            places += rule(changed, node, shapes)
    return Rewritten(changed, places)


def _bypass(net: Net, node: onnx.NodeProto, shapes: Shapes) -> bool:
    return net.bypass(node)


def _dropout(net: Net, node: onnx.NodeProto, shapes: Shapes) -> bool:
    """Not one that drops: in training mode, or whose mask is read."""
    mask = node.output[1] if len(node.output) > 1 else ""
    mode = net.weight(node.input[2]) if len(node.input) > 2 and node.input[2] else np.array(False)
    if mode is None or mode.any() or (mask and (net.readers(mask) or net.is_output(mask))):
        return False
    return net.bypass(node)


def _max_pool(net: Net, node: onnx.NodeProto, shapes: Shapes) -> bool:
    """One of a single pixel; what else it may say (dilation, rounding) is of no account then."""
    said = attributes(node)
    quiet = len(node.output) == 1 and not any(_ints(said, "pads"))
    single = set(_ints(said, "kernel_shape")) == {1} and set(_ints(said, "strides")) <= {1}
    return quiet and single and net.bypass(node)


def _reshape(net: Net, node: onnx.NodeProto, shapes: Shapes) -> bool:
    """A Reshape or Flatten, of which the batch stays the first dimension."""
    before, after = shapes.get(node.input[0]), shapes.get(node.output[0])
    if before is None or after is None or not before or not after or before[0] != after[0]:
        return False
    if not _keeps_batch(net, node, before, after):
        return False
    first = _first_of_two(net, node, shapes)
    if first is not None:
        node.input[0] = first.input[0]
        before = shapes[node.input[0]]
    if before == after and net.bypass(node):
        return True
    if len(after) == 2 and node.op_type == "Reshape":
        del node.input[1:], node.attribute[:]
        node.op_type = "Flatten"
        node.attribute.append(helper.make_attribute("axis", 1))
        return True
    return first is not None


def _first_of_two(net: Net, node: onnx.NodeProto, shapes: Shapes) -> onnx.NodeProto | None:
    """The Reshape or Flatten right before another, which then need not be there."""
    wanted = net.weight(node.input[1]) if node.op_type == "Reshape" else None
    copies = wanted is not None and not np.all(wanted[1:])
    first = net.writer(node.input[0])
    if first is None or first.op_type not in ("Reshape", "Flatten") or copies:
        return None
    before, between = shapes.get(first.input[0]), shapes[node.input[0]]
    return first if _keeps_batch(net, first, before, between) else None


def _keeps_batch(
    net: Net, node: onnx.NodeProto, before: Sequence[int] | None, after: Sequence[int]
) -> bool:
    """Whether each image stays apart, whatever the batch: shapes are known of one image alone."""
    if before is None:
        return False
    if node.op_type == "Flatten":
        return attributes(node).get("axis", 1) == 1
    wanted = net.weight(node.input[1])
    if wanted is None:
        # A computed shape: of one image [1, …] it is the batch's where the rest fills one image.
        one = before[0] == 1 == after[0] and prod(before) == prod(after)
        return one and (_batch_is_fixed(net) or _is_measured(net, node.input[1]))
    first, rest = int(wanted[0]), [int(size) for size in wanted[1:]]
    if first == 0 and not attributes(node).get("allowzero"):
        return True
    if first > 0:
        return first == before[0] and _batch_is_fixed(net)
    # With -1 first the batch is what is left over.
    return first == -1 and min(rest, default=1) > 0 and prod(before[1:]) == prod(rest)


def _batch_is_fixed(net: Net) -> bool:
    dims = [value.type.tensor_type.shape.dim for value in net.inputs]
    return all(dim and dim[0].dim_value > 0 for dim in dims)


def _is_measured(net: Net, name: str) -> bool:
    """Whether a computed shape follows that of a tensor, and so a batch of any size."""
    seen, left = {name}, [name]
    while left:
        writer = net.writer(left.pop())
        if writer is not None and writer.op_type == "Shape":
            return True
        new = {*writer.input} - seen if writer is not None else set()
        seen |= new
        left += new
    return False


def _mean(net: Net, node: onnx.NodeProto, shapes: Shapes) -> bool:
    """The mean over height and width, which runtimes have in 8 bits as a pooling."""
    said, shape = attributes(node), shapes.get(node.input[0])
    held = net.weight(node.input[1]) if len(node.input) > 1 else said.get("axes")
    if shape is None or len(shape) != 4 or held is None:
        return False
    if {int(axis) % 4 for axis in np.atleast_1d(np.asarray(held))} != {2, 3}:
        return False
    given, made = node.input[0], node.output[0]
    if said.get("keepdims", 1):
        net.replace(node, [helper.make_node("GlobalAveragePool", [given], [made], node.name)])
        return True
    pooled = net.fresh(f"{made}_pooled")
    pool = helper.make_node("GlobalAveragePool", [given], [pooled], node.name)
    net.replace(node, [pool, helper.make_node("Flatten", [pooled], [made], axis=1)])
    return True


def _scaled_conv(net: Net, node: onnx.NodeProto, shapes: Shapes) -> bool:
    """A number that a Conv's output is multiplied by, and nothing else sees."""
    constants = [name for name in node.input if name in net.weights]
    if len(constants) != 1 or net.weights[constants[0]].size != 1:
        return False
    given = next(name for name in node.input if name != constants[0])
    conv = net.writer(given)
    rank = len(shapes.get(given, ()))
    if conv is None or conv.op_type != "Conv" or conv.domain not in ("", "ai.onnx"):
        return False
    if net.only_reader(given) is not node:
        return False
    number = net.weights[constants[0]]
    if number.ndim > rank or any(net.weight(name) is None for name in conv.input[1:] if name):
        return False
    for at, name in enumerate(conv.input):
        if at and name:
            held = net.weights[name]
            product: Array = np.multiply(held, number.reshape(()), dtype=held.dtype)
            net.change_weight(conv, at, product)
    # The scaled Conv gives what the Mul gave; its own name is gone with its only reader.
    conv.output[0] = node.output[0]
    net.replace(node, [])
    return True


def _slope(net: Net, node: onnx.NodeProto, shapes: Shapes) -> bool:
    """The slope [c] of a PReLU over [n, c, h, w], which MXNet wrote and onnxruntime cannot run."""
    slope, shape = net.weight(node.input[1]), shapes.get(node.input[0])
    if slope is None or shape is None or len(shape) < 3 or slope.shape != (shape[1],):
        return False
    if shape[1] in (1, shape[-1]):
        return False
    net.change_weight(node, 1, slope.reshape(-1, *[1] * (len(shape) - 2)))
    return True


def _ints(said: Mapping[str, object], name: str) -> Sequence[int]:
    found = said.get(name, [])
    assert isinstance(found, Sequence)
    return found


_RULES: Mapping[str, Callable[[Net, onnx.NodeProto, Shapes], bool]] = {
    "Identity": _bypass,
    "Dropout": _dropout,
    "MaxPool": _max_pool,
    "Reshape": _reshape,
    "Flatten": _reshape,
    "ReduceMean": _mean,
    "Mul": _scaled_conv,
    "PRelu": _slope,
}
