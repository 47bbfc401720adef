"""A file that is not what its mode claims fails the artifact gate, unless a card allows it."""

from functools import partial
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper
from onnxruntime.quantization import quantize_dynamic
from small import DIM, bring, concluded, dynamic, network, small_catalog, small_work

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.models.onnx_file import read_onnx_file

MODE = "int8_static_qdq"


def in_qdq_form(*, weights_in_float: bool = False, swollen: bool = False) -> onnx.ModelProto:
    """The small network with its product in QDQ form, and a small one of its embedding in float."""
    model = network(
        helper.make_node("MatMul", ["e", "turn"], ["embedding"]), turn=np.eye(DIM, dtype=np.float32)
    )
    held = {tensor.name: tensor for tensor in model.graph.initializer}
    values = onnx.numpy_helper.to_array(held["projection"])
    scale = np.float32(np.abs(values).max() / 127)
    made = {"s": scale, "zero": np.int8(0), "data_s": np.float32(1 / 127)}
    if not weights_in_float:
        model.graph.initializer.remove(held["projection"])
        made["projection_q"] = np.round(values / scale).astype(np.int8)
    model.graph.initializer.extend(
        onnx.numpy_helper.from_array(np.asarray(v), n) for n, v in made.items()
    )
    nodes = [
        helper.make_node("QuantizeLinear", ["flat", "data_s", "zero"], ["flat_q"]),
        helper.make_node("DequantizeLinear", ["flat_q", "data_s", "zero"], ["flat_dq"]),
        helper.make_node("DequantizeLinear", ["projection_q", "s", "zero"], ["projection_dq"]),
    ]
    if weights_in_float:
        nodes.insert(
            2, helper.make_node("QuantizeLinear", ["projection", "s", "zero"], ["projection_q"])
        )
    flatten, product, *rest = list(model.graph.node)
    product.input[:] = ["flat_dq", "projection_dq"]
    model.doc_string = "x" * 200_000 if swollen else ""
    del model.graph.node[:]
    model.graph.node.extend([flatten, *nodes, product, *rest])
    return model


def test_other_bits_are_called_what_they_are(tmp_path: Path) -> None:
    small_catalog(tmp_path, network())
    model = in_qdq_form()
    model.opset_import[0].version, model.ir_version = 21, 10
    zero = helper.make_tensor("wide", onnx.TensorProto.UINT16, (), [0])
    model.graph.initializer.append(zero)
    for node in model.graph.node:
        if "flat_q" in (*node.input, *node.output):
            node.input[2] = "wide"
    bring(tmp_path, MODE, model)
    record = concluded(small_work(tmp_path, MODE), Gate.ARTIFACT)
    assert record.headline == (
        "nothing is quantized to 8 bits: 1 ops take uint16 data and int8 weights; int8_static_qdq "
        "claims Conv, MatMul, Gemm"
    )


def test_a_network_without_what_a_mode_claims_has_nothing_to_quantize(tmp_path: Path) -> None:
    small_catalog(tmp_path, network())
    (tmp_path / "modes").mkdir()
    text = 'id = "of-convs"\nquantizes = ["Conv"]\n[recipe]\nmethod = "dynamic"\n'
    (tmp_path / "modes" / "of-convs.toml").write_text(text)
    record = concluded(small_work(tmp_path, "of-convs"), Gate.ARTIFACT)
    assert record.headline == (
        "there is nothing to quantize: the network has no such op; of-convs claims Conv"
    )


def test_fp16_is_smaller_than_its_source_or_fails(tmp_path: Path) -> None:
    """Of a mode that claims no op too, where its policy has a loss of size."""
    small_catalog(tmp_path, network())
    half = concluded(small_work(tmp_path, "fp16"), Gate.ARTIFACT)
    assert half.measured is not None
    size, source = half.measured.figures["size_bytes"], half.measured.fp32["size_bytes"]
    assert 0.5 < size / source < 0.52
    assert half.headline.startswith("nothing accepted")
    swollen = network()
    swollen.doc_string = "x" * 1000
    bring(tmp_path, "fp16", swollen)
    whole = concluded(small_work(tmp_path, "fp16"), Gate.ARTIFACT)
    assert whole.headline.startswith("the file is not what its mode claims: Size (bytes) ")


def test_a_source_of_simulated_quantization_is_named(tmp_path: Path) -> None:
    model = network()
    (held,) = model.graph.initializer
    values = onnx.numpy_helper.to_array(held)
    step = np.abs(values).max(axis=0) / 127
    held.CopyFrom(onnx.numpy_helper.from_array(np.round(values / step) * step, held.name))
    small_catalog(tmp_path, model)
    record = concluded(small_work(tmp_path), Gate.ARTIFACT)
    assert record.notes[0].startswith("the weights of 1 of 1 layers lie on grids of 8 bits, as")


def test_the_weights_of_a_source_are_looked_at_where_they_lie_beside_it(tmp_path: Path) -> None:
    small_catalog(tmp_path, network())
    file, card = tmp_path / "small.onnx", tmp_path / "models" / "small.toml"
    digest = read_onnx_file(file).sha256
    onnx.save(
        onnx.load(file), file, save_as_external_data=True, location="small.data", size_threshold=0
    )
    card.write_text(card.read_text().replace(digest, read_onnx_file(file).sha256))
    record = concluded(small_work(tmp_path), Gate.ARTIFACT)
    assert record.headline.startswith("nothing accepted")
    assert not record.unacceptable


def test_what_is_quantized_as_claimed_passes_the_policy(tmp_path: Path) -> None:
    small_catalog(tmp_path, network())
    bring(tmp_path, MODE, in_qdq_form())
    record = concluded(small_work(tmp_path, MODE), Gate.ARTIFACT)
    measured = record.measured
    assert measured is not None
    # 768 × 32 of 768 × 32 + 32 × 32 products.
    assert measured.observed["quantized_share"] == pytest.approx(24 / 25)
    assert record.headline.startswith("nothing accepted")
    assert not record.unacceptable


@pytest.mark.parametrize(
    ("broken", "words", "allowed"),
    [
        (
            "one small op",
            "Share of claimed arithmetic quantized 0.0400, of which 0.9 is the least allowed",
            f"floor]\nquantized_share = 0.04\n[modes.{MODE}.policy.loss]\nsize_bytes = 9e9",
        ),
        (
            "float weights",
            "Weights in float before a QuantizeLinear 1 against 0 in FP32",
            "loss]\nfloat_weights = 1.0\nsize_bytes = 9e9",
        ),
        ("large", "Size (bytes) ", "loss]\nsize_bytes = 9e9"),
    ],
)
def test_what_is_not_as_claimed_fails_by_name(
    tmp_path: Path, broken: str, words: str, allowed: str
) -> None:
    small_catalog(tmp_path, network())
    model = {
        "one small op": one_small_op,
        "float weights": partial(in_qdq_form, weights_in_float=True),
        "large": partial(in_qdq_form, swollen=True),
    }[broken]()
    bring(tmp_path, MODE, model)
    record = concluded(small_work(tmp_path, MODE), Gate.ARTIFACT)
    assert record.outcome is Outcome.FAIL
    assert record.headline.startswith("the file is not what its mode claims: ")
    assert words in record.headline
    card = tmp_path / "models" / "small.toml"
    card.write_text(f"{card.read_text()}\n[modes.{MODE}.policy.{allowed}\n")
    record = concluded(small_work(tmp_path, MODE), Gate.ARTIFACT)
    assert record.headline.startswith("nothing accepted")


def one_small_op() -> onnx.ModelProto:
    """The product of 768 × 32 in float, the small one after it in QDQ form."""
    plain = network(helper.make_node("MatMul", ["e_dq", "turn_dq"], ["embedding"]))
    turn = np.eye(DIM, dtype=np.int8) * 127
    for name, value in {
        "turn_q": turn,
        "s": np.float32(1 / 127),
        "zero": np.int8(0),
        "e_s": np.float32(0.1),
    }.items():
        plain.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(value), name))
    *before, last = list(plain.graph.node)
    del plain.graph.node[:]
    plain.graph.node.extend(
        [
            *before,
            helper.make_node("QuantizeLinear", ["e", "e_s", "zero"], ["e_q"]),
            helper.make_node("DequantizeLinear", ["e_q", "e_s", "zero"], ["e_dq"]),
            helper.make_node("DequantizeLinear", ["turn_q", "s", "zero"], ["turn_dq"]),
            last,
        ]
    )
    return plain


def test_no_share_is_asked_of_dynamic_int8(tmp_path: Path) -> None:
    small_catalog(tmp_path, network())
    bring(tmp_path, "int8_dynamic", dynamic(tmp_path))
    record = concluded(small_work(tmp_path, "int8_dynamic"), Gate.ARTIFACT)
    assert record.headline.startswith("nothing accepted")
    assert {row.metric for row in record.rows} == {"size_bytes", "float_weights"}


def test_a_dynamic_mode_that_quantizes_little_is_a_finding(tmp_path: Path) -> None:
    mixed = np.random.default_rng(1).standard_normal((DIM, 40 * DIM)).astype(np.float32)
    nodes = (
        helper.make_node("MatMul", ["e", "wide"], ["w"]),
        helper.make_node("MatMul", ["w", "back"], ["embedding"]),
    )
    model = network(*nodes, wide=mixed, back=mixed.T.copy())
    small_catalog(tmp_path, model)
    onnx.save(model, tmp_path / "float.onnx")
    first = model.graph.node[1].name = "first"
    onnx.save(model, tmp_path / "float.onnx")
    quantize_dynamic(tmp_path / "float.onnx", tmp_path / "q.onnx", nodes_to_quantize=[first])
    bring(tmp_path, "int8_dynamic", onnx.load(tmp_path / "q.onnx"))
    record = concluded(small_work(tmp_path, "int8_dynamic"), Gate.ARTIFACT)
    assert record.measured is not None
    assert record.measured.doubts == (
        "int8_dynamic claims Conv, MatMul, Gemm, and 1 of 3 of them are quantized: 23.1% of their "
        "arithmetic",
    )


def test_scales_along_another_axis_than_the_outputs_fail(tmp_path: Path) -> None:
    small_catalog(tmp_path, network())
    model = in_qdq_form()
    held = {tensor.name: tensor for tensor in model.graph.initializer}
    count = held["projection_q"].dims[0]
    for name, value in {"s": np.float32(1), "zero": np.int8(0)}.items():
        for tensor in model.graph.initializer:
            if tensor.name == name:
                value = onnx.numpy_helper.to_array(tensor)
        made = onnx.numpy_helper.from_array(np.full(count, value), f"{name}_each")
        model.graph.initializer.append(made)
    for node in model.graph.node:
        if node.output[0] == "projection_dq":
            node.input[1], node.input[2] = "s_each", "zero_each"
            node.attribute.append(helper.make_attribute("axis", 0))
    bring(tmp_path, MODE, model)
    record = concluded(small_work(tmp_path, MODE), Gate.ARTIFACT)
    assert record.outcome is Outcome.FAIL
    assert f"has its {count} scales along axis 0 of weights" in record.headline
    assert "quantize it anew with a scale for each output" in record.headline
