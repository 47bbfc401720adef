"""Ranges from histograms: onnxruntime's own where it has them, the least error else."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod
from onnxruntime.quantization.calibrate import HistogramCollector, create_calibrator
from small_conv import small_conv

from suite.quantization.ranges.calibrate import Calibration
from suite.quantization.ranges.histogram import (
    Histogram,
    count,
    histograms,
    least_error,
    percentile,
    reaches_percentile,
)
from suite.quantization.ranges.observe import observe
from suite.quantization.ranges.range import Range
from suite.quantization.steps.net import Net

IMAGES = np.random.default_rng(0).standard_normal((24, 3, 8, 8)).astype(np.float32)
TENSORS = ["x", "a", "r", "y"]


class Faces(CalibrationDataReader):  # type: ignore[misc]
    """The images for onnxruntime's calibrator, which keeps them all."""

    def __init__(self) -> None:
        self._left: Iterator[dict[str, np.ndarray]] = iter(batches())

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._left, None)


def batches() -> list[dict[str, np.ndarray]]:
    return [{"x": IMAGES[at : at + 8]} for at in range(0, 24, 8)]


def model() -> onnx.ModelProto:
    return small_conv(8, 3)


def counted(bins: int, folder: Path) -> dict[str, Histogram]:
    net = Net.of(model())
    seen = observe(net, net.shapes((1, 3, 8, 8)), TENSORS, batches(), 24, folder)
    found = histograms(net, seen, bins, batches(), folder)
    assert not list(folder.iterdir())
    return found


def test_every_value_is_counted_once(tmp_path: Path) -> None:
    found = counted(64, tmp_path)
    assert {name: int(each.counts.sum()) for name, each in found.items()} == {
        "x": 24 * 192,
        "a": 24 * 144,
        "r": 24 * 144,
        "y": 24 * 6,
    }
    edges = np.linspace(-found["x"].top, found["x"].top, 65)
    np.testing.assert_array_equal(found["x"].counts, np.histogram(IMAGES, edges)[0])


@pytest.mark.parametrize("method", ["Percentile", "Entropy"])
def test_ranges_are_onnxruntimes_to_a_bins_width(tmp_path: Path, method: str) -> None:
    onnx.save(model(), tmp_path / "m.onnx")
    (tmp_path / "work").mkdir()
    theirs = create_calibrator(
        tmp_path / "m.onnx",
        None,
        augmented_model_path=str(tmp_path / "augmented.onnx"),
        calibrate_method=CalibrationMethod[method],
    )
    theirs.collect_data(Faces())
    expected = theirs.compute_data()
    calibration = Calibration(lambda net, most: iter(batches()), 24, tmp_path / "work")
    net = Net.of(model())
    ours = calibration.ranges(method, net, net.shapes((1, 3, 8, 8)), TENSORS)
    for name in TENSORS:
        top = max(abs(float(end)) for end in expected[name].range_value)
        width = 2 * top / 4096
        assert expected[name].range_value[1] > 0
        low, high = (float(end) for end in expected[name].range_value)
        assert ours[name].low == pytest.approx(min(low, 0), abs=1.01 * width)
        assert ours[name].high == pytest.approx(max(high, 0), abs=1.01 * width)


@pytest.mark.parametrize("shift", [0.0, 3.0, -3.0])
def test_a_percentile_cuts_off_tails_as_onnxruntime_does(shift: float) -> None:
    """By absolute value, so that the shorter side is cut where it ends."""
    values = np.random.default_rng(4).standard_t(2.2, 2_000_000).astype(np.float32) + shift
    values = values.astype(np.float32)
    theirs = HistogramCollector("percentile", True, 2048, 128, 99.999, "same")
    theirs.collect({"t": [values]})
    low, high = (float(end) for end in theirs.compute_percentile()["t"][:2])
    top = float(np.abs(values).max())
    counts = sum(count(part, 4096, top) for part in np.array_split(values, 7))
    ours = percentile({"t": Histogram(counts, top, float(values.min()), float(values.max()))})["t"]
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=1.01 * top / 2048)
    assert ours.high < 0.5 * float(values.max())


@pytest.mark.parametrize(("beyond", "reaches"), [(0.25, True), (0.6, False)])
def test_tails_alone_have_the_same_percentile_or_say_that_they_do_not(
    beyond: float, reaches: bool
) -> None:
    values = np.random.default_rng(4).standard_normal(2_000_000).astype(np.float32)
    values[0] = 9.0
    ends = (9.0, float(values.min()), 9.0)
    whole = Histogram(count(values, 4096, 9.0), *ends)
    tail = Histogram(count(values, 4096, 9.0, beyond), *ends)
    assert tail.counts.sum() == whole.counts.sum() == values.size
    assert reaches_percentile(tail, beyond) is reaches
    assert (percentile({"t": tail}) == percentile({"t": whole})) is reaches


@pytest.mark.parametrize("kind", [np.float32, np.float16])
@pytest.mark.parametrize("size", [1, 5, 100_003])
def test_counts_are_numpys_but_for_rounding_at_edges(kind: type, size: int) -> None:
    values = np.random.default_rng(5).standard_normal((size, 1)).astype(kind)
    top = float(np.abs(values).max())
    ours = count(values, 4096, top)
    theirs = np.histogram(values.astype(np.float32), 4096, (-top, top))[0]
    assert int(ours.sum()) == size
    # Cumulated, a value on the other side of an edge is one count in one place.
    assert np.abs(np.cumsum(ours) - np.cumsum(theirs)).max() <= max(1, size // 1000)


def test_values_beyond_the_ends_count_in_the_last_bins() -> None:
    values = np.array([-1.001, -1, 0.1, 1, 1.001], np.float32)
    assert list(count(values, 4, 1.0)) == [2, 0, 1, 2]
    tiny = np.array([-1e-38, 0, 1e-38], np.float32)
    assert list(count(tiny, 2, 1e-38)) == [1, 2]


def test_the_least_error_cuts_off_a_lonely_outlier() -> None:
    rng = np.random.default_rng(3)
    values = np.append(rng.uniform(-1, 1, 100_000), 1.9)
    counts = np.histogram(values, 2048, (-1.9, 1.9))[0]
    cut = least_error({"t": Histogram(counts, 1.9, float(values.min()), 1.9)})["t"]
    # Kept, it costs 100,000 · ((2.9 / 255)² − (2 / 255)²) / 12 = 0.57; cut at 1, 0.9² = 0.81.
    assert 0.95 < cut.high < 1.9 and cut.low == pytest.approx(-1, abs=1e-3)

    def error(ends: Range) -> float:
        step = (ends.high - ends.low) / 255
        rounded = np.rint(np.clip(values, ends.low, ends.high) / step) * step
        return float(((rounded - values) ** 2).sum())

    assert error(cut) <= error(Range(-1, 1.9)) and error(cut) <= error(Range(-1, 1))


def test_the_least_error_keeps_what_is_uniform() -> None:
    values = np.random.default_rng(3).uniform(-1, 1, 100_000)
    counts = np.histogram(values, 2048, (-1, 1))[0]
    kept = least_error({"t": Histogram(counts, 1.0, -1.0, 1.0)})["t"]
    assert (kept.low, kept.high) == (-1, 1)


def test_a_tensor_of_zeros_has_a_range_of_zero() -> None:
    nothing = {"t": Histogram(np.zeros(128, np.int64), 0.0, 0.0, 0.0)}
    for choose in (percentile, least_error):
        assert choose(nothing)["t"] == Range(0.0, 0.0)
