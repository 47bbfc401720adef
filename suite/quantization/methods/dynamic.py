"""Weights in 8 bits, activations quantized while the network runs."""

from pathlib import Path

from onnxruntime.quantization import QuantType, quantize_dynamic

from suite.quantization.artifact import Ingredients, StepDone
from suite.quantization.preparation import Prepared


def quantize(prepared: Prepared, target: Path, ingredients: Ingredients) -> tuple[StepDone, ...]:
    """Quantize an ONNX file that was prepared for it, and write it to ``target``."""
    recipe = ingredients.recipe
    op_types = set(recipe.op_types)
    if "Gemm" in op_types:
        # onnxruntime turns each Gemm into a MatMul first, and would leave that in float.
        op_types.add("MatMul")
    quantize_dynamic(
        prepared.path,
        target,
        op_types_to_quantize=sorted(op_types) or None,
        per_channel=recipe.per_channel,
        reduce_range=recipe.reduce_range,
        weight_type=QuantType[recipe.weight_type],
        use_external_data_format=prepared.large,
    )
    return ()
