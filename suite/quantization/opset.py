"""A source's opset, raised where a method needs a higher one, and held against the source."""

from collections.abc import Iterator
from pathlib import Path

import onnx
from onnx import version_converter

from suite.catalog.errors import ArtifactError, SuiteError, reason_of
from suite.catalog.mode_card import RecipeSpec
from suite.models.onnx_file import load_graph, load_whole
from suite.quantization.artifact import Ingredients
from suite.quantization.probe import Drift, Probe

# Before it DequantizeLinear has no axis: https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html
PER_CHANNEL = 13
_QUANTIZABLE = 11
# The most that a value of a unit-length embedding may change by another opset.
EXACT = 1e-5


def needs_raising(source: Path, recipe: RecipeSpec) -> bool:
    """Whether an ONNX file is of an older opset than a recipe's Q/DQ nodes or steps need.

    Or than onnxruntime's quantizer, which converts it itself, but for MXNet's ``spatial``.
    """
    model = load_graph(source)
    per_channel = recipe.needs_calibration and recipe.per_channel
    opset = opset_of(model)
    return ((per_channel or recipe.method == "steps") and opset < PER_CHANNEL) or (
        opset < _QUANTIZABLE and any(_needless_spatial(model))
    )


def opset_of(model: onnx.ModelProto) -> int:
    """The opset of ONNX's own domain."""
    versions = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    return max(versions, default=1)


def raise_opset(source: Path, target: Path, ingredients: Ingredients) -> None:
    """Write an ONNX file in the opset `PER_CHANNEL`, proved to give the same embeddings.

    Raises
    ------
    ArtifactError
        where onnx cannot convert it, or where the embeddings of noise differ, at unit length, by
        more than `EXACT`.
    """
    before = opset_of(load_graph(source))
    too_low = f"its opset {before} is too low to be quantized so, and"
    try:
        model = load_whole(source)
        _constants_alone(model)
        for node in list(_needless_spatial(model)):
            kept = [attribute for attribute in node.attribute if attribute.name != "spatial"]
            del node.attribute[:]
            node.attribute.extend(kept)
        onnx.save(version_converter.convert_version(model, PER_CHANNEL), target)
        difference = _difference(source, target, ingredients)
    except SuiteError:
        raise
    except Exception as error:  # the converter's assertions are RuntimeErrors, and others
        raise ArtifactError(
            f"{too_low} onnx cannot convert it to {PER_CHANNEL} ({reason_of(error)}); "
            f"{_EXPORT_ANEW}"
        ) from None
    # Not a number is no agreement either.
    if not difference <= EXACT:
        raise ArtifactError(
            f"{too_low} converted to {PER_CHANNEL} its embeddings differ by {difference:.2g} at "
            f"unit length (at most {EXACT:g} may); {_EXPORT_ANEW}"
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


def _needless_spatial(model: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    """Nodes with an attribute that onnx does not convert, where nobody can have meant it.

    MXNet wrote that statistics are for each pixel where they are for each channel.
    """
    vectors = {tensor.name for tensor in model.graph.initializer if len(tensor.dims) == 1}
    for node in model.graph.node:
        spatial = any(
            attribute.name == "spatial" and not attribute.i for attribute in node.attribute
        )
        if node.op_type == "BatchNormalization" and spatial and set(node.input[1:]) <= vectors:
            yield node


def _difference(source: Path, raised: Path, ingredients: Ingredients) -> float:
    probe = Probe.of_noise(source, ingredients)
    return Drift.between(probe.embed(source), probe.embed(raised)).difference
