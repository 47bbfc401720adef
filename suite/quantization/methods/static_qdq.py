"""Weights and activations in 8 bits, with ranges that calibration faces give, by onnxruntime."""

from collections.abc import Mapping
from pathlib import Path

from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

from suite.models.onnx_file import load_graph
from suite.quantization.artifact import Ingredients, StepDone
from suite.quantization.calibration import face_reader
from suite.quantization.preparation import Prepared
from suite.quantization.ranges.calibrate import Calibration
from suite.quantization.ranges.for_onnxruntime import takes_ranges, write_ranges

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
        **_handed(prepared, ingredients),
    )
    return ()


def _handed(prepared: Prepared, ingredients: Ingredients) -> Mapping[str, Path]:
    """Ranges that onnxruntime is handed instead of calibrating itself; none by minimum and maximum.

    Of a network whose weights lie beside it, onnxruntime calibrates by itself.
    """
    recipe = ingredients.recipe
    if not takes_ranges(recipe.calibration_method) or prepared.large:
        return {}
    path = write_ranges(
        prepared.path,
        recipe.op_types,
        recipe.calibration_method,
        ingredients.preprocess.shape(1),
        Calibration.of(prepared, ingredients),
    )
    return {"calibration_cache_path": path} if path else {}
