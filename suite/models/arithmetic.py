"""The ops that multiply and accumulate, in float and in integers, and how much of it each does."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod


@dataclass(frozen=True)
class DenseOp:
    """An op that multiplies data by weights and accumulates.

    Attributes
    ----------
    stands_for : the op of ONNX that it computes
    weights : the position of its weights among its inputs; its data are the first input
    in_integers : whether it multiplies 8-bit integers
    """

    stands_for: str
    weights: int
    in_integers: bool


# As ONNX has them, onnxruntime's com.microsoft domain, and the layouts it changes them to.
DENSE_OPS = {
    "Conv": DenseOp("Conv", 1, False),
    "FusedConv": DenseOp("Conv", 1, False),
    "NhwcFusedConv": DenseOp("Conv", 1, False),
    "MatMul": DenseOp("MatMul", 1, False),
    "FusedMatMul": DenseOp("MatMul", 1, False),
    "Gemm": DenseOp("Gemm", 1, False),
    "FusedGemm": DenseOp("Gemm", 1, False),
    "ConvInteger": DenseOp("Conv", 1, True),
    "QLinearConv": DenseOp("Conv", 3, True),
    "MatMulInteger": DenseOp("MatMul", 1, True),
    "MatMulIntegerToFloat": DenseOp("MatMul", 1, True),
    "DynamicQuantizeMatMul": DenseOp("MatMul", 1, True),
    "QLinearMatMul": DenseOp("MatMul", 3, True),
    "QGemm": DenseOp("Gemm", 3, True),
}


def claimed_ops(op_types: Sequence[str]) -> frozenset[str]:
    """The ops that a claim is of: MatMul and Gemm are one kind, as a Gemm becomes a MatMul."""
    claimed = set(op_types)
    return frozenset(claimed | {"MatMul", "Gemm"} if claimed & {"MatMul", "Gemm"} else claimed)


def multiply_accumulates(
    op: DenseOp, data: Sequence[int], weights: Sequence[int], output: Sequence[int]
) -> int:
    """How many products an op adds up, by the shapes of its data, weights and output.

    A convolution's weights are [m, c / group, kernel…] in every layout, so each element of its
    output sums what one of the m filters holds; an element of a product of matrices sums as many
    as the data's rows are long, of Gemm as many as B has for each column.
    """
    if op.stands_for == "Conv":
        summed = prod(weights[1:])
    elif op.stands_for == "Gemm":
        summed = prod(weights) // max(1, output[-1] if output else 1)
    else:
        summed = data[-1] if data else 1
    return prod(output) * summed
