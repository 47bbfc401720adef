"""Walking an ONNX model: its graph, the graphs inside nodes (If, Loop), and its local functions."""

from collections.abc import Collection, Iterable, Iterator, Mapping

import onnx
from google.protobuf.message import Message


def all_graphs(model: onnx.ModelProto) -> Iterator[onnx.GraphProto]:
    """Every graph, the main one first; local functions, which are none, hold some as well."""
    yield model.graph
    for node in all_nodes(model):
        yield from graphs_of(node)


def all_nodes(model: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    """Every node, wherever it is."""
    yield from nodes_in(model.graph.node)
    for function in model.functions:
        yield from nodes_in(function.node)


def all_weights(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Every tensor that a graph holds as a value: initializers, and the values of constants."""
    for graph in all_graphs(model):
        yield from graph.initializer
        yield from (sparse.values for sparse in graph.sparse_initializer)
    for node in all_nodes(model):
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                named = onnx.TensorProto()
                named.CopyFrom(attribute.t)
                named.name = named.name or (node.output[0] if node.output else node.name)
                yield named


def all_tensors(message: Message) -> Iterator[onnx.TensorProto]:
    """Every tensor below a message, whatever holds it: graphs, attributes, functions, training."""
    if isinstance(message, onnx.TensorProto):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for part in (value,) if isinstance(value, Message) else value:
            yield from all_tensors(part)


def nodes_in(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """Nodes, and those of the graphs inside them."""
    for node in nodes:
        yield node
        for graph in graphs_of(node):
            yield from nodes_in(graph.node)


def graphs_of(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """The graphs that a node holds itself (the branches of an If, the body of a Loop)."""
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.GRAPH:
            yield attribute.g
        yield from attribute.graphs


def origin(
    name: str, made_by: Mapping[str, onnx.NodeProto], passes: Collection[str]
) -> tuple[str, onnx.NodeProto | None]:
    """A tensor and what makes it, but for nodes that pass their first input on; None makes no node.

    Parameters
    ----------
    made_by : the node that makes each tensor. Those of several graphs may have the same names, so
        that a walk could go round in a circle; it ends there.
    passes : the op types of nodes that pass their first input on
    """
    seen: set[str] = set()
    while name not in seen:
        seen.add(name)
        node = made_by.get(name)
        if node is None or node.op_type not in passes or not node.input:
            return name, node
        name = node.input[0]
    return name, None
