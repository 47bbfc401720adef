"""Weights and activations in 8 bits, with ranges that calibration faces give, by onnxruntime."""

from pathlib import Path

from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

from suite.models.onnx_file import load_graph
from suite.quantization.artifact import Ingredients, StepDone
from suite.quantization.calibration import face_reader
from suite.quantization.preparation import Prepared

_FORMS = {"static_qdq": QuantFormat.QDQ, "static_qoperator": QuantFormat.QOperator}


def quantize(prepared: Prepared, target: Path, ingredients: Ingredients) -> tuple[StepDone, ...]:
    """Quantize an ONNX file that was prepared for it, and write it to ``target``.

    Raises
    ------
    ArtifactError
        where there are no calibration faces, or the image input is not to be told.
    """
    recipe = ingredients.recipe
    graph = load_graph(prepared.path).graph
    weights = {tensor.name for tensor in graph.initializer}
    reader = face_reader([v for v in graph.input if v.name not in weights], ingredients)
    quantize_static(
        prepared.path,
        target,
        reader,
        quant_format=_FORMS[recipe.method],
        op_types_to_quantize=sorted(recipe.op_types) or None,
        per_channel=recipe.per_channel,
        reduce_range=recipe.reduce_range,
        activation_type=QuantType[recipe.activation_type],
        weight_type=QuantType[recipe.weight_type],
        calibrate_method=CalibrationMethod[recipe.calibration_method],
        extra_options={"ActivationSymmetric": recipe.symmetric_activations},
        use_external_data_format=prepared.large,
    )
    return ()
