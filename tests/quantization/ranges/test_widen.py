"""No channel loses more than 1 % of its values to a range by the k-th extreme."""

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from suite.quantization.ranges.choose import min_max, top_k
from suite.quantization.ranges.observe import observe
from suite.quantization.ranges.range import Range
from suite.quantization.ranges.widen import widened
from suite.quantization.steps.net import Net

COUNT, CHANNELS, SIDE = 100, 8, 130


def net() -> Net:
    value = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", CHANNELS, SIDE, SIDE])
        for name in ("x", "y")
    ]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", value[:1], value[1:])
    opsets = [helper.make_opsetid("", 17)]
    return Net.of(helper.make_model(graph, opset_imports=opsets, ir_version=8))


def images(kind: str) -> np.ndarray:
    """One channel eight times the others, or full of one large value in a tenth of the images."""
    drawn = np.random.default_rng(0).standard_normal((COUNT, CHANNELS, SIDE, SIDE), np.float32)
    if kind == "wide":
        drawn[:, 3] *= 8
    elif kind == "at times":
        drawn[::10, 3] = 40 + np.arange(10)[:, np.newaxis, np.newaxis]
    return drawn


def ranges(given: np.ndarray, folder: Path) -> tuple[Range, Range, Range]:
    """The ranges by minimum and maximum, by the k-th extreme, and by that widened."""
    network = net()
    batches = [{"x": image[np.newaxis]} for image in given]
    seen = observe(network, network.shapes(given[:1].shape), ["x"], batches, len(given), folder)
    found = widened(network, seen, batches, folder)
    assert not list(folder.iterdir())
    return min_max(seen)["x"], top_k(seen)["x"], found["x"]


def clipped(given: np.ndarray, ends: Range) -> float:
    """The largest share of a channel's values beyond the ends."""
    return float(((given < ends.low) | (given > ends.high)).mean(axis=(0, 2, 3)).max())


def test_a_channel_that_is_large_at_times_is_not_cut_off(tmp_path: Path) -> None:
    given = images("at times")
    extremes, ranked, found = ranges(given, tmp_path)
    assert clipped(given, ranked) == pytest.approx(0.1, abs=1e-4)
    # Of 100 images not one may lose a whole channel on either side.
    assert found.high == extremes.high == 49
    assert clipped(given, found) <= 0.01


def test_a_channel_wider_than_the_others_keeps_the_kth_extreme(tmp_path: Path) -> None:
    """All extremes are its own, yet each is one of its 16,900 values of an image."""
    given = images("wide")
    extremes, ranked, found = ranges(given, tmp_path)
    assert found == ranked
    assert ranked.high < extremes.high
    assert clipped(given, found) < 1e-3


def test_where_no_channel_is_doubted_the_network_does_not_run(tmp_path: Path) -> None:
    network, given = net(), images("even")
    batches = [{"x": image[np.newaxis]} for image in given[:3]]
    seen = observe(network, network.shapes(given[:1].shape), ["x"], batches, 3, tmp_path)
    assert widened(network, seen, [{"no input": given}], tmp_path) == top_k(seen)
