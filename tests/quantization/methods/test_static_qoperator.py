"""Static INT8 whose ops take and give integers in the file itself."""

from pathlib import Path

import onnx
from quantizable import STATIC, ingredients, network

from suite.quantization.builder import build
from suite.quantization.inspection import quantized_ops


def test_ops_of_integers_stand_in_the_file(tmp_path: Path) -> None:
    path, target = network(tmp_path / "m.onnx", "n"), tmp_path / "q.onnx"
    recipe = STATIC.model_copy(update={"method": "static_qoperator"})
    assert recipe.needs_calibration
    build(path, target, ingredients(path, recipe))
    kinds = [node.op_type for node in onnx.load(target).graph.node]
    assert {"QLinearConv", "QGemm"} <= set(kinds)
    assert not {"Conv", "Gemm", "Relu"} & set(kinds)
    # In QDQ form a Conv and a Gemm would have Q/DQ before and behind, on weights too.
    assert kinds.count("DequantizeLinear") <= 2
    ops = quantized_ops(target, ("Conv", "Gemm"))
    assert (ops.quantized, ops.left_in_float) == (2, ())
