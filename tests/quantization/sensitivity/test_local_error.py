"""What each unit loses by itself: against figures worked in numpy, and where a layer is broken."""

from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from suite.quantization.ranges.range import Range
from suite.quantization.sensitivity.forms import Forms, UnpairedError
from suite.quantization.sensitivity.local_error import (
    NOTHING_LOST_DB,
    quantized_units,
    signal_to_noise,
)
from suite.quantization.sensitivity.units import units_of
from suite.quantization.steps.net import Net
from suite.quantization.steps.quantize import quantize
from tests.support.broken_layer import BREAKS, Break, broken, scale_doubled
from tests.support.drawn_net import CHANNELS
from tests.support.paired import Paired, static_by_onnxruntime
from tests.support.qdq_net import Made, shapes_of

WEIGHTS = np.array([[1.27, -0.5], [0.25, 0.64]])
BIAS = np.array([0.1, -0.2])


def worked_by_hand() -> tuple[Net, Net]:
    """One layer of two channels, its input in steps of 0.01 and its output in steps of 0.02."""
    made = Made((2, 1, 1))
    made.held("w", WEIGHTS.reshape(2, 2, 1, 1))
    made.held("b", BIAS)
    made.op("Conv", ["x", "w", "b"], "c")
    made.op("Relu", ["c"], "r")
    made.op("Flatten", ["r"], "f")
    made.op("Neg", ["f"], "y")
    net = made.net()
    ranges = {"x": Range(-1.28, 1.27), "r": Range(0, 5.1)}
    return net, quantize(net, shapes_of(net), ranges)


def test_it_is_the_ratio_of_sums_over_all_values_of_all_images(tmp_path: Path) -> None:
    net, made = worked_by_hand()
    xs = np.random.default_rng(3).uniform(-1, 1, (6, 2))
    given = np.clip(np.rint(xs / 0.01), -128, 127) * 0.01
    # A row's weights in steps of its largest, divided by 127; its bias in products of steps.
    steps = np.abs(WEIGHTS).max(axis=1) / 127
    weights = np.rint(WEIGHTS / steps[:, None]) * steps[:, None]
    bias = np.rint(BIAS / (0.01 * steps)) * 0.01 * steps
    exact = np.maximum(xs @ WEIGHTS.T + BIAS, 0)
    rounded = np.clip(np.rint(np.maximum(given @ weights.T + bias, 0) / 0.02), 0, 255) * 0.02
    expected = 10 * np.log10((exact**2).sum() / ((exact - rounded) ** 2).sum())
    batches = [{"x": part.astype(np.float32).reshape(-1, 2, 1, 1)} for part in (xs[:4], xs[4:])]
    found = signal_to_noise(Forms(net, made), units_of(net, shapes_of(net)), batches, tmp_path)
    assert found == {"c!": pytest.approx(expected, abs=0.02)}
    assert 30 < expected < 50
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_is_lost_there_is_a_largest_figure(tmp_path: Path) -> None:
    """Weights and images that are whole steps."""
    made = Made((2, 1, 1))
    made.held("w", np.array([[127.0, 1.0], [-127.0, 64.0]]).reshape(2, 2, 1, 1) / 128)
    made.op("Conv", ["x", "w"], "c")
    made.op("Neg", ["c"], "y")
    net = made.net()
    ranges = {"x": Range(-128, 127), "c": Range(-16384, 16256)}
    forms = Forms(net, quantize(net, shapes_of(net), ranges))
    units = units_of(net, shapes_of(net))
    nothing = [{"x": np.zeros((1, 2, 1, 1), np.float32)}]
    assert signal_to_noise(forms, units, nothing, tmp_path) == {"c!": NOTHING_LOST_DB}


def test_noise_without_a_signal_has_a_smallest_figure(tmp_path: Path) -> None:
    made = Made((2, 1, 1))
    made.held("w", np.zeros((2, 2, 1, 1)))
    made.op("Conv", ["x", "w", made.held("b", np.zeros(2))], "c")
    made.op("Neg", ["c"], "y")
    net = made.net()
    other = net.copy()
    other.weights["b"] = np.ones(2, np.float32)
    quantized = quantize(other, shapes_of(net), {"x": Range(-1, 1), "c": Range(-1, 1)})
    units = units_of(net, shapes_of(net))
    one = [{"x": np.ones((1, 2, 1, 1), np.float32)}]
    found = signal_to_noise(Forms(net, quantized), units, one, tmp_path)
    assert found == {"c!": -NOTHING_LOST_DB}


def embedder() -> Net:
    made = Made((CHANNELS, 6, 6))
    made.op("Relu", [made.conv("x", "c", kernel=3)], "r")
    made.op("Relu", [made.conv("r", "d", kernel=3, group=CHANNELS)], "s")
    made.head(made.op("Add", ["r", made.conv("s", "e")], "t"))
    return made.net()


def figures(pair: Paired, tmp_path: Path) -> dict[str, float]:
    return signal_to_noise(pair.forms, pair.units, [{"x": x} for x in pair.images], tmp_path)


def test_what_other_units_lose_does_not_count(tmp_path: Path) -> None:
    pair = Paired.by_us(embedder())
    before = figures(pair, tmp_path)
    assert list(before) == ["c!", "d!", "e!", "y!"]
    assert all(15 < value < 60 for value in before.values())
    for unit in pair.units:
        made = broken(pair.forms.quantized, unit, scale_doubled)
        assert made is not None
        after = figures(pair.with_form(made), tmp_path)
        assert {name for name in before if after[name] != before[name]} == {unit.name}
        # Twice the signal is a noise of its size, but for what the output's range cuts off.
        assert after[unit.name] < 10


@pytest.mark.parametrize("how", BREAKS.values(), ids=BREAKS)
@pytest.mark.parametrize("by_onnxruntime", [False, True], ids=["by us", "by onnxruntime"])
def test_a_broken_layer_falls(by_onnxruntime: bool, how: Break, tmp_path: Path) -> None:
    net = embedder()
    pair = Paired.by_us(net)
    if by_onnxruntime:
        pair = pair.with_form(static_by_onnxruntime(net, per_channel=True))
    before = figures(pair, tmp_path)
    fell = []
    for unit in pair.units:
        made = broken(pair.forms.quantized, unit, how)
        if made is not None:
            fell.append(before[unit.name] - figures(pair.with_form(made), tmp_path)[unit.name])
    assert len(fell) >= 2
    assert min(fell) > 3


def test_units_that_cannot_be_told_are_left_out(tmp_path: Path) -> None:
    pair = Paired.by_us(embedder(), keep_float=["d!"])
    told = quantized_units(pair.forms, pair.units)
    assert [unit.name for unit in told] == ["c!", "e!", "y!"]
    assert set(signal_to_noise(pair.forms, told, [{"x": pair.images[0]}], tmp_path)) == {
        "c!",
        "e!",
        "y!",
    }
    assert signal_to_noise(pair.forms, [], [{"x": pair.images[0]}], tmp_path) == {}
    with_nothing = pair.with_form(Made((CHANNELS, 6, 6)).net("x"))
    assert figures(with_nothing, tmp_path) == {}


def test_what_onnxruntime_cannot_run_beside_the_float_network_is_refused(tmp_path: Path) -> None:
    """As nodes of a newer opset than the source's: a red gate must not end in its error."""
    pair = Paired.by_us(embedder())
    newer = pair.forms.quantized.copy()
    for node in newer.nodes:
        if node.op_type == "DequantizeLinear":
            node.attribute.append(helper.make_attribute("block_size", 0))
    with pytest.raises(UnpairedError, match=r"cannot be run beside the network in .*block_size"):
        figures(pair.with_form(newer), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_fails_as_it_runs_is_refused_too(tmp_path: Path) -> None:
    pair = Paired.by_us(embedder())
    with pytest.raises(UnpairedError, match="cannot be run beside the network in float"):
        wrong = np.zeros((1, CHANNELS + 1, 6, 6), np.float32)
        signal_to_noise(pair.forms, pair.units, [{"x": wrong}], tmp_path)


def test_it_does_not_depend_on_how_images_are_batched(tmp_path: Path) -> None:
    pair = Paired.by_us(embedder())
    whole = np.concatenate(pair.images)
    at_once = signal_to_noise(pair.forms, pair.units, [{"x": whole}], tmp_path)
    assert at_once == pytest.approx(figures(pair, tmp_path), abs=0.01)
