"""What a graph really quantizes, whoever made it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx

from suite.models.onnx_file import load_graph

# Integer ops, each with the float op that it stands for.
_INTEGER_OPS = {
    "ConvInteger": "Conv",
    "QLinearConv": "Conv",
    "MatMulInteger": "MatMul",
    "QLinearMatMul": "MatMul",
    "DynamicQuantizeMatMul": "MatMul",
    "MatMulIntegerToFloat": "MatMul",
    "QGemm": "Gemm",
}


@dataclass(frozen=True)
class QuantizedOps:
    """How many ops of the claimed types are quantized, and which are still float."""

    quantized: int
    left_in_float: tuple[str, ...]


def quantized_ops(path: Path, op_types: Sequence[str]) -> QuantizedOps:
    """Count the quantized ops of the given types in an ONNX file.

    An op is quantized where it is an integer op, or where its data and its weights both come out
    of a DequantizeLinear (QDQ form). MatMul and Gemm count as one kind, because a Gemm becomes a
    MatMulInteger.
    """
    graph = load_graph(path).graph
    made_by = {name: node for node in graph.node for name in node.output}
    claimed = set(op_types)
    if claimed & {"MatMul", "Gemm"}:
        claimed |= {"MatMul", "Gemm"}
    quantized, left = 0, []
    for node in graph.node:
        if _INTEGER_OPS.get(node.op_type) in claimed:
            quantized += 1
        elif node.op_type in claimed:
            if all(_dequantized(name, made_by) for name in node.input[:2]):
                quantized += 1
            else:
                left.append(node.name or node.output[0])
    return QuantizedOps(quantized, tuple(left))


def _dequantized(name: str, made_by: dict[str, onnx.NodeProto]) -> bool:
    node = made_by.get(name)
    # Weights may be transposed after they are dequantized.
    while node is not None and node.op_type in {"Transpose", "Reshape", "Identity"}:
        node = made_by.get(node.input[0])
    return node is not None and node.op_type == "DequantizeLinear"
