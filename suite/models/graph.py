"""Walking an ONNX model: its graph, the graphs inside nodes (If, Loop), and its local functions."""

from collections.abc import Iterator

import onnx
from google.protobuf.message import Message


def all_graphs(model: onnx.ModelProto) -> Iterator[onnx.GraphProto]:
    """Every graph, the main one first; local functions, which are none, hold some as well."""
    yield model.graph
    for node in all_nodes(model):
        yield from graphs_of(node)


def all_nodes(model: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    """Every node, wherever it is."""
    yield from _nodes_in(model.graph.node)
    for function in model.functions:
        yield from _nodes_in(function.node)


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


def _nodes_in(nodes: Iterator[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    for node in nodes:
        yield node
        for graph in graphs_of(node):
            yield from _nodes_in(graph.node)


def graphs_of(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """The graphs that a node holds itself (the branches of an If, the body of a Loop)."""
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.GRAPH:
            yield attribute.g
        yield from attribute.graphs
