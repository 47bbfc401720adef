"""What of a quantized network computes in float, in the graph that onnxruntime makes of it."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

from suite.models.arithmetic import DENSE_OPS
from suite.models.graph import all_nodes
from suite.models.onnx_file import load_graph
from suite.quantization.cpu_sessions import open_on_cpu, quiet_options
from suite.quantization.inspection import products_of

_FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16)
_BYTES = (TensorProto.INT8, TensorProto.UINT8)
# Ops whose output is of another kind than their first input.
_GIVES_FLOATS = frozenset({"DequantizeLinear", "MatMulIntegerToFloat", "DynamicQuantizeMatMul"})
_GIVES_NUMBERS = frozenset({"Shape", "Size", "ArgMax", "ArgMin", "NonZero", "ConvInteger"})
# The inputs of a QGemm that gives floats: without the scale and zero point of its output.
_INPUTS_OF_QGEMM = 7
# Into another order of memory, for float layers alone.
_REORDERS = frozenset({"ReorderInput", "ReorderOutput"})
# Integer layers want another layout: one Transpose where images come in, one before the head.
_LAYOUT_CHANGES = 2


@dataclass(frozen=True)
class Island:
    """An op that computes in float in a quantized network.

    Attributes
    ----------
    name : of its node in the optimised graph, or of what it makes
    op_type : a ``DequantizeLinear`` stands for values that are only rounded anew, a ``Transpose``
        for a change of layout that integers alone would not need
    share : of the multiply-accumulates of all layers, what it does; 0 of an op that is no layer
    between : whether integer ops lie before it and behind it; else it is where the network begins
        or ends
    """

    name: str
    op_type: str
    share: float
    between: bool


def float_islands(path: Path) -> tuple[Island, ...]:
    """What of a quantized network computes in float on the CPU, in the graph's order.

    That are ops between integer ones, and layers wherever they are. It is read off the graph that
    onnxruntime optimises for its CPU, so that an op counts whose Q/DQ could not be fused.
    """
    given, optimised = load_graph(path), _optimised(path)
    flow = _Flow(optimised.graph)
    shares = _Shares(given)
    extra = _transposes(optimised) > _transposes(given) + _LAYOUT_CHANGES
    found = []
    for node in optimised.graph.node:
        between = flow.is_between(node)
        share = shares.of(node) if flow.is_float(node) else 0.0
        in_float = flow.is_float(node) and (between or node.op_type in DENSE_OPS)
        relaid = extra and node.op_type == "Transpose"
        if in_float or relaid or flow.is_rounded_anew(node):
            name = node.name or node.output[0]
            found.append(Island(name, node.op_type, share, between))
    return tuple(found)


def _transposes(model: onnx.ModelProto) -> int:
    return sum(node.op_type == "Transpose" for node in model.graph.node)


def _optimised(path: Path) -> onnx.ModelProto:
    """The graph that onnxruntime runs on the CPU, without large weights."""
    with tempfile.TemporaryDirectory(prefix="face-quant-gate-") as folder:
        options = quiet_options()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.optimized_model_filepath = str(Path(folder) / "optimised.onnx")
        options.add_session_config_entry(
            "session.optimized_model_external_initializers_file_name", "weights.bin"
        )
        open_on_cpu(path, options)
        return load_graph(Path(options.optimized_model_filepath))


class _Flow:
    """Which tensors of a graph are floats and which bytes, and what lies before and behind."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._types = {tensor.name: tensor.data_type for tensor in graph.initializer}
        self._held = set(self._types)
        self._readers: dict[str, list[onnx.NodeProto]] = {}
        self._after: set[str] = set()
        self._before: set[str] = set()
        for value in graph.input:
            self._types.setdefault(value.name, value.type.tensor_type.elem_type)
        for node in graph.node:
            self._types.update(dict.fromkeys(node.output, self._type_made(node)))
            for name in node.input:
                self._readers.setdefault(name, []).append(node)
            if self._is_integer(node) or not self._after.isdisjoint(node.input):
                self._after.update(node.output)
        for node in reversed(graph.node):
            if self._is_integer(node) or not self._before.isdisjoint(node.output):
                self._before.update(set(node.input) - self._held)

    def is_float(self, node: onnx.NodeProto) -> bool:
        """Whether a node computes floats from something else than constants."""
        moves = node.op_type in ("DequantizeLinear", "QuantizeLinear", *_REORDERS)
        makes_floats = self._types.get(node.output[0]) in _FLOATS
        return makes_floats and not moves and not self._is_integer(node) and self._is_fed(node)

    def is_rounded_anew(self, node: onnx.NodeProto) -> bool:
        """Whether a DequantizeLinear only leads to QuantizeLinears of another scale."""
        readers = self._readers.get(node.output[0], [])
        again = bool(readers) and all(reader.op_type == "QuantizeLinear" for reader in readers)
        return node.op_type == "DequantizeLinear" and again and self._is_fed(node)

    def is_between(self, node: onnx.NodeProto) -> bool:
        """Whether integer ops lie before a node and behind it."""
        before = not self._after.isdisjoint(node.input)
        return before and not self._before.isdisjoint(node.output)

    def _is_fed(self, node: onnx.NodeProto) -> bool:
        return any(name and name not in self._held for name in node.input)

    def _is_integer(self, node: onnx.NodeProto) -> bool:
        """Whether a node computes or moves bytes; not one that makes them of floats or back."""
        if node.op_type in ("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"):
            return False
        dense = DENSE_OPS.get(node.op_type)
        if dense is not None and dense.in_integers:
            return True
        return bool(node.output) and self._types.get(node.output[0]) in _BYTES

    def _type_made(self, node: onnx.NodeProto) -> int:
        """The type of what a node makes, as far as kinds of numbers go."""
        if node.op_type in _GIVES_FLOATS:
            return int(TensorProto.FLOAT)
        if node.op_type in _GIVES_NUMBERS:
            return int(TensorProto.INT64)
        if node.op_type == "QGemm" and len(node.input) <= _INPUTS_OF_QGEMM:
            return int(TensorProto.FLOAT)
        if node.op_type in ("QuantizeLinear", "DynamicQuantizeLinear", "QGemm"):
            return int(TensorProto.UINT8)
        if node.op_type == "Cast":
            to = [helper.get_attribute_value(a) for a in node.attribute if a.name == "to"]
            return int(to[0])
        # Where the first is a scale of bytes, as of a QLinearConcat, the op says what it makes.
        if node.op_type.startswith("QLinear"):
            return int(TensorProto.UINT8)
        return int(self._types.get(next(iter(node.input), ""), TensorProto.FLOAT))


class _Shares:
    """How much of a network's arithmetic each of its layers does."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._made_by = {name: node for node in model.graph.node for name in node.output}
        held = {tensor.name for tensor in model.graph.initializer}
        images = [value for value in model.graph.input if value.name not in held]
        dims = images[0].type.tensor_type.shape.dim if images else []
        image = [max(1, dim.dim_value) for dim in dims]
        layers = [node for node in all_nodes(model) if node.op_type in DENSE_OPS]
        name = images[0].name if images else None
        products = products_of(model, layers, name, image) or [1] * len(layers)
        total = sum(products) or 1
        made = (node.output[0] for node in layers)
        self._shares = {o: count / total for o, count in zip(made, products, strict=True)}
        self._named = {node.name: node.output[0] for node in layers if node.name}

    def of(self, node: onnx.NodeProto) -> float:
        """The share of a node of the optimised graph; 0 of one that is no layer."""
        if node.op_type not in DENSE_OPS:
            return 0.0
        if node.name in self._named:
            return self._shares[self._named[node.name]]
        return next((self._shares[layer] for layer in self._layers_behind(node)), 0.0)

    def _layers_behind(self, node: onnx.NodeProto) -> Iterator[str]:
        """The layer that a fused node stands for, found by what it makes.

        onnxruntime names a Conv in blocked layout by its output, and that anew where it moved a
        QuantizeLinear up to it.
        """
        for named in (*node.output, node.name):
            name = named.removesuffix("_nchwc").removesuffix("_pre_q")
            source = self._made_by.get(name)
            while source is not None and source.output[0] not in self._shares:
                source = self._made_by.get(source.input[0]) if source.input else None
            if source is not None:
                yield source.output[0]
