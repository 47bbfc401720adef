"""Small networks to quantize, made node by node, and what onnxruntime makes of them."""

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

from suite.quantization.ranges.range import Range
from suite.quantization.shapes import Shapes
from suite.quantization.steps.net import Net
from suite.quantization.steps.plan import quantized_tensors
from suite.quantization.steps.quantize import quantize
from suite.runtime.exactness import sums_exactly

IMAGE = (8, 8, 8)
LEVELS = ort.GraphOptimizationLevel
# Where 8 bits of weights do not saturate on this CPU: as the file says, and by integer kernels.
EXACT_LEVELS = (LEVELS.ORT_DISABLE_ALL, *([LEVELS.ORT_ENABLE_ALL] if sums_exactly() else []))
Graph = tuple[list[onnx.NodeProto], dict[str, np.ndarray]]


class Made:
    """A network in the making; each method adds a node and names what it makes."""

    def __init__(self, image: Sequence[int] = IMAGE, batch: int | str = "n") -> None:
        self.rng = np.random.default_rng(0)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, np.ndarray] = {}
        self.image, self.batch = tuple(image), batch

    def held(self, name: str, value: object, dtype: type = np.float32) -> str:
        self.weights[name] = np.asarray(value, dtype)
        return name

    def op(self, op_type: str, read: Sequence[str], made: str, **said: object) -> str:
        self.nodes.append(helper.make_node(op_type, list(read), [made], name=f"{made}!", **said))
        return made

    def random(self, name: str, *shape: int, scale: float = 1.0) -> str:
        return self.held(name, self.rng.standard_normal(shape) * scale)

    def conv(
        self, read: str, made: str, inputs: int = 8, outputs: int = 8, kernel: int = 1, **said: int
    ) -> str:
        shape = (outputs, inputs // said.get("group", 1), kernel, kernel)
        scale = 1 / np.sqrt(np.prod(shape[1:]))
        weights = [
            self.random(f"{made}_w", *shape, scale=scale),
            self.random(f"{made}_b", outputs, scale=0.2),
        ]
        return self.op("Conv", [read, *weights], made, pads=[kernel // 2] * 4, **said)

    def gemm(self, read: str, made: str, inputs: int, outputs: int = 5) -> str:
        weights = [
            self.random(f"{made}_w", outputs, inputs, scale=inputs**-0.5),
            self.random(f"{made}_b", outputs, scale=0.2),
        ]
        return self.op("Gemm", [read, *weights], made, transB=1)

    def head(self, read: str, channels: int = 8, made: str = "y") -> str:
        """An embedding of what is read, by its mean over each channel."""
        self.op("GlobalAveragePool", [read], f"{made}_pooled")
        self.op("Flatten", [f"{made}_pooled"], f"{made}_flat")
        return self.gemm(f"{made}_flat", made, channels)

    def net(self, *outputs: str, opset: int = 17) -> Net:
        shape = [self.batch, *self.image]
        graph = helper.make_graph(
            self.nodes,
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs or ["y"]],
            [numpy_helper.from_array(value, name) for name, value in self.weights.items()],
        )
        opsets = [helper.make_opsetid("", opset)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        return Net.of(onnx.shape_inference.infer_shapes(model, data_prop=True))


def shapes_of(net: Net) -> Shapes:
    dims = net.inputs[0].type.tensor_type.shape.dim
    return net.shapes([dim.dim_value or 1 for dim in dims])


def images(net: Net, count: int = 4, seed: int = 0) -> list[np.ndarray]:
    dims = net.inputs[0].type.tensor_type.shape.dim
    shape = [dim.dim_value or 1 for dim in dims]
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1, 1, shape).astype(np.float32) for _ in range(count)]


def run(
    net: Net, x: np.ndarray, level: ort.GraphOptimizationLevel = LEVELS.ORT_DISABLE_ALL
) -> list[np.ndarray]:
    options = ort.SessionOptions()
    options.graph_optimization_level = level
    options.log_severity_level = 3
    model = net.model().SerializeToString()
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return [np.asarray(value) for value in session.run(None, {net.inputs[0].name: x})]


def ranges_of(net: Net, names: Sequence[str], xs: Sequence[np.ndarray]) -> dict[str, Range]:
    """The extremes of tensors over images."""
    watched = net.copy()
    given = net.inputs[0].name
    shown = [name for name in names if name != given]
    watched.outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in shown]
    found = {name: Range(0, 0) for name in names}
    for x in xs:
        made = [*zip(shown, run(watched, x), strict=True), (given, x)] if shown else [(given, x)]
        for name, value in made:
            low, high = float(value.min()), float(value.max())
            if name in found:
                before = found[name]
                found[name] = Range(min(before.low, low), max(before.high, high))
    return found


def quantized(net: Net, xs: Sequence[np.ndarray] | None = None, **how: object) -> Net:
    """A network quantized with the extremes that it reaches on images."""
    shapes = shapes_of(net)
    names = quantized_tensors(net, shapes, how.get("keep_float", ()))  # type: ignore[arg-type]
    ranges: Mapping[str, Range] = ranges_of(net, names, images(net) if xs is None else xs)
    made = quantize(net, shapes, ranges, **how)  # type: ignore[arg-type]
    onnx.checker.check_model(made.model(), full_check=True)
    return made


def optimised(net: Net) -> onnx.ModelProto:
    """The graph that onnxruntime runs in a network's place."""
    with tempfile.TemporaryDirectory() as folder:
        options = ort.SessionOptions()
        options.optimized_model_filepath = str(Path(folder) / "optimised.onnx")
        options.log_severity_level = 3
        model = net.model().SerializeToString()
        ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        return onnx.load(options.optimized_model_filepath)


def kernels(net: Net) -> Counter[str]:
    """What onnxruntime runs, by op; without the layout's Transposes."""
    counted = Counter(node.op_type for node in optimised(net).graph.node)
    del counted["Transpose"]
    return counted
