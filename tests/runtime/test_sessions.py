"""Sessions of files that cannot be loaded: one sentence, and nothing of onnxruntime's beside it."""

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from suite.catalog.errors import ModelError
from suite.catalog.folder import read_catalog
from suite.runtime.sessions import load


def saved(path: Path, node: onnx.NodeProto, *held: TensorProto) -> Path:
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in ("x", "y")]
    graph = helper.make_graph([node], "net", ports[:1], ports[1:], held)
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    return path


def said(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load(path, read_catalog().providers["cpu"], threads=1)
    return str(caught.value)


def test_what_onnxruntime_logs_of_a_file_does_not_stand_beside_the_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    empty = TensorProto(name="w", data_type=TensorProto.UINT8)
    scale = helper.make_tensor("s", TensorProto.FLOAT, [], [0.5])
    node = helper.make_node("QuantizeLinear", ["x", "s", "w"], ["q"])
    path = saved(tmp_path / "net.onnx", node, scale, empty)
    model = onnx.load(path)
    model.graph.node.append(helper.make_node("DequantizeLinear", ["q", "s", "w"], ["y"]))
    onnx.save(model, path)
    assert "net.onnx: onnxruntime cannot load it on cpu: " in said(path)
    assert capfd.readouterr() == ("", "")


def test_what_onnxruntime_says_at_length_is_cut(tmp_path: Path) -> None:
    path = saved(tmp_path / "net.onnx", helper.make_node("Add", ["x", "z" * 9000], ["y"]))
    message = said(path)
    assert message.isprintable() and message.endswith(".")
    assert len(message) < 1000
