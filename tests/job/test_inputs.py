"""Networks that take bytes or half floats give what their float32 twin gives."""

import hashlib
from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from team import MODEL, SOURCE, Team

PLAIN = {
    "scale = 255.0": "scale = 255.0",
    "mean = [127.5, 127.5, 127.5]": "mean = [0.0, 0.0, 0.0]",
    "std = [127.5, 127.5, 127.5]": "std = [1.0, 1.0, 1.0]",
}


def with_input(kind: int) -> onnx.ModelProto:
    """The embedded ArcFace behind another input: bytes that it normalises itself, or halves."""
    model = onnx.load(SOURCE)
    (image,) = model.graph.input
    name, image.name = image.name, "given"
    image.type.tensor_type.elem_type = kind
    nodes = [helper.make_node("Cast", ["given"], ["cast"], to=TensorProto.FLOAT)]
    if kind == TensorProto.UINT8:
        half = numpy_helper.from_array(np.array(127.5, np.float32), "half_range")
        model.graph.initializer.append(half)
        nodes += [
            helper.make_node("Sub", ["cast", "half_range"], ["centred"]),
            helper.make_node("Div", ["centred", "half_range"], [name]),
        ]
    else:
        nodes[0].output[0] = name
    for node in reversed(nodes):
        model.graph.node.insert(0, node)
    onnx.checker.check_model(model)
    return model


@pytest.mark.parametrize("kind", [TensorProto.UINT8, TensorProto.FLOAT16])
def test_another_input_type_gives_the_same_figures(
    accepted: Callable[[str], Team], team: Team, monkeypatch, kind: int
) -> None:
    floats = figures(accepted(MODEL))
    path = team.folder / "other.onnx"
    onnx.save(with_input(kind), path)
    for old, new in {
        f'file = "{SOURCE}"': 'file = "../other.onnx"',
        hashlib.sha256(SOURCE.read_bytes()).hexdigest(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest(),
        **(PLAIN if kind == TensorProto.UINT8 else {}),
    }.items():
        team.edit(team.card(), old, new)
    modes = "--modes=fp32,int8_static_qdq"
    result = team.gates(modes, "--snapshot-update")
    assert result.returncode == 0, result.stdout
    assert figures(team) == pytest.approx(floats, abs=0.003)
    again = team.run(modes, "-k", "not throughput")
    assert again.returncode == 0, again.stdout
    outcomes = {(r["gate"], r["outcome"]) for r in team.report["records"]}
    assert {outcome for gate, outcome in outcomes if gate != "latency"} == {"pass"}
    # Speed was never accepted, and a busy machine may leave what FP32 is worth open.
    timed = {outcome for gate, outcome in outcomes if gate == "latency"}
    assert timed and timed <= {"pass", "not compared", "undecided"}


def figures(team: Team) -> list[float]:
    return [
        value
        for record in team.report["records"]
        if record["gate"] == "verification" and record["mode"] == "fp32"
        for name, value in record["measured"]["figures"].items()
        if name in ("accuracy", "roc_auc", "all_pairs_tar_at_far_1e-3")
    ]


def test_bytes_with_a_normalising_card_are_refused(team: Team) -> None:
    path = team.folder / "other.onnx"
    onnx.save(with_input(TensorProto.UINT8), path)
    team.edit(team.card(), f'file = "{SOURCE}"', 'file = "../other.onnx"')
    team.edit(
        team.card(),
        hashlib.sha256(SOURCE.read_bytes()).hexdigest(),
        hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    result = team.gates("--modes=fp32")
    assert result.returncode == 1
    assert "takes bytes as they are, so the card needs scale = 255.0" in result.stdout
