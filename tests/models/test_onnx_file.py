import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from suite.catalog.errors import ModelError
from suite.models.onnx_file import read_onnx_file


def model() -> onnx.ModelProto:
    weight = numpy_helper.from_array(np.arange(64, dtype=np.float32).reshape(8, 8), "w")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 8])],
        [weight],
    )
    return helper.make_model(graph)


def external(path: Path) -> Path:
    onnx.save(
        model(), path, save_as_external_data=True, location=f"{path.stem}.data", size_threshold=0
    )
    return path


def test_a_whole_file_has_the_hash_that_sha256sum_gives(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(model(), path)
    file = read_onnx_file(path)
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert file.size_bytes == path.stat().st_size


def test_external_data_is_hashed_and_weighed(tmp_path: Path) -> None:
    path = external(tmp_path / "m.onnx")
    before = read_onnx_file(path)
    assert before.size_bytes == path.stat().st_size + (tmp_path / "m.data").stat().st_size
    data = bytearray((tmp_path / "m.data").read_bytes())
    data[0] ^= 1
    (tmp_path / "m.data").write_bytes(data)
    assert read_onnx_file(path).sha256 != before.sha256


def test_absent_external_data_is_named(tmp_path: Path) -> None:
    path = external(tmp_path / "m.onnx")
    (tmp_path / "m.data").unlink()
    with pytest.raises(ModelError, match=r"external data 'm\.data' is missing"):
        read_onnx_file(path)


def test_external_data_outside_the_folder_is_refused(tmp_path: Path) -> None:
    path = external(tmp_path / "m.onnx")
    loaded = onnx.load(path, load_external_data=False)
    for item in loaded.graph.initializer[0].external_data:
        if item.key == "location":
            item.value = "../secret"
    path.write_bytes(loaded.SerializeToString())
    with pytest.raises(ModelError, match="outside its folder"):
        read_onnx_file(path)


@pytest.mark.parametrize("data", [b"", b"not a model", b"\x08"])
def test_what_is_no_model_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(data)
    with pytest.raises(
        ModelError,
        match=r"m\.onnx: (is not a readable|holds no graph|is no ONNX model: it is empty)",
    ):
        read_onnx_file(path)
