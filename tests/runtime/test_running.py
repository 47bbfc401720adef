"""A network that loads and fails while it runs: one sentence with the whole reason."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from suite.catalog.errors import ModelError
from suite.catalog.folder import read_catalog
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.runtime.binding import BoundSession
from suite.runtime.footprint import footprint
from suite.runtime.sessions import load
from suite.runtime.trace import trace

CPU = read_catalog().providers["cpu"]
OUTPUTS = OutputSpec(embedding_dim=5)
SPEC = PreprocessSpec(
    height=4, width=4, color_order="RGB", scale=255.0, mean=(0.0,) * 3, std=(1.0,) * 3
)
SHAPE = SPEC.shape(1)


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    """A network that claims any batch, and reshapes it to one of seven."""
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["image", "seven"], ["embedding"], name="to_seven")],
        "failing",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, 4, 4])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 5])],
        [numpy_helper.from_array(np.array([7, 5]), "seven")],
    )
    opsets = [helper.make_opsetid("", 17)]
    path = tmp_path / "failing.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    return path


def placement(path: Path) -> None:
    trace(path, CPU, OUTPUTS, SPEC)


def latency(path: Path) -> None:
    BoundSession(load(path, CPU, threads=1), None, SHAPE)


def memory(path: Path) -> None:
    footprint(path, CPU, None, SHAPE)


@pytest.mark.parametrize("run", [placement, latency, memory])
def test_a_network_that_fails_while_it_runs_is_one_sentence(
    failing: Path, run: Callable[[Path], None]
) -> None:
    with pytest.raises(ModelError) as caught:
        run(failing)
    said = str(caught.value)
    assert "the network cannot run on an input of shape [1, 3, 4, 4]" in said
    assert "to_seven" in said, "onnxruntime's reason is there"
    assert "requested shape:{7,5}" in said, "and it is whole: this stands behind the first line"
    assert "\n" not in said
    assert said.endswith("give a graph that takes this batch and size.")


def test_a_reason_to_refuse_a_file_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("Load model failed:\nnode 'a':\n  no such attribute\n")

    monkeypatch.setattr(ort, "InferenceSession", refuse)
    with pytest.raises(ModelError) as caught:
        load(tmp_path / "m.onnx", CPU, threads=1)
    assert str(caught.value).endswith(
        "m.onnx: onnxruntime cannot load it on cpu: Load model failed: node 'a': no such attribute."
    )


@pytest.mark.parametrize(
    "reason",
    [
        "Unsupported model IR version: 14, max supported IR version: 13",
        "Opset 27 is under development and support for this is limited",
    ],
)
def test_a_file_that_is_too_new_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError(reason)

    monkeypatch.setattr(ort, "InferenceSession", refuse)
    with pytest.raises(ModelError) as caught:
        load(tmp_path / "m.onnx", CPU, threads=1)
    assert str(caught.value).endswith(
        f"{reason}; install a newer onnxruntime, or export the model with an older opset and IR "
        "version."
    )


def test_an_output_that_no_memory_can_be_bound_to_is_one_sentence(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Flatten", ["image"], ["embedding"]),
        helper.make_node("SequenceConstruct", ["embedding"], ["all"]),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, 4, 4])
    outputs = [
        helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 48]),
        helper.make_tensor_sequence_value_info("all", TensorProto.FLOAT, None),
    ]
    graph = helper.make_graph(nodes, "sequence", [image], outputs)
    opsets = [helper.make_opsetid("", 17)]
    path = tmp_path / "sequence.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    with pytest.raises(ModelError, match=r"the network cannot run on an input of shape"):
        latency(path)
