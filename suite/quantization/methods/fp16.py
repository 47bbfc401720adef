"""Weights and arithmetic in float16; images and embeddings stay float32."""

from pathlib import Path

import onnx
from onnxruntime.quantization.onnx_model import ONNXModel
from onnxruntime.transformers.float16 import convert_float_to_float16

from suite.models.onnx_file import load_whole
from suite.quantization.artifact import Ingredients, StepDone
from suite.quantization.preparation import Prepared


def quantize(prepared: Prepared, target: Path, ingredients: Ingredients) -> tuple[StepDone, ...]:
    """Convert an ONNX file that was prepared for it, and write it to ``target``."""
    model = load_whole(prepared.path)
    graph = model.graph
    # Of old files weights are inputs too, whose type onnxruntime 1.24 crashes over once converted.
    weights = {tensor.name for tensor in graph.initializer}
    images = [port for port in graph.input if port.name not in weights]
    del graph.input[:]
    graph.input.extend(images)
    kept = [port.name for port in (*graph.input, *graph.output)]
    # The types of tensors are inferred already, and a large file could not be handed over.
    model = convert_float_to_float16(model, keep_io_types=kept, disable_shape_infer=True)
    # The casts of inputs stand at the end.
    ordered = ONNXModel(model)
    ordered.topological_sort()
    onnx.save(
        ordered.model,
        target,
        save_as_external_data=prepared.large,
        location=f"{target.name}.data" if prepared.large else None,
    )
    return ()
