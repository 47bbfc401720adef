"""Building a quantized ONNX file from a source and a recipe."""

import contextlib
import errno
import io
import logging
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quant_pre_process,
    quantize_dynamic,
    quantize_static,
)

from suite.catalog.errors import ArtifactError
from suite.catalog.mode_card import RecipeSpec
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face_set import FaceSet
from suite.models.onnx_file import load_graph
from suite.quantization.calibration import FaceReader


def build(
    source: Path,
    target: Path,
    recipe: RecipeSpec,
    spec: PreprocessSpec,
    outputs: OutputSpec,
    calibration: FaceSet | None,
) -> None:
    """Quantize ``source`` as the recipe says and write it to ``target``.

    Raises
    ------
    ArtifactError
        where onnxruntime cannot quantize the model; the message carries its reason.
    """
    prepared = target.with_name("prepared.onnx")
    try:
        with _quiet():
            _preprocess(source, prepared)
            if recipe.method == "dynamic":
                _dynamic(prepared, target, recipe)
            else:
                _static(prepared, target, recipe, spec, outputs, calibration)
    except (ArtifactError, OSError):
        raise
    except Exception as error:
        for code in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):  # from onnxruntime's own writer
            if os.strerror(code) in str(error):
                raise OSError(code, os.strerror(code)) from None
        raise ArtifactError(
            where=source,
            what=f"onnxruntime could not quantize it ({recipe.method}): "
            f"{type(error).__name__}: {_first_line(error)}.",
        ) from error
    finally:
        prepared.unlink(missing_ok=True)


def _preprocess(source: Path, prepared: Path) -> None:
    """Optimise and infer shapes; an optimiser that fails is an error, not another artifact.

    onnxruntime 1.32 only logs that failure, and goes on with the graph as it was.
    """
    logger = logging.getLogger("onnxruntime.quantization.shape_inference")
    said: list[str] = []

    def note(record: logging.LogRecord) -> bool:
        if record.levelno >= logging.ERROR:
            said.append(record.getMessage().strip())
        return False

    logger.addFilter(note)
    try:
        # Shapes by onnx: symbolic inference is for transformers and would need sympy.
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
    finally:
        logger.removeFilter(note)
    if said:
        raise RuntimeError(said[-1].splitlines()[-1])


def _dynamic(prepared: Path, target: Path, recipe: RecipeSpec) -> None:
    op_types = set(recipe.op_types)
    if "Gemm" in op_types:
        # onnxruntime turns each Gemm into a MatMul first, and would leave that in float.
        op_types.add("MatMul")
    quantize_dynamic(
        prepared,
        target,
        op_types_to_quantize=sorted(op_types) or None,
        per_channel=recipe.per_channel,
        reduce_range=recipe.reduce_range,
        weight_type=QuantType[recipe.weight_type],
    )


def _static(
    prepared: Path,
    target: Path,
    recipe: RecipeSpec,
    spec: PreprocessSpec,
    outputs: OutputSpec,
    calibration: FaceSet | None,
) -> None:
    if calibration is None or not calibration.faces:
        raise ArtifactError(
            "a static recipe needs calibration faces: name a calibration set in the model's card "
            "or bring the artifact."
        )
    graph = load_graph(prepared).graph
    name = outputs.input or _only_input(graph)
    reader = FaceReader(calibration.faces, spec, name, _fixed_batch(graph), _type(graph, name))
    quantize_static(
        prepared,
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
    )


def _only_input(graph: onnx.GraphProto) -> str:
    weights = {tensor.name for tensor in graph.initializer}
    names = [value.name for value in graph.input if value.name not in weights]
    if len(names) != 1:
        raise ArtifactError(f"the model has inputs {names}: name one in the card's outputs.input.")
    return str(names[0])


def _type(graph: onnx.GraphProto, name: str) -> np.dtype[np.generic]:
    kinds = {value.name: value.type.tensor_type.elem_type for value in graph.input}
    return onnx.helper.tensor_dtype_to_np_dtype(kinds[name])


def _fixed_batch(graph: onnx.GraphProto) -> int:
    weights = {tensor.name for tensor in graph.initializer}
    for value in graph.input:
        if value.name not in weights and value.type.tensor_type.shape.dim:
            return max(1, int(value.type.tensor_type.shape.dim[0].dim_value))
    return 1


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0].rstrip(".") if text else "no reason given"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep onnxruntime's advice out of the run's output; its errors still raise."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
