"""How long the kernels of each unit take: those of its own nodes, whatever they are fused into."""

from pathlib import Path

import pytest

from suite.quantization.sensitivity.kernel_time import float_milliseconds, integer_milliseconds
from suite.quantization.steps.net import Net
from tests.support.drawn_net import BLOCKS, CHANNELS
from tests.support.paired import Paired, dynamic_by_onnxruntime, static_by_onnxruntime
from tests.support.qdq_net import Made

SIDE = 24


def embedder() -> Net:
    """One layer does 9 · 8 times as much as a depthwise one."""
    made = Made((CHANNELS, SIDE, SIDE))
    made.op("Relu", [made.conv("x", "c", kernel=3, outputs=CHANNELS)], "r")
    made.op("Relu", [made.conv("r", "wide", outputs=128)], "w")
    made.conv("w", "heavy", 128, 128, 3)
    made.conv("heavy", "light", 128, CHANNELS)
    made.head(made.op("Add", ["r", "light"], "t"))
    return made.net()


def check(pair: Paired, folder: Path) -> None:
    one = {"x": pair.images[0]}
    forms = pair.forms
    for found in (
        integer_milliseconds(forms, pair.units, one, folder),
        float_milliseconds(forms.reference, pair.units, one, folder),
    ):
        assert list(found) == [unit.name for unit in pair.units]
        assert all(0 < value < 1000 for value in found.values())
        assert max(found, key=lambda name: found[name]) == "heavy!"
        assert found["heavy!"] > sum(found.values()) / 2


def test_each_unit_takes_the_time_of_its_kernels(tmp_path: Path) -> None:
    check(Paired.by_us(embedder()), tmp_path)


@pytest.mark.parametrize("symmetric", [False, True])
def test_also_of_what_onnxruntime_quantizes(symmetric: bool, tmp_path: Path) -> None:
    net = embedder()
    check(Paired.of(net, static_by_onnxruntime(net, symmetric=symmetric)), tmp_path)


def test_also_of_dynamic_int8(tmp_path: Path) -> None:
    net = embedder()
    check(Paired.of(net, dynamic_by_onnxruntime(net)), tmp_path)


@pytest.mark.parametrize("block", ["chosen", "prelu", "padded", "shared", "gated", "joined"])
def test_no_unit_takes_nothing(block: str, tmp_path: Path) -> None:
    made = Made((CHANNELS, SIDE, SIDE))
    made.head(made.conv(BLOCKS[block](made, made.conv("x", "c"), "t"), "d"))
    pair = Paired.by_us(made.net())
    found = integer_milliseconds(pair.forms, pair.units, {"x": pair.images[0]}, tmp_path)
    assert len(found) == len(pair.units) and min(found.values()) > 0


def test_what_belongs_to_no_unit_is_counted_for_none(tmp_path: Path) -> None:
    """Whatever its nodes are called."""
    made = Made((CHANNELS, 96, 96))
    made.conv("x", "c")
    read = "c"
    for at in range(12):
        read = made.op("Sin", [read], f"unit{at}_t")
    made.head(read)
    net = made.net()
    for node in net.nodes:
        if node.op_type == "Sin":
            node.name = f"{node.output[0]}_sin"
    pair = Paired.by_us(net)
    forms, one = pair.forms, {"x": pair.images[0]}
    alone = {}
    for name, found in (
        ("in float", float_milliseconds(forms.reference, pair.units, one, tmp_path)),
        ("in 8 bits", integer_milliseconds(forms, pair.units, one, tmp_path)),
    ):
        assert list(found) == ["c!", "y!"]
        alone[name] = found["y!"]
    # The head does 40 products.
    assert max(alone.values()) < 0.2


def test_the_profile_and_the_network_stay_as_they_were(tmp_path: Path) -> None:
    pair = Paired.by_us(embedder())
    before = pair.forms.quantized.digest()
    integer_milliseconds(pair.forms, pair.units[:1], {"x": pair.images[0]}, tmp_path)
    assert pair.forms.quantized.digest() == before
    assert not list(tmp_path.iterdir())
