"""Dynamic quantization of a Gemm, which onnxruntime makes a MatMul first."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from suite.catalog.mode_card import RecipeSpec
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.quantization.artifact import Ingredients
from suite.quantization.inspection import quantized_ops
from suite.quantization.methods.dynamic import quantize
from suite.quantization.preparation import Prepared

SPEC = PreprocessSpec(
    height=1, width=1, color_order="RGB", scale=255.0, mean=(0.0,) * 3, std=(1.0,) * 3
)


def test_a_gemm_is_quantized_where_gemm_alone_is_named(tmp_path: Path) -> None:
    weights = np.random.default_rng(0).standard_normal((3, 5)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 5])],
        [numpy_helper.from_array(weights, "w")],
    )
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), tmp_path / "m.onnx")
    recipe = RecipeSpec(method="dynamic", op_types=("Gemm",))
    made = Ingredients("0" * 64, recipe, SPEC, OutputSpec(embedding_dim=5), None)
    quantize(Prepared(tmp_path / "m.onnx", large=False), tmp_path / "q.onnx", made)
    ops = quantized_ops(tmp_path / "q.onnx", ("Gemm",))
    assert (ops.quantized, ops.left_in_float) == (1, ())
