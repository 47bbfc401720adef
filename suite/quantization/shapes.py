"""The shapes of a graph's tensors, whatever was quantized in it."""

from collections.abc import Sequence

import onnx

from suite.models.graph import all_graphs, all_nodes

# Ops whose shapes ONNX does not infer, each with the op that gives the same shapes and those of
# its inputs that count; None are all, every third of them a tensor (its scale, its zero point).
_LIKE: dict[str, tuple[str, tuple[int, ...] | None]] = {
    "QuantizeLinear": ("Identity", (0,)),
    "DequantizeLinear": ("Identity", (0,)),
    "FusedConv": ("Conv", (0, 1)),
    "ConvInteger": ("Conv", (0, 1)),
    "QLinearConv": ("Conv", (0, 3)),
    "MatMulInteger": ("MatMul", (0, 1)),
    "MatMulIntegerToFloat": ("MatMul", (0, 1)),
    "DynamicQuantizeMatMul": ("MatMul", (0, 1)),
    "QLinearMatMul": ("MatMul", (0, 3)),
    "FusedGemm": ("Gemm", (0, 1)),
    "QGemm": ("Gemm", (0, 3)),
    "QLinearAdd": ("Add", (0, 3)),
    "QLinearMul": ("Mul", (0, 3)),
    "QLinearLeakyRelu": ("Identity", (0,)),
    "QLinearSigmoid": ("Identity", (0,)),
    "QLinearSoftmax": ("Identity", (0,)),
    "QLinearAveragePool": ("AveragePool", (0,)),
    "QLinearGlobalAveragePool": ("GlobalAveragePool", (0,)),
    "QLinearConcat": ("Concat", None),
}
# Attributes that the op which gives the shapes does not have.
_OWN_ATTRIBUTES = {"Conv": {"activation", "activation_params"}, "Gemm": {"activation"}}
Shapes = dict[str, tuple[int, ...]]


def known_shapes(model: onnx.ModelProto, input_name: str | None, image: Sequence[int]) -> Shapes:
    """The shapes of the tensors that are made or held in a model's graphs, where they are known.

    Parameters
    ----------
    model : is changed: its quantized ops to ops of the same shapes
    input_name : the image input; the only one where it is None
    image : the shape of one image there, which fills what the graph leaves open
    """
    _fill_input(model.graph, input_name, image)
    for graph in all_graphs(model):
        del graph.value_info[:]
    for node in all_nodes(model):
        _to_known(node)
    try:
        inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    except Exception:  # onnx's own classes, of graphs that contradict themselves
        inferred = model
    shapes: Shapes = {}
    for graph in all_graphs(inferred):
        shapes |= {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
        for value in (*graph.input, *graph.value_info, *graph.output):
            dims = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
            if value.type.tensor_type.HasField("shape") and all(dim > 0 for dim in dims):
                shapes[value.name] = tuple(dims)
    return shapes


def _fill_input(graph: onnx.GraphProto, name: str | None, image: Sequence[int]) -> None:
    held = {tensor.name for tensor in graph.initializer}
    for value in graph.input:
        dims = value.type.tensor_type.shape.dim
        if value.name not in held and name in (None, value.name) and len(dims) == len(image):
            for dim, size in zip(dims, image, strict=True):
                if dim.dim_value <= 0:
                    dim.dim_value = size


def _to_known(node: onnx.NodeProto) -> None:
    if node.op_type not in _LIKE:
        return
    like, used = _LIKE[node.op_type]
    if used is not None and max(used) >= len(node.input):
        return
    node.op_type, node.domain = like, ""
    kept = list(node.input[2::3]) if used is None else [node.input[i] for i in used]
    del node.input[:]
    node.input.extend(kept)
    left_out = _OWN_ATTRIBUTES.get(node.op_type, set())
    attributes = [a for a in node.attribute if a.name not in left_out]
    del node.attribute[:]
    if node.op_type != "Identity":
        node.attribute.extend(attributes)
