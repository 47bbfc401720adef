"""ONNX files that parse and are no network: names that are no text, absent data, bombs."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from suite.catalog.errors import ModelError
from suite.models.onnx_file import load_graph, read_onnx_file


def network() -> onnx.ModelProto:
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in ("x", "y")]
    weights = helper.make_tensor("w", TensorProto.FLOAT, [2], [1.0, 2.0])
    node = helper.make_node("Add", ["x", "w"], ["y"], name="addition")
    graph = helper.make_graph([node], "net", ports[:1], ports[1:], [weights])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def said(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "net.onnx"
    path.write_bytes(data)
    begun = time.process_time()
    with pytest.raises(ModelError) as caught:
        read_onnx_file(path)
    assert time.process_time() - begun < 2
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and message.isprintable() and message.endswith(".")
    return message.removeprefix(f"{path}: ")


def test_a_network_is_sound(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(network().SerializeToString())
    assert len(load_graph(tmp_path / "net.onnx").graph.node) == 1


@pytest.mark.parametrize("name", [b"addition", b"net", b"w", b"y", b"Add"])
def test_a_name_that_is_no_text_is_refused(tmp_path: Path, name: bytes) -> None:
    fields = [bytes([len(name)]) + name, bytes([len(name)]) + b"\xe9" + name[1:]]
    damaged = network().SerializeToString().replace(*fields)
    shown = repr(b"\xe9" + name[1:])
    wanted = f"has {shown} for a name, which is not text in UTF-8; export it again."
    assert said(tmp_path, damaged) == wanted


def _type(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].data_type = 99


def _negative(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].dims[0] = -2


def _enormous(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].dims.extend([2**40, 2**60])


def _short(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("float_data")
    tensor.raw_data = bytes(7)


def _without_output(model: onnx.ModelProto) -> None:
    del model.graph.node[0].output[:]


def _takes_itself(model: onnx.ModelProto) -> None:
    model.graph.node[0].input[0] = "z"
    model.graph.node.append(helper.make_node("Relu", ["y"], ["z"], name="relu"))


def _calls_itself(model: onnx.ModelProto) -> None:
    nodes = [helper.make_node("f", ["a"], ["b"], domain="own")]
    opsets = [helper.make_opsetid("own", 1)]
    model.functions.append(helper.make_function("own", "f", ["a"], ["b"], nodes, opsets))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_type, "tensor 'w' is of the type 99, which onnx "),
        (_negative, "tensor 'w' has the shape [-2]; export it again."),
        (_enormous, "and not as much data; copy or export it again."),
        (_short, "tensor 'w' has the shape [2] and not as much data; "),
        (_without_output, "node 'addition', a 'Add', has no output; export it again."),
        (_takes_itself, "takes what is made of its own output; export it again."),
        (_calls_itself, "its local function 'f' calls itself; export it without."),
    ],
)
def test_what_no_network_has_is_refused(
    tmp_path: Path, damage: Callable[[onnx.ModelProto], None], words: str
) -> None:
    model = network()
    damage(model)
    assert words in said(tmp_path, model.SerializeToString())


def nested(depth: int, times: int) -> onnx.ModelProto:
    """A network of local functions, each of which calls the one before several times."""
    model = network()
    opsets = [helper.make_opsetid("own", 1), helper.make_opsetid("", 17)]
    for level in range(depth):
        called = ("own", f"f{level - 1}") if level else ("", "Relu")
        names = ["a", *(f"t{i}" for i in range(times - 1)), "b"]
        nodes = [
            helper.make_node(called[1], [names[i]], [names[i + 1]], domain=called[0])
            for i in range(times)
        ]
        function = helper.make_function("own", f"f{level}", ["a"], ["b"], nodes, opsets)
        model.functions.append(function)
    model.graph.node.append(helper.make_node(f"f{depth - 1}", ["x"], ["z"], domain="own"))
    return model


@pytest.mark.parametrize(("depth", "times"), [(11, 10), (400, 2)])
def test_nested_functions_are_not_written_out_without_end(
    tmp_path: Path, depth: int, times: int
) -> None:
    data = nested(depth, times).SerializeToString()
    assert len(data) < 200_000
    words = "has over 1,000,000 nodes, local functions written out; export it without these."
    assert said(tmp_path, data) == words


def test_a_few_functions_are_no_bomb(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(nested(3, 10).SerializeToString())
    assert len(load_graph(tmp_path / "net.onnx").functions) == 3


def field(number: int, data: bytes) -> bytes:
    """A field of bytes as protobuf writes it."""
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    more = bytearray()
    while value > 0x7F:
        more.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(more) + bytes([value])


@pytest.mark.parametrize("depth", [60, 10_000])
def test_subgraphs_deeper_than_protobuf_reads_are_refused(tmp_path: Path, depth: int) -> None:
    graph = network().graph.SerializeToString()
    for _ in range(depth):
        branch = field(1, b"then_branch") + field(6, graph) + _varint(20 << 3) + b"\x05"
        node = field(2, b"y") + field(4, b"If") + field(5, branch)
        graph = field(1, node) + field(2, b"g")
    assert "is not a readable ONNX model (DecodeError)" in said(tmp_path, field(7, graph))


def test_a_pipe_is_no_model(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "net.onnx")
    with pytest.raises(ModelError, match=r"net\.onnx: is a pipe or a device, and no file; "):
        read_onnx_file(tmp_path / "net.onnx")


def external(count: int, *, location: str = "w.data", length: str = "1000000") -> bytes:
    model = network()
    for index in range(count):
        tensor = TensorProto(name=f"t{index}", data_type=TensorProto.FLOAT, dims=[250_000])
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", location.format(index)), ("length", length)):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value
        model.graph.initializer.append(tensor)
    return model.SerializeToString()


def test_one_piece_of_data_is_not_taken_thousands_of_times(tmp_path: Path) -> None:
    (tmp_path / "w.data").write_bytes(bytes(1_000_000))
    assert "its tensors take 4,000,000,000 bytes from 1,000,000 bytes of external data" in said(
        tmp_path, external(4000)
    )
    (tmp_path / "net.onnx").write_bytes(external(8))
    assert read_onnx_file(tmp_path / "net.onnx").size_bytes > 1_000_000


@pytest.mark.parametrize("location", ["a\0b", "a\nb", "x" * 5000])
def test_a_name_that_no_file_has_is_refused(tmp_path: Path, location: str) -> None:
    assert "tensor 't0' refers to external data without a file" in said(
        tmp_path, external(1, location=location)
    )


@pytest.mark.parametrize("length", ["9" * 5000, "1e3", "-1", "\u0661"])
def test_a_length_that_is_none_is_refused(tmp_path: Path, length: str) -> None:
    (tmp_path / "w.data").write_bytes(b"w")
    message = said(tmp_path, external(1, length=length))
    assert "tensor 't0' refers to external data without a file" in message


def test_a_file_a_tensor_has_an_end(tmp_path: Path) -> None:
    assert "refers to 10,001 files of external data; " in said(
        tmp_path, external(10_001, location="w{}.data")
    )


def test_data_of_another_length_than_its_shape_takes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.data").write_bytes(bytes(1_000_000))
    message = said(tmp_path, external(1, length="999996"))
    assert (
        "tensor 't0' has 999,996 bytes of external data, and its shape [250000] takes " in message
    )
