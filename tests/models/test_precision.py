"""What FP32 must be, by one rule that draft, check and the gates share."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from suite.catalog.errors import ModelError
from suite.catalog.folder import read_catalog
from suite.catalog.source import BroughtArtifact, SourceSpec
from suite.entry_points.commands.draft import draft_card
from suite.gates.model_work import ModelWork
from suite.models.onnx_file import read_onnx_file
from suite.models.precision import precision_of, require_precision

RNG = np.random.default_rng(0)
WEIGHTS = RNG.standard_normal((48, 5)).astype(np.float32)
CATALOG = read_catalog()
CPU_FP32, INT8 = CATALOG.modes["fp32"], CATALOG.modes["int8_static_qdq"]


def save(
    path: Path,
    *extra: onnx.NodeProto,
    weights: onnx.TensorProto | None = None,
    functions: list[onnx.FunctionProto] | None = None,
) -> Path:
    """A network of one MatMul, with more nodes that nothing uses."""
    matmul = helper.make_node("MatMul", ["flat", "w"], ["y"], name="head")
    nodes = [helper.make_node("Flatten", ["x"], ["flat"]), matmul]
    graph = helper.make_graph(
        [*nodes, *extra],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 4, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 5])],
        [weights or numpy_helper.from_array(WEIGHTS, "w")],
    )
    model = helper.make_model(graph, ir_version=9, functions=functions or [])
    onnx.save(model, path)
    return path


def node(op_type: str, domain: str = "", **attributes: object) -> onnx.NodeProto:
    return helper.make_node(op_type, ["y"], ["z"], name="extra", domain=domain, **attributes)


def in_a_branch(inner: onnx.NodeProto) -> onnx.NodeProto:
    out = helper.make_tensor_value_info("z", TensorProto.FLOAT, None)
    branch = helper.make_graph([inner], "branch", [], [out])
    return node("If", then_branch=branch, else_branch=branch)


QUANTIZED = "the network is quantized already, and what that cost would be in no figure"


@pytest.mark.parametrize(
    ("op_type", "domain", "words"),
    [
        ("QuantizeLinear", "", QUANTIZED),
        ("DequantizeLinear", "", QUANTIZED),
        ("DynamicQuantizeLinear", "", QUANTIZED),
        ("QLinearConv", "", QUANTIZED),
        ("ConvInteger", "", QUANTIZED),
        ("MatMulInteger", "", QUANTIZED),
        ("QLinearAdd", "com.microsoft", QUANTIZED),
        ("MatMulIntegerToFloat", "com.microsoft", QUANTIZED),
        ("QcQuantizeOp", "aimet.customop.cpu", QUANTIZED),
        ("Quant", "onnx.brevitas", QUANTIZED),
        ("BFPQuantizeDequantize", "com.amd.quark", QUANTIZED),
        ("FakeQuantize", "org.openvinotoolkit", QUANTIZED),
        ("FusedConv", "com.microsoft", "which an optimiser left"),
        ("Conv", "com.microsoft.nchwc", "which an optimiser left"),
        ("Conv", "com.ms.internal.nhwc", "which an optimiser left"),
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_a_node_that_no_float_network_has_is_named(
    tmp_path: Path, op_type: str, domain: str, words: str, nested: bool
) -> None:
    inner = node(op_type, domain)
    path = save(tmp_path / "m.onnx", in_a_branch(inner) if nested else inner)
    with pytest.raises(ModelError) as caught:
        precision_of(path)
    shown = f"{domain}.{op_type}" if domain else op_type
    assert str(caught.value).startswith(f"{path}: node 'extra' is a {shown}")
    assert words in str(caught.value)


def test_a_node_in_a_local_function_is_named(tmp_path: Path) -> None:
    opset = [helper.make_opsetid("", 17)]
    function = helper.make_function("mine", "Layer", ["y"], ["z"], [node("QLinearConv")], opset)
    path = save(tmp_path / "m.onnx", node("Layer", "mine"), functions=[function])
    with pytest.raises(ModelError, match="node 'extra' is a QLinearConv"):
        precision_of(path)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (numpy_helper.from_array(WEIGHTS.astype(np.int8), "w"), "weight 'w' is int8: the network"),
        (numpy_helper.from_array(WEIGHTS.astype(np.float64), "w"), "'w' is double, which nothing"),
    ],
)
def test_weights_of_another_type_are_named(
    tmp_path: Path, weights: onnx.TensorProto, words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        precision_of(save(tmp_path / "m.onnx", weights=weights))


def half(path: Path) -> Path:
    return save(path, weights=numpy_helper.from_array(WEIGHTS.astype(np.float16), "w"))


def bfloat16(path: Path) -> Path:
    bits = (WEIGHTS.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    return save(path, weights=helper.make_tensor("w", TensorProto.BFLOAT16, (48, 5), bits, True))


def in_a_constant(path: Path) -> Path:
    value = numpy_helper.from_array(WEIGHTS.astype(np.float16))
    return save(path, helper.make_node("Constant", [], ["w16"], value=value))


@pytest.mark.parametrize(
    ("made", "said", "name"),
    [(half, "float16", "w"), (bfloat16, "bfloat16", "w"), (in_a_constant, "float16", "w16")],
)
def test_a_half_source_is_allowed_where_the_card_says_so(
    tmp_path: Path, made: Callable[[Path], Path], said: str, name: str
) -> None:
    path = made(tmp_path / "m.onnx")
    require_precision(path, said)
    with pytest.raises(ModelError) as caught:
        require_precision(path, "float32")
    assert str(caught.value) == (
        f"{path}: weight '{name}' is {said}: this is no FP32; name the float32 file that it was "
        f"made from, or write precision = '{said}' under [source], and the report says so."
    )
    assert f'precision = "{said}"' in draft_card(path, tmp_path)


def test_a_float_network_is_float32(tmp_path: Path) -> None:
    few = numpy_helper.from_array(np.ones((1, 3, 1, 1), np.float64))
    labels = numpy_helper.from_array(np.ones((48, 5), np.int64))
    constants = [
        helper.make_node("Constant", [], [n], value=v)
        for n, v in zip("ab", [few, labels], strict=True)
    ]
    path = save(tmp_path / "m.onnx", *constants, node("Quantile", "my.statistics"))
    require_precision(path, "float32")
    assert "precision" not in draft_card(path, tmp_path)
    with pytest.raises(ModelError, match="its weights are float32; leave the key out"):
        require_precision(path, "float16")


def test_no_card_is_drafted_of_a_quantized_network(tmp_path: Path) -> None:
    path = save(tmp_path / "m.onnx", node("QuantizeLinear"))
    with pytest.raises(ModelError, match=r"is a QuantizeLinear: .*and this one in \[artifacts"):
        draft_card(path, tmp_path)


def work(folder: Path, file: Path, **rest: object) -> ModelWork:
    """The gates' work on a model whose source is this file."""
    source = SourceSpec(file=file.name, sha256=read_onnx_file(file).sha256)
    changed = {"source": source, "card_file": folder / "m.toml", "calibration": None, **rest}
    card = CATALOG.models["arcface-embedded"].model_copy(update=changed)
    provider = CATALOG.providers["cpu"]
    return ModelWork(SimpleNamespace(catalog=CATALOG, provider=provider), card)


def test_gates_take_no_quantized_source(tmp_path: Path) -> None:
    made = work(tmp_path, save(tmp_path / "m.onnx", node("QuantizeLinear")))
    with pytest.raises(ModelError, match="node 'extra' is a QuantizeLinear"):
        _ = made.case(INT8).artifact
    with pytest.raises(ModelError, match="node 'extra' is a QuantizeLinear"):
        _ = made.case(CPU_FP32).artifact


def brought(mode: str, file: Path) -> dict[str, BroughtArtifact]:
    return {mode: BroughtArtifact(file=file.name, sha256=read_onnx_file(file).sha256)}


def test_gates_take_no_source_for_its_own_artifact(tmp_path: Path) -> None:
    file = save(tmp_path / "m.onnx")
    made = work(tmp_path, file, artifacts=brought(INT8.id, file))
    with pytest.raises(ModelError, match=r"is the very file that is the source \(.*m\.onnx\)"):
        _ = made.case(INT8).artifact


def test_gates_hold_an_fp32_that_is_brought_to_the_same_rule(tmp_path: Path) -> None:
    quantized = save(tmp_path / "q.onnx", node("QLinearConv"))
    made = work(tmp_path, save(tmp_path / "m.onnx"), artifacts=brought("fp32", quantized))
    with pytest.raises(ModelError, match=r"q\.onnx: node 'extra' is a QLinearConv"):
        _ = made.fp32.artifact
