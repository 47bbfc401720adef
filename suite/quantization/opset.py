"""A network's opset, raised to the first whose DequantizeLinear takes a scale per channel."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
from onnx import version_converter

from suite.catalog.errors import ArtifactError, reason_of
from suite.catalog.mode_card import RecipeSpec
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.models.onnx_file import load_graph
from suite.runtime.binding import noise
from suite.runtime.ports import find_port, image_input
from suite.verification.scores import unit_rows

# Before it DequantizeLinear has no axis: https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html
PER_CHANNEL = 13
# The most that a value of a unit-length embedding may change by another opset.
EXACT = 1e-5
_IMAGES = 4


def needs_raising(source: Path, recipe: RecipeSpec) -> bool:
    """Whether an ONNX file is of an older opset than a recipe's Q/DQ nodes need."""
    per_channel = recipe.method == "static_qdq" and recipe.per_channel
    return per_channel and opset_of(load_graph(source)) < PER_CHANNEL


def opset_of(model: onnx.ModelProto) -> int:
    """The opset of ONNX's own domain."""
    versions = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    return max(versions, default=1)


def raise_opset(source: Path, target: Path, spec: PreprocessSpec, outputs: OutputSpec) -> None:
    """Write an ONNX file in the opset `PER_CHANNEL`, proved to give the same embeddings.

    Raises
    ------
    ArtifactError
        where onnx cannot convert it, or where the embeddings of noise differ, at unit length, by
        more than `EXACT`.
    """
    model = onnx.load(source)
    before = opset_of(model)
    _constants_alone(model)
    try:
        onnx.save(version_converter.convert_version(model, PER_CHANNEL), target)
    except Exception as error:  # the converter's assertions are RuntimeErrors, and others
        raise ArtifactError(
            where=source,
            what=f"its opset {before} cannot hold a scale per channel, and onnx cannot convert it "
            f"to {PER_CHANNEL} ({reason_of(error)}); {_EXPORT_ANEW}",
        ) from None
    difference = np.abs(
        _embeddings(source, spec, outputs) - _embeddings(target, spec, outputs)
    ).max()
    # Not a number is no agreement either.
    if not difference <= EXACT:
        raise ArtifactError(
            where=source,
            what=f"its opset {before} cannot hold a scale per channel, and converted to "
            f"{PER_CHANNEL} its embeddings differ by {difference:.2g} at unit length (at most "
            f"{EXACT:g} may); {_EXPORT_ANEW}",
        )


_EXPORT_ANEW = (
    f"export it with opset {PER_CHANNEL} or newer, or quantize it by a mode with "
    "per_channel = false."
)


def _constants_alone(model: onnx.ModelProto) -> None:
    """Take weights off the inputs, where files before IR 4 list them: they could be fed anew."""
    weights = {tensor.name for tensor in model.graph.initializer}
    images = [port for port in model.graph.input if port.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(images)
    model.ir_version = max(model.ir_version, onnx.IR_VERSION_2020_5_8)


def _embeddings(path: Path, spec: PreprocessSpec, outputs: OutputSpec) -> npt.NDArray[np.floating]:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name, dtype = image_input(session, outputs.input)
    wanted = find_port(session.get_outputs(), outputs.embedding, "embedding").name
    batch = session.get_inputs()[0].shape[0]
    shape = spec.shape(batch if isinstance(batch, int) else 1)
    rows = [session.run([wanted], {name: noise(shape, dtype, n)})[0] for n in range(_IMAGES)]
    flat = [row.reshape(len(row), -1) for row in rows]
    return unit_rows(np.concatenate(flat).astype(np.float64))
