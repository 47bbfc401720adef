"""What an ONNX file must be before its graph is walked: text, whole tensors, a size it can have.

Protobuf takes any bytes for a name, any number for a type, and any shape beside any data.
"""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from math import prod

import onnx
from google.protobuf.message import Message

from suite.models.graph import all_graphs, nodes_in

# Networks of faces have some hundred nodes, with everything that a quantizer adds some thousand.
_MOST_NODES = 1_000_000
_TYPES = frozenset(onnx.TensorProto.DataType.values())
_Call = tuple[str, str, str]
# Where a tensor that has no raw bytes keeps its values, and how many it keeps of each.
_FIELDS = {
    **dict.fromkeys(("FLOAT",), ("float_data", 1)),
    **dict.fromkeys(("COMPLEX64",), ("float_data", 2)),
    **dict.fromkeys(("DOUBLE",), ("double_data", 1)),
    **dict.fromkeys(("COMPLEX128",), ("double_data", 2)),
    **dict.fromkeys(("INT64",), ("int64_data", 1)),
    **dict.fromkeys(("UINT32", "UINT64"), ("uint64_data", 1)),
    **dict.fromkeys(("INT32", "INT16", "INT8", "UINT16", "UINT8", "BOOL"), ("int32_data", 1)),
    **dict.fromkeys(("FLOAT16", "BFLOAT16"), ("int32_data", 1)),
    **dict.fromkeys(("STRING",), ("string_data", 1)),
}
_KEPT = {onnx.TensorProto.DataType.Value(name): field for name, field in _FIELDS.items()}


def unsound(model: onnx.ModelProto) -> str | None:
    """Why a model cannot be walked or loaded, with what to do, in words; None where it can."""
    return next(chain(_mistakes(model), _circles(model), _explosions(model)), None)


def _mistakes(message: Message) -> Iterator[str]:
    if isinstance(message, onnx.TensorProto):
        yield from _of_tensor(message)
        return
    if isinstance(message, onnx.NodeProto) and not any(message.output):
        yield f"node {message.name!r}, a {message.op_type!r}, has no output; export it again"
    for field, value in message.ListFields():
        parts = value if field.is_repeated else (value,)
        if field.message_type is not None:
            for part in parts:
                yield from _mistakes(part)
        elif field.type == field.TYPE_STRING:
            yield from (_no_text(part) for part in parts if isinstance(part, bytes))


def _no_text(given: bytes) -> str:
    return f"has {given!r} for a name, which is not text in UTF-8; export it again"


def _of_tensor(tensor: onnx.TensorProto) -> Iterator[str]:
    if isinstance(tensor.name, bytes):
        yield _no_text(tensor.name)
    named = f"tensor {tensor.name!r}"
    if tensor.data_type not in _TYPES:
        yield (
            f"{named} is of the type {tensor.data_type}, which onnx {onnx.__version__} does not "
            "know; export it again, or install a newer onnx"
        )
    elif min(tensor.dims, default=0) < 0:
        yield f"{named} has the shape {list(tensor.dims)}; export it again"
    elif tensor.data_location == onnx.TensorProto.EXTERNAL:
        for entry in tensor.external_data:
            yield from (_no_text(e) for e in (entry.key, entry.value) if isinstance(e, bytes))
    elif not _is_whole(tensor):
        yield (
            f"{named} has the shape {list(tensor.dims)} and not as much data; copy or export it "
            "again"
        )


def _is_whole(tensor: onnx.TensorProto) -> bool:
    """Whether a tensor has the values that its shape asks for; of packed types at least one."""
    count = prod(tensor.dims)
    if tensor.HasField("raw_data"):
        held, bits = len(tensor.raw_data), _bits(tensor.data_type)
        return bits is None or held == (count * bits + 7) // 8
    field, each = _KEPT.get(tensor.data_type, ("", 1))
    return not field or len(getattr(tensor, field)) == count * each


def _bits(data_type: int) -> int | None:
    """How many bits a value has in raw bytes; None where onnx does not say."""
    name = onnx.TensorProto.DataType.Name(data_type)
    if name in ("STRING", "UNDEFINED"):
        return None
    if name in ("INT4", "UINT4", "FLOAT4E2M1"):
        return 4
    if name in ("INT2", "UINT2"):
        return 2
    return int(onnx.helper.tensor_dtype_to_np_dtype(data_type).itemsize * 8)


def _circles(model: onnx.ModelProto) -> Iterator[str]:
    for scope in (*all_graphs(model), *model.functions):
        made_by = {name: index for index, node in enumerate(scope.node) for name in node.output}
        before = {
            index: {made_by[name] for name in node.input if name and name in made_by}
            for index, node in enumerate(scope.node)
        }
        try:
            TopologicalSorter(before).prepare()
        except CycleError as error:
            node = scope.node[error.args[1][0]]
            named = node.name or node.output[0]
            yield f"node {named!r} takes what is made of its own output; export it again"


def _explosions(model: onnx.ModelProto) -> Iterator[str]:
    """Why local functions, which a runtime writes out wherever they are called, have no end.

    A few of them that each call the one before ten times make as many nodes as no memory holds.
    """
    functions = {(f.domain, f.name, f.overload): f for f in model.functions}
    calls = {key: list(map(_call, nodes_in(each.node))) for key, each in functions.items()}
    known = {key: {name for name in called if name in calls} for key, called in calls.items()}
    try:
        order = list(TopologicalSorter(known).static_order())
    except CycleError as error:
        yield f"its local function {error.args[1][0][1]!r} calls itself; export it without"
        return
    sizes: dict[_Call, int] = {}
    for key in order:
        sizes[key] = sum(sizes.get(name, 1) for name in calls[key])
    main = sum(sizes.get(_call(node), 1) for node in nodes_in(model.graph.node))
    if max(main, *sizes.values(), 0) > _MOST_NODES:
        count = f"over {_MOST_NODES:,} nodes"
        yield f"has {count}, local functions written out; export it without these"


def _call(node: onnx.NodeProto) -> _Call:
    return node.domain, node.op_type, node.overload
