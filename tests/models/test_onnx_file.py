import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from suite.catalog.errors import ModelError
from suite.models.onnx_file import load_whole, read_onnx_file


def model() -> onnx.ModelProto:
    weight = numpy_helper.from_array(np.arange(64, dtype=np.float32).reshape(8, 8), "w")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 8])],
        [weight],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


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


def located(path: Path, location: str) -> Path:
    """A model whose external data are said to lie elsewhere."""
    loaded = onnx.load(external(path), load_external_data=False)
    for item in loaded.graph.initializer[0].external_data:
        if item.key == "location":
            item.value = location
    path.write_bytes(loaded.SerializeToString())
    return path


def test_a_location_with_backslashes_is_called_what_it_is(tmp_path: Path) -> None:
    path = located(tmp_path / "m.onnx", "sub\\w.bin")
    with pytest.raises(ModelError, match="with Windows' backslashes, which no other system takes"):
        read_onnx_file(path)


def test_external_data_outside_the_folder_is_refused(tmp_path: Path) -> None:
    path = located(tmp_path / "m.onnx", "../secret")
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


def outside(data: str = "w.data", length: int = 16) -> onnx.TensorProto:
    """Four floats in a file of their own."""
    tensor = onnx.TensorProto(name="w", dims=[4], data_type=TensorProto.FLOAT)
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", data), ("offset", "0"), ("length", str(length))):
        tensor.external_data.add(key=key, value=value)
    return tensor


def constant() -> onnx.NodeProto:
    return helper.make_node("Constant", [], ["c"], value=outside())


def inner(*nodes: onnx.NodeProto, weights: tuple[onnx.TensorProto, ...] = ()) -> onnx.GraphProto:
    return helper.make_graph(list(nodes), "inner", [], [], list(weights))


def placed(where: str) -> onnx.ModelProto:
    """A model that refers to external data in one place alone."""
    made = model()
    node = onnx.NodeProto(op_type="If", input=["x"], output=["z"], name="n")
    if where == "constant":
        made.graph.node.append(constant())
    elif where == "subgraph":
        branch = inner(weights=(outside(),))
        node.attribute.append(helper.make_attribute("then_branch", branch))
        made.graph.node.append(node)
    elif where == "list of tensors":
        node.attribute.append(helper.make_attribute("values", [outside()]))
        made.graph.node.append(node)
    elif where == "local function":
        made.functions.append(onnx.FunctionProto(name="f", node=[constant()]))
    elif where == "graph in a local function":
        node.attribute.append(helper.make_attribute("then_branch", inner(constant())))
        made.functions.append(onnx.FunctionProto(name="f", node=[node]))
    elif where == "default of a local function":
        default = helper.make_attribute("value", outside())
        made.functions.append(onnx.FunctionProto(name="f", attribute_proto=[default]))
    elif where == "sparse weights":
        made.graph.sparse_initializer.append(onnx.SparseTensorProto(values=outside(), dims=[4]))
    else:
        made.training_info.append(onnx.TrainingInfoProto(algorithm=inner(weights=(outside(),))))
    return made


@pytest.mark.parametrize(
    "where",
    [
        "constant",
        "subgraph",
        "list of tensors",
        "local function",
        "graph in a local function",
        "default of a local function",
        "sparse weights",
        "training",
    ],
)
def test_external_data_counts_wherever_it_is_named(tmp_path: Path, where: str) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(placed(where).SerializeToString())
    with pytest.raises(ModelError, match=r"external data 'w\.data' is missing"):
        read_onnx_file(path)
    (tmp_path / "w.data").write_bytes(bytes(16))
    before = read_onnx_file(path)
    (tmp_path / "w.data").write_bytes(b"1" * 16)
    assert read_onnx_file(path).sha256 != before.sha256
    assert before.size_bytes == path.stat().st_size + 16
    assert b"1" * 16 in load_whole(path).SerializeToString()
    (tmp_path / "w.data").write_bytes(b"1" * 15)
    with pytest.raises(ModelError, match=r"'w\.data' is cut short: it holds 15 bytes.*'w'.*16"):
        read_onnx_file(path)


@pytest.mark.parametrize(
    ("key", "value"), [("offset", "-1"), ("offset", "x"), ("length", "-4"), ("location", "")]
)
def test_a_reference_that_cannot_be_read_names_its_tensor(
    tmp_path: Path, key: str, value: str
) -> None:
    made = model()
    made.graph.initializer.append(outside())
    for entry in made.graph.initializer[1].external_data:
        entry.value = value if entry.key == key else entry.value
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    with pytest.raises(ModelError, match=r"m\.onnx: tensor 'w' refers to external data without"):
        read_onnx_file(tmp_path / "m.onnx")


def test_data_without_a_length_has_that_of_its_tensor(tmp_path: Path) -> None:
    made = model()
    made.graph.initializer.append(outside())
    del made.graph.initializer[1].external_data[1:]
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    (tmp_path / "w.data").write_bytes(bytes(12))
    with pytest.raises(ModelError, match="cut short: it holds 12 bytes"):
        read_onnx_file(tmp_path / "m.onnx")


def hub_cache(root: Path) -> Path:
    """The cache of Hugging Face: names in a snapshot that are links to blobs named by hashes."""
    (root / "plain").mkdir()
    plain = external(root / "plain" / "m.onnx")
    blobs, snapshot = root / "blobs", root / "snapshots" / "0" / "onnx"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    for file in (plain, plain.with_suffix(".data")):
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        (blobs / digest).write_bytes(file.read_bytes())
        (snapshot / file.name).symlink_to(Path("../../../blobs") / digest)
    return snapshot / "m.onnx"


def test_a_snapshot_of_links_is_the_model_that_it_links_to(tmp_path: Path) -> None:
    linked = read_onnx_file(hub_cache(tmp_path))
    plain = read_onnx_file(tmp_path / "plain" / "m.onnx")
    assert (linked.sha256, linked.size_bytes) == (plain.sha256, plain.size_bytes)
    ort.InferenceSession(linked.path)
    assert load_whole(linked.path) == load_whole(plain.path)


def test_a_link_to_a_model_finds_the_data_beside_that_model(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    plain = external(tmp_path / "there" / "m.onnx")
    (tmp_path / "m.onnx").symlink_to(plain)
    linked = read_onnx_file(tmp_path / "m.onnx")
    assert linked.sha256 == read_onnx_file(plain).sha256
    ort.InferenceSession(linked.path)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    path = external(tmp_path / "here" / "m.onnx")
    path.with_suffix(".data").rename(tmp_path / "secret")
    path.with_suffix(".data").symlink_to(tmp_path / "secret")
    with pytest.raises(ModelError, match="is a link out of its folder"):
        read_onnx_file(path)


def test_a_file_over_protobufs_limit_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(model(), path)
    with path.open("r+b") as stream:
        stream.truncate(1 << 31)
    with pytest.raises(ModelError, match="no ONNX file can have over 2,147,483,647"):
        read_onnx_file(path)
