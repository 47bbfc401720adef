"""ONNX files: all that is read of one before a session, and sessions as ``check`` opens them."""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError, Message
from onnx import TensorProto, helper, numpy_helper

from suite.catalog.errors import ModelError
from suite.catalog.folder import read_catalog
from suite.catalog.model_card import Feeding, OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.entry_points.commands.draft import draft_card
from suite.gates.charts import charts
from suite.models.onnx_file import load_whole, read_onnx_file
from suite.models.precision import precision_of
from suite.models.simulated import signs_of_simulation
from suite.quantization.inspection import quantized_ops
from suite.runtime.trial import Trial, _question
from tests.fuzz.mutators import GENERIC
from tests.fuzz.sessions import Sessions
from tests.fuzz.target import Mutant, Target, Verdict

_SIDE, _DIM = 8, 4
_FILE, _DATA = "net.onnx", "net.data"
_NUMBERS = (0, 1, -1, 2, 7, 99, 2**31 - 1, -(2**31), 2**40, 2**62, 2**63 - 1, -(2**63))
_TEXTS = (
    "",
    "x",
    "w",
    "e",
    "Conv",
    "Gemm",
    "If",
    "Loop",
    "own",
    "../x",
    "\0",
    "\x1b[2J",
    "é" * 9000,
)


def _weights(rng: np.random.Generator, name: str, *shape: int) -> TensorProto:
    return numpy_helper.from_array(rng.standard_normal(shape).astype(np.float32), name)


def _network(*, external: bool = False, function: bool = False) -> bytes:
    """A convolution, a PReLU, an If and a Gemm; weights beside it, or a local function in it."""
    rng = np.random.default_rng(24)
    held = [
        _weights(rng, "w", 4, 3, 3, 3),
        _weights(rng, "s", 4, 1, 1),
        _weights(rng, "g", 4 * 6 * 6, _DIM),
        numpy_helper.from_array(np.array(True), "yes"),
    ]
    flat = [helper.make_node("Flatten", ["p"], [name]) for name in ("t", "f")]
    branches = [
        helper.make_graph([node], "b", [], [helper.make_empty_tensor_value_info(node.output[0])])
        for node in flat
    ]
    act = helper.make_node("act", ["c", "s"], ["p"], domain="own")
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], name="conv", kernel_shape=[3, 3]),
        act if function else helper.make_node("PRelu", ["c", "s"], ["p"], name="slopes"),
        helper.make_node(
            "If", ["yes"], ["q"], name="if", then_branch=branches[0], else_branch=branches[1]
        ),
        helper.make_node("Gemm", ["q", "g"], ["e"], name="head"),
    ]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    model = _model("net", nodes, held, opsets)
    if function:
        body = [helper.make_node("PRelu", ["a", "b"], ["c"])]
        made = helper.make_function("own", "act", ["a", "b"], ["c"], body, opsets)
        model.functions.append(made)
    if external:
        _point_outside(model.graph.initializer[2])
    return model.SerializeToString()


def _model(
    name: str,
    nodes: Sequence[onnx.NodeProto],
    held: Sequence[TensorProto],
    opsets: Sequence[onnx.OperatorSetIdProto],
) -> onnx.ModelProto:
    """A network from images ``x`` to embeddings ``e``."""
    images = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, _SIDE, _SIDE])
    embeddings = helper.make_tensor_value_info("e", TensorProto.FLOAT, ["n", _DIM])
    graph = helper.make_graph(nodes, name, [images], [embeddings], held)
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def _point_outside(tensor: TensorProto) -> None:
    size = len(tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", _DATA), ("offset", "0"), ("length", str(size))):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value


def _quantized() -> bytes:
    """A QDQ form of one Gemm."""
    rng = np.random.default_rng(7)
    weights = rng.integers(-127, 127, (3 * _SIDE * _SIDE, _DIM), dtype=np.int8)
    held = [
        numpy_helper.from_array(weights, "w"),
        numpy_helper.from_array(np.float32(0.02), "scale"),
        numpy_helper.from_array(np.uint8(128), "zero"),
        numpy_helper.from_array(np.int8(0), "weights_zero"),
    ]
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["d"]),
        helper.make_node("Flatten", ["d"], ["f"]),
        helper.make_node("DequantizeLinear", ["w", "scale", "weights_zero"], ["v"]),
        helper.make_node("Gemm", ["f", "v"], ["e"], name="head"),
    ]
    opsets = [helper.make_opsetid("", 17)]
    return _model("quantized", nodes, held, opsets).SerializeToString()


def _networks() -> list[bytes]:
    return [_network(), _network(function=True), _network(external=True), _quantized()]


def _beside(folder: Path) -> None:
    weights = np.random.default_rng(5).standard_normal((4 * 6 * 6, _DIM)).astype(np.float32)
    (folder / _DATA).write_bytes(weights.tobytes())


def other_field(rng: Random, data: bytes) -> bytes:
    """A field of any message of a network is another, twice there, or missing."""
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
        message = rng.choice(list(_messages(model)))
        field, value = rng.choice(message.ListFields())
        _change(rng, message, field, value)
        return model.SerializeToString()
    except (DecodeError, IndexError, ValueError, TypeError, UnicodeError):
        return data


def _messages(message: Message) -> list[Message]:
    found = [message]
    for field, value in message.ListFields():
        if field.message_type is not None:
            for part in value if field.is_repeated else (value,):
                found += _messages(part)
    return found


def _change(rng: Random, message: Message, field: Any, value: Any) -> None:
    if field.is_repeated:
        place = rng.randrange(len(value))
        if rng.random() < 0.5:
            del value[place]
        elif field.message_type is not None:
            value.add().CopyFrom(value[place])
        elif rng.random() < 0.5:
            value.append(value[place])
        else:
            value[place] = _other(rng, field, value[place])
    elif rng.random() < 0.3:
        message.ClearField(field.name)
    elif field.message_type is None:
        setattr(message, field.name, _other(rng, field, value))


def _other(rng: Random, field: Any, value: Any) -> Any:
    if isinstance(value, bytes):
        return value[: rng.randrange(len(value) + 1)]
    if isinstance(value, str):
        return rng.choice(_TEXTS)
    if isinstance(value, float):
        return rng.choice((0.0, -1.0, 1e38, float("inf"), float("nan")))
    return rng.choice(_NUMBERS if field.cpp_type == field.CPPTYPE_INT64 else _NUMBERS[:8])


def _read(path: Path) -> object:
    file = read_onnx_file(path)
    ops = quantized_ops(path, ("Conv", "Gemm", "MatMul"), None, (3, _SIDE, _SIDE))
    signs = signs_of_simulation(load_whole(path))
    try:
        said: str = precision_of(path)
        draft_card(path, None)
    except ModelError as error:  # as of a quantized one
        assert path.name in str(error) and str(error).isprintable()
        said = "refused"
    return file.size_bytes, ops, signs, said


def _same_or_other(result: object, mutant: Mutant) -> Verdict:
    return Verdict.SAME if result == mutant.wanted else Verdict.OTHER


@cache
def _sessions(process: int) -> Sessions:
    """One for a process: a fork has none of its own, and takes no other's."""
    height = width = _SIDE
    spec = PreprocessSpec(
        height=height,
        width=width,
        color_order="RGB",
        scale=255.0,
        mean=(127.5,) * 3,
        std=(127.5,) * 3,
    )
    feeding = Feeding(spec, OutputSpec(embedding_dim=_DIM))
    two: tuple[Face, ...] = tuple(charts(height, width)[:2])
    trial = Trial(Path(_FILE), read_catalog().providers["cpu"], feeding, "none", two)
    return Sessions(_question(trial))


def _start(folder: Path) -> None:
    _beside(folder)
    _sessions(os.getpid())


def _open(path: Path) -> object:
    """What ``check`` says of a network; that it cannot be run is a refusal."""
    read_onnx_file(path)
    answer = _sessions(os.getpid()).tried(path)
    problem = answer.get("problem") or (answer.get("value") or {}).get("problem")
    if problem:
        raise ModelError(problem if path.name in problem else f"{path}: {problem}")
    return "runs"


def _runs(result: object, mutant: Mutant) -> Verdict:
    return Verdict.SAME if mutant.data == mutant.whole else Verdict.OTHER


_BOTH = (*GENERIC, *[other_field] * 30)
TARGETS = (
    Target("onnx", _FILE, _networks, _read, _same_or_other, beside=_beside, mutators=_BOTH),
    Target("onnx-session", _FILE, _networks, _open, _runs, beside=_start, mutators=_BOTH),
)
