"""The nodes that a recipe keeps in float: by their names, or the first Conv with its activation."""

from collections.abc import Collection, Sequence

import onnx

from suite.catalog.errors import ArtifactError
from suite.quantization.steps.layers import is_scaling
from suite.quantization.steps.net import Net

FIRST_CONV = "first_conv"
# What may belong to an activation, an expanded PReLU among them: each value is made of one other.
_ELEMENTWISE = frozenset(
    {
        *("Relu", "PRelu", "LeakyRelu", "Clip", "Elu", "Selu", "Sigmoid", "Tanh", "HardSigmoid"),
        *("HardSwish", "Softplus", "Mish", "Gelu", "Neg", "Abs", "Add", "Sub", "Mul", "Identity"),
        *("Max", "Min"),
    }
)


def kept_in_float(net: Net, keep_float: Sequence[str]) -> frozenset[int]:
    """The places in ``net.nodes`` of what stays in float.

    Parameters
    ----------
    keep_float : names of nodes, and ``first_conv`` for the first Conv that images reach, with the
        activation after it. A node without a name goes by that of its first output.

    Raises
    ------
    ArtifactError
        where no node has a name.
    """
    named = {name_of(node): place for place, node in enumerate(net.nodes)}
    unknown = [name for name in keep_float if name not in named and name != FIRST_CONV]
    if unknown:
        raise ArtifactError(
            f"keep_float names {unknown[0]!r}, and the prepared network has no such node; take a "
            f"name from the graph of mode fp32_prepared, or {FIRST_CONV!r}."
        )
    kept = {named[name] for name in keep_float if name in named}
    return frozenset(kept | (first_conv(net) if FIRST_CONV in keep_float else frozenset()))


def name_of(node: onnx.NodeProto) -> str:
    """A node's name; where it has none, that of its first output."""
    return str(node.name or (node.output[0] if node.output else ""))


def first_conv(net: Net) -> frozenset[int]:
    """The places of the first Conv and the activation after it."""
    first = next((i for i, node in enumerate(net.nodes) if node.op_type == "Conv"), None)
    return frozenset() if first is None else with_activation(net, first)


def with_activation(net: Net, first: int) -> frozenset[int]:
    """The places of a layer and the activation after it: up to where one tensor goes on.

    What reads the layer's output otherwise than value by value leaves it without an activation.
    """
    found, made = [first], set(net.nodes[first].output)
    for place in range(first + 1, len(net.nodes)):
        node = net.nodes[place]
        if _follows(net, node, made):
            found.append(place)
            made.update(node.output)
            if _goes_on_alone(net, found):
                return frozenset(found)
    return frozenset({first})


def _goes_on_alone(net: Net, found: Sequence[int]) -> bool:
    """Whether what the last of some nodes gives is all that others read of them."""
    nodes = [net.nodes[place] for place in found]
    for node in nodes[:-1]:
        name = node.output[0]
        if net.is_output(name) or name in net.captured:
            return False
        if not all(any(reader is node for node in nodes) for reader in net.readers(name)):
            return False
    return True


def _follows(net: Net, node: onnx.NodeProto, made: Collection[str]) -> bool:
    """Whether a node computes each value of its output of one of the tensors ``made``."""
    data = [name for name in node.input if name and net.weight(name) is None]
    if not data or not all(name in made for name in data):
        return False
    return node.op_type in _ELEMENTWISE or is_scaling(net, node)
