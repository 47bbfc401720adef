"""What the file that others are compared with must be: a network in float32, or as its card says.

A file that was quantized or optimised already makes every comparison with it worthless: what it
lost is in FP32 and in INT8 alike, and what an optimiser left cannot be quantized.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path

import onnx
from onnx import TensorProto

from suite.catalog.errors import ModelError
from suite.catalog.source import Precision
from suite.models.graph import all_nodes, all_weights
from suite.models.onnx_file import load_graph
from suite.models.slopes import misplaced_slope

# Ops of ONNX, of onnxruntime and of the quantizers' own domains, as QcQuantizeOp and FakeQuantize.
_QUANTIZED_OP = re.compile(
    r"quant(?!il)|^QLinear|^QGemm$|^QAttention$|Integer(ToFloat)?$", re.IGNORECASE
)
_OPTIMISED_DOMAINS = ("com.microsoft", "com.ms.internal")
_HALF: dict[int, Precision] = {TensorProto.FLOAT16: "float16", TensorProto.BFLOAT16: "bfloat16"}
_FLOATS = frozenset({*_HALF, TensorProto.FLOAT, TensorProto.DOUBLE})
# Integers that index or count, and no weights.
_NO_WEIGHTS = frozenset(
    {TensorProto.INT32, TensorProto.INT64, TensorProto.UINT32, TensorProto.UINT64}
    | {TensorProto.BOOL, TensorProto.STRING, TensorProto.COMPLEX64, TensorProto.COMPLEX128}
)
# Smaller tables than a layer's weights are constants of somebody's arithmetic.
_LEAST_WEIGHTS = 16


def precision_of(path: Path) -> Precision:
    """The precision of a network's weights: a half one where any weight is.

    Raises
    ------
    ModelError
        naming the node or the tensor, where it is quantized, was optimised for a runtime, has
        float64 weights, or PReLU slopes along another axis than meant.
    """
    model = load_graph(path)
    for node in all_nodes(model):
        reason = _why_not(node)
        if reason:
            name = node.name or (node.output[0] if node.output else "")
            raise ModelError(where=path, what=f"node {name!r} is {reason}.")
    if slope := misplaced_slope(model):
        raise ModelError(where=path, what=f"{slope}.")
    found: Precision = "float32"
    for tensor in _weights(model):
        if tensor.data_type not in _FLOATS:
            raise ModelError(
                where=path,
                what=f"{_named(tensor)}: the network is quantized already, and what that cost "
                f"would be in no figure; {_THE_FLOAT_FILE}.",
            )
        if tensor.data_type == TensorProto.DOUBLE:
            raise ModelError(
                where=path,
                what=f"{_named(tensor)}, which nothing here quantizes; export it in float32.",
            )
        found = _HALF.get(tensor.data_type, found)
    return found


def require_precision(path: Path, said: Precision) -> None:
    """Refuse a source that is not in the precision that its card says.

    Raises
    ------
    ModelError
        as `precision_of`; or naming a weight of another precision than the card's.
    """
    found = precision_of(path)
    if found == said:
        return
    if found == "float32":
        raise ModelError(
            where=path,
            what=f"source.precision = {said!r}: its weights are float32; leave the key out.",
        )
    tensor = next(t for t in _weights(load_graph(path)) if _HALF.get(t.data_type) == found)
    raise ModelError(
        where=path,
        what=f"{_named(tensor)}: this is no FP32; name the float32 file that it was made from, or "
        f"write precision = {found!r} under [source], and the report says so.",
    )


_THE_FLOAT_FILE = (
    "name the float32 file that it was made from as the source, and this one in [artifacts.<mode>]"
)


def _why_not(node: onnx.NodeProto) -> str | None:
    """Why a node has no place in a float network, with what to do."""
    domain = f"{node.domain}." if node.domain else ""
    if _QUANTIZED_OP.search(node.op_type):
        return (
            f"a {domain}{node.op_type}: the network is quantized already, and what that cost would "
            f"be in no figure; {_THE_FLOAT_FILE}"
        )
    if node.domain.startswith(_OPTIMISED_DOMAINS):
        return (
            f"a {domain}{node.op_type}, which an optimiser left and no recipe can quantize; name "
            "the file that was optimised, as it was exported"
        )
    return None


def _weights(model: onnx.ModelProto) -> Iterator[TensorProto]:
    for tensor in all_weights(model):
        large = len(tensor.dims) > 1 and math.prod(tensor.dims) >= _LEAST_WEIGHTS
        if large and tensor.data_type not in _NO_WEIGHTS:
            yield tensor


def _named(tensor: TensorProto) -> str:
    return f"weight {tensor.name!r} is {TensorProto.DataType.Name(tensor.data_type).lower()}"
