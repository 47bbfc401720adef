"""What a graph really quantizes to 8 bits, whoever made it: by ops and by their arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path

import onnx
from onnx import TensorProto, helper, inliner

from suite.catalog.errors import ModelError, reason_of, shortened
from suite.models.arithmetic import DENSE_OPS, claimed_ops, multiply_accumulates
from suite.models.graph import all_graphs, all_nodes, all_tensors, origin
from suite.models.onnx_file import load_graph
from suite.quantization.shapes import known_shapes

_EIGHT_BITS = (TensorProto.INT8, TensorProto.UINT8)
# Through these weights may pass on their way to an op, or to a QuantizeLinear.
_MOVES = ("Transpose", "Reshape", "Identity", "Squeeze", "Unsqueeze", "Flatten")
# Smaller tensors are scales and biases; larger ones say nothing that shapes depend on.
_LEAST_WEIGHTS, _MOST_CONSTANT_BYTES = 16, 1024


@dataclass(frozen=True)
class QuantizedOps:
    """What of the claimed types of ops is quantized.

    Attributes
    ----------
    quantized : how many ops are
    left_in_float : the names of those that are not
    otherwise : of those, the types of data and weights of each that is quantized to other bits
    share : of the multiply-accumulates of all these ops, what the quantized ones do; where a shape
        is not known, of the ops themselves; 0 where there is none
    products : multiply-accumulates of all these ops on one image; 0 where a shape is not known
    float_weights : tensors of weights that are kept in float and quantized while the network runs
    """

    quantized: int
    left_in_float: tuple[str, ...]
    share: float
    products: int
    float_weights: int
    otherwise: tuple[str, ...] = ()


def quantized_ops(
    path: Path,
    op_types: Sequence[str],
    input_name: str | None = None,
    image: Sequence[int] = (),
) -> QuantizedOps:
    """Count the quantized ops of the given types in an ONNX file, those in subgraphs included.

    An op is quantized where it is an integer op, or where its data and its weights both come out
    of a DequantizeLinear of 8-bit integers (QDQ form). Q/DQ of 16 or 4 bits or of float8 are none.
    MatMul and Gemm count as one kind, because a Gemm becomes a MatMulInteger.

    Parameters
    ----------
    input_name : the image input; the only one where it is None
    image : the shape of one image there, which fills what the graph leaves open; nothing where it
        is empty
    """
    model = _inlined(load_graph(path), path)
    claimed = claimed_ops(op_types)
    graph = _Graph(model)
    ops = [node for node in all_nodes(model) if _stands_for(node) in claimed]
    whole = [graph.is_quantized(node) for node in ops]
    known = products_of(model, ops, input_name, image)
    costs = known or [1] * len(ops)
    left = (n.name or n.output[0] for n, done in zip(ops, whole, strict=True) if not done)
    done = sum(cost for cost, is_done in zip(costs, whole, strict=True) if is_done)
    share = done / (sum(costs) or 1)
    others = (graph.other_types(n) for n, done in zip(ops, whole, strict=True) if not done)
    otherwise = tuple(filter(None, others))
    return QuantizedOps(sum(whole), tuple(left), share, sum(known), graph.float_weights, otherwise)


def _inlined(model: onnx.ModelProto, path: Path) -> onnx.ModelProto:
    if not model.functions:
        return model
    try:
        return inliner.inline_local_functions(model)
    except Exception as error:  # onnx's own classes, of functions that contradict one another
        raise ModelError(
            where=path,
            what=f"has local functions that onnx cannot write out ({shortened(reason_of(error))}); "
            "export it without.",
        ) from None


def _stands_for(node: onnx.NodeProto) -> str:
    dense = DENSE_OPS.get(node.op_type)
    return dense.stands_for if dense else node.op_type


def products_of(
    model: onnx.ModelProto, ops: Sequence[onnx.NodeProto], name: str | None, image: Sequence[int]
) -> list[int]:
    """The multiply-accumulates of each of some ops of a model; empty where a shape is not known.

    Parameters
    ----------
    name : the image input; the only one where it is None
    image : the shape of one image there, which fills what the graph leaves open
    """
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    for tensor in all_tensors(bare):
        if len(tensor.raw_data) > _MOST_CONSTANT_BYTES:
            tensor.ClearField("raw_data")
    shapes = known_shapes(bare, name, image)
    costs = []
    for node in ops:
        dense = DENSE_OPS.get(node.op_type)
        if dense is None or len(node.input) <= dense.weights:
            return []
        named = (node.input[0], node.input[dense.weights], node.output[0])
        if any(each not in shapes for each in named):
            return []
        costs.append(multiply_accumulates(dense, *(shapes[each] for each in named)))
    return costs


class _Graph:
    """Who makes each tensor, and what type those have that are held."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._made_by = {name: node for node in all_nodes(model) for name in node.output}
        self._held = {
            tensor.name: tensor for graph in all_graphs(model) for tensor in graph.initializer
        }
        for node in all_nodes(model):
            for attribute in node.attribute:
                if node.op_type == "Constant" and attribute.name == "value":
                    self._held[node.output[0]] = attribute.t

    def is_quantized(self, node: onnx.NodeProto) -> bool:
        dense = DENSE_OPS.get(node.op_type)
        if dense and dense.in_integers:
            return True
        return all(self._is_dequantized(name) for name in node.input[:2])

    def other_types(self, node: onnx.NodeProto) -> str:
        """The types that an op's data and weights are dequantized from; empty where one is not."""
        types = [self._dequantized_from(name) for name in node.input[:2]]
        if not all(types):
            return ""
        data, weights = (TensorProto.DataType.Name(each).lower() for each in types)
        return f"{data} data and {weights} weights"

    def _is_dequantized(self, name: str) -> bool:
        return self._dequantized_from(name) in _EIGHT_BITS

    def _dequantized_from(self, name: str) -> int:
        """The type that a tensor is dequantized from; UNDEFINED, which is 0, where it is not."""
        node = self._origin(name)
        if node is None or node.op_type != "DequantizeLinear":
            return TensorProto.UNDEFINED
        return self._type_of_integers(node)

    def _type_of_integers(self, node: onnx.NodeProto) -> int:
        """What a QuantizeLinear gives or a DequantizeLinear takes (ONNX, both operators)."""
        if not node.input:
            return TensorProto.UNDEFINED
        if len(node.input) > 2 and node.input[2] in self._held:
            return int(self._held[node.input[2]].data_type)
        if node.op_type == "QuantizeLinear":
            said = [
                helper.get_attribute_value(a) for a in node.attribute if a.name == "output_dtype"
            ]
            return int(said[0]) if said and said[0] else TensorProto.UINT8
        if node.input[0] in self._held:
            return int(self._held[node.input[0]].data_type)
        before = self._origin(node.input[0])
        known = before is not None and before.op_type == "QuantizeLinear"
        return self._type_of_integers(before) if before and known else TensorProto.UNDEFINED

    def _origin(self, name: str) -> onnx.NodeProto | None:
        """The node that makes a tensor, but for those that only move values."""
        return origin(name, self._made_by, _MOVES)[1]

    @cached_property
    def float_weights(self) -> int:
        quantized = (n for n in self._made_by.values() if n.op_type == "QuantizeLinear")
        held = (self._held_behind(node.input[0]) for node in quantized if node.input)
        return sum(tensor is not None and prod(tensor.dims) >= _LEAST_WEIGHTS for tensor in held)

    def _held_behind(self, name: str) -> onnx.TensorProto | None:
        if name not in self._held:
            name, _ = origin(name, self._made_by, _MOVES)
        return self._held.get(name)
