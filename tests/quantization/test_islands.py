"""Islands: what of a quantized network computes in float, and what is not one."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from packaging import version

from suite.quantization.islands import Island, float_islands
from suite.quantization.steps.net import Net
from suite.runtime.versions import onnxruntime_version
from tests.support.qdq_net import Made, quantized


def islands(net: Net, folder: Path) -> tuple[Island, ...]:
    net.save(folder / "net.onnx")
    return float_islands(folder / "net.onnx")


def stem(made: Made) -> str:
    return made.op("Relu", [made.conv("x", "c")], "r")


def test_a_whole_quantized_network_has_none(tmp_path: Path) -> None:
    made = Made()
    made.head(made.conv(stem(made), "d"), made="e")
    made.op("ReduceL2", ["e"], "n", axes=[1])
    made.op("Div", ["e", "n"], "y")
    assert islands(quantized(made.net()), tmp_path) == ()


def test_ops_between_integer_ones_are_named(tmp_path: Path) -> None:
    made = Made()
    made.head(made.conv(made.op("PRelu", [stem(made), made.random("s", 8, 1, 1)], "p"), "d"))
    assert islands(quantized(made.net()), tmp_path) == (Island("p!", "PRelu", 0.0, True),)


@pytest.mark.parametrize("kept", ["first_conv", "d!"])
def test_a_layer_in_float_says_how_much_of_the_arithmetic_it_does(
    kept: str, tmp_path: Path
) -> None:
    made = Made()
    made.head(made.conv(made.conv(stem(made), "d", kernel=3), "f"))
    all_found = islands(quantized(made.net(), keep_float=[kept]), tmp_path)
    (found,) = (island for island in all_found if island.op_type != "Transpose")
    # 64 pixels of 8 channels out of 8, of one, nine and one weights; 8 channels to 5 values.
    layers = {"first_conv": 64 * 64, "d!": 9 * 64 * 64}
    assert found.op_type in ("Conv", "FusedConv")
    assert found.share == pytest.approx(layers[kept] / (11 * 64 * 64 + 40))
    assert found.between == (kept == "d!")


@pytest.mark.skipif(
    version.parse(onnxruntime_version()) < version.parse("1.32"),
    reason="an older onnxruntime refuses the network",
)
def test_a_scale_that_is_no_scalar_makes_an_island_of_an_add(tmp_path: Path) -> None:
    made = Made()
    made.op("Add", [stem(made), "c"], "t")
    made.head(made.conv("t", "d"))
    net = quantized(made.net())
    assert "Add" not in {i.op_type for i in islands(net, tmp_path)}
    for name in ("r_scale", "r_zero_point"):
        net.weights[name] = net.weights[name].reshape(1)
    assert "Add" in {i.op_type for i in islands(net, tmp_path)}


def test_values_that_are_only_rounded_anew_are_one(tmp_path: Path) -> None:
    made = Made()
    made.op("Add", [stem(made), "c"], "t")
    made.head(made.conv("t", "d"))
    (found,) = islands(quantized(made.net()), tmp_path)
    assert (found.op_type, found.between) == ("DequantizeLinear", True)


def test_changes_of_layout_beyond_the_two_are_named(tmp_path: Path) -> None:
    made = Made()
    made.op("GlobalMaxPool", [stem(made)], "m")
    made.head(made.conv("m", "d"))
    found = [island.op_type for island in islands(quantized(made.net()), tmp_path)]
    assert found.count("Transpose") == 4
    assert found.count("GlobalMaxPool") == 1


def test_transposes_of_the_network_itself_are_none(tmp_path: Path) -> None:
    made = Made()
    read = stem(made)
    for name in ("t", "u"):
        read = made.conv(made.op("Transpose", [read], name, perm=[0, 1, 3, 2]), f"{name}c")
    made.head(read)
    assert islands(quantized(made.net()), tmp_path) == ()


def test_in_a_float_network_no_layer_is_between_integers(tmp_path: Path) -> None:
    made = Made()
    made.head(stem(made))
    found = islands(made.net(), tmp_path)
    assert sum(island.share for island in found) == pytest.approx(1)
    assert not any(island.between for island in found)


def test_it_is_read_where_weights_lie_beside_the_file(tmp_path: Path) -> None:
    made = Made()
    made.head(stem(made))
    path = tmp_path / "net.onnx"
    model = quantized(made.net(), keep_float=["first_conv"]).model()
    onnx.save(model, path, save_as_external_data=True, location="net.data", size_threshold=0)
    (found,) = float_islands(path)
    assert found.share == pytest.approx(64 * 64 / (64 * 64 + 40))
    assert np.isclose(found.share, 0.99, atol=0.01)
