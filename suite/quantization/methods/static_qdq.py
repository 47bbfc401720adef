"""Weights and activations in 8 bits, with ranges that calibration faces give, in QDQ form."""

from pathlib import Path

import onnx
from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

from suite.catalog.errors import ArtifactError
from suite.models.onnx_file import load_graph
from suite.quantization.artifact import Ingredients, StepDone
from suite.quantization.calibration import FaceReader
from suite.quantization.preparation import Prepared


def quantize(prepared: Prepared, target: Path, ingredients: Ingredients) -> tuple[StepDone, ...]:
    """Quantize an ONNX file that was prepared for it, and write it to ``target``.

    Raises
    ------
    ArtifactError
        where there are no calibration faces, or the image input is not to be told.
    """
    recipe, calibration = ingredients.recipe, ingredients.calibration
    if calibration is None or not calibration.faces:
        raise ArtifactError(
            "a static recipe needs calibration faces: name a calibration set in the model's card "
            "or bring the artifact."
        )
    images = _image_input(load_graph(prepared.path).graph, ingredients.outputs.input)
    tensor = images.type.tensor_type
    batch = max(1, int(tensor.shape.dim[0].dim_value)) if tensor.shape.dim else 1
    reader = FaceReader(
        calibration.faces,
        ingredients.preprocess,
        images.name,
        batch,
        onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type),
    )
    quantize_static(
        prepared.path,
        target,
        reader,
        quant_format=QuantFormat.QDQ,
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


def _image_input(graph: onnx.GraphProto, name: str | None) -> onnx.ValueInfoProto:
    """The input that the card names, or the only one; weights may be listed among inputs."""
    weights = {tensor.name for tensor in graph.initializer}
    inputs: dict[str, onnx.ValueInfoProto] = {
        value.name: value for value in graph.input if value.name not in weights
    }
    if name is None and len(inputs) == 1:
        return next(iter(inputs.values()))
    if name is None:
        raise ArtifactError(
            f"the model has inputs {list(inputs)}: name one in the card's outputs.input."
        )
    if name not in inputs:
        raise ArtifactError(
            f"the model has no input {name!r} but {list(inputs)}: correct the card's outputs.input."
        )
    return inputs[name]
