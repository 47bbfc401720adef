"""Float16 inside, float32 at both ends."""

import platform
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper
from quantizable import OUTPUTS, faces, ingredients, network, spec

from suite.catalog.folder import read_catalog
from suite.catalog.mode_card import RecipeSpec
from suite.quantization.builder import build
from suite.runtime.embedding import embed
from suite.runtime.sessions import open_session

FP16 = RecipeSpec(method="fp16")


def converted(path: Path) -> Path:
    target = path.with_name("h.onnx")
    build(path, target, ingredients(path, FP16))
    return target


def weights_among_inputs(path: Path) -> Path:
    """As files of IR version 3 have them, which onnx still reads."""
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        port = helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
        model.graph.input.append(port)
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("batch", ["n", 1, 4])
def test_images_and_embeddings_stay_float32_and_weights_are_half_as_large(
    tmp_path: Path, batch: int | str
) -> None:
    path = network(tmp_path / "m.onnx", batch)
    target = converted(path)
    model = onnx.load(target)
    onnx.checker.check_model(model, full_check=True)
    ports = [*model.graph.input, *model.graph.output]
    assert {port.type.tensor_type.elem_type for port in ports} == {TensorProto.FLOAT}
    assert {tensor.data_type for tensor in model.graph.initializer} == {TensorProto.FLOAT16}
    provider = read_catalog().providers["cpu"]
    fp32, fp16 = (
        embed(open_session(p, provider, threads=1), faces(6).faces, spec(), OUTPUTS, "add", 1)
        for p in (path, target)
    )
    # Of ten bits each weight is 2^-11 of itself off at most: an angle of some 1e-3 at the worst.
    assert 1e-6 < np.abs(fp32 - fp16).max() < 2e-3


def test_weights_that_an_old_file_has_among_its_inputs_are_converted(tmp_path: Path) -> None:
    path = weights_among_inputs(network(tmp_path / "m.onnx", 1))
    graph = onnx.load(converted(path)).graph
    assert {tensor.data_type for tensor in graph.initializer} == {TensorProto.FLOAT16}
    assert [port.name for port in graph.input] == ["x"]
    assert graph.input[0].type.tensor_type.elem_type == TensorProto.FLOAT


def test_an_x86_cpu_computes_it_in_float32(tmp_path: Path) -> None:
    """Which is why it is no faster there: onnxruntime 1.32 casts the weights back as it loads."""
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip(f"of x86 CPUs alone, and this is {platform.machine()}")
    target = converted(network(tmp_path / "m.onnx", 1))
    options = ort.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    ort.InferenceSession(target, options, providers=["CPUExecutionProvider"])
    graph = onnx.load(tmp_path / "optimised.onnx").graph
    halves = [t.name for t in graph.initializer if t.data_type == TensorProto.FLOAT16]
    assert halves == []
