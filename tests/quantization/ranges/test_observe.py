"""Extremes of tensors, reduced in the graph: those of numpy, whatever the batch."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper
from small_conv import small_conv

from suite.catalog.errors import ArtifactError
from suite.quantization.ranges.choose import min_max, top_k
from suite.quantization.ranges.observe import _Seen, observe, rank_of_end
from suite.quantization.ranges.range import Range
from suite.quantization.steps.net import Net

IMAGES = np.random.default_rng(0).standard_normal((40, 3, 5, 5)).astype(np.float32)
TENSORS = ["x", "a", "r", "y"]


def network(opset: int) -> Net:
    return Net.of(small_conv(5, 2, opset))


def values(net: Net) -> dict[str, np.ndarray]:
    seen = net.copy()
    seen.outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in TENSORS[1:]]
    session = ort.InferenceSession(seen.model().SerializeToString())
    return {"x": IMAGES, **dict(zip(TENSORS[1:], session.run(None, {"x": IMAGES}), strict=True))}


@pytest.mark.parametrize(("opset", "batch"), [(13, 1), (17, 8), (18, 7)])
def test_extremes_and_peaks_are_those_of_all_images(tmp_path: Path, opset: int, batch: int) -> None:
    net = network(opset)
    batches = [{"x": IMAGES[at : at + batch]} for at in range(0, len(IMAGES), batch)]
    seen = observe(net, net.shapes((1, 3, 5, 5)), TENSORS, batches, len(IMAGES), tmp_path)
    assert (list(seen), list(tmp_path.iterdir())) == (TENSORS, [])
    for name, value in values(net).items():
        by_channel = value.reshape(*value.shape[:2], -1)
        peaks = np.abs(by_channel).max(axis=2).mean(axis=0)
        np.testing.assert_allclose(seen[name].peaks, peaks, rtol=1e-5)
        ends = min_max(seen)[name]
        np.testing.assert_allclose(ends.low, min(value.min(), 0), rtol=1e-5)
        np.testing.assert_allclose(ends.high, max(value.max(), 0), rtol=1e-5)


def test_the_ends_leave_out_a_share_of_the_values_and_no_channel() -> None:
    # Two in a million of 200 images of 64 · 56 · 56 values are 80; 50 is a quarter of the images.
    assert rank_of_end(64 * 56 * 56, 200) == 50
    assert rank_of_end(64 * 56 * 56, 1000) == 250
    assert rank_of_end(512, 200) == 1
    assert rank_of_end(64 * 112 * 112, 3) == 1


def test_top_k_is_the_kth_extreme_of_channels(tmp_path: Path) -> None:
    net = network(17)
    large = np.random.default_rng(2).standard_normal((40, 3, 300, 300)).astype(np.float32)
    kept = rank_of_end(3 * 300 * 300, 40)
    assert kept == 10
    shapes = {"x": (1, 3, 300, 300)}
    batches = [{"x": image[np.newaxis]} for image in large]
    only = Net(net.nodes[:1], net.weights, net.inputs, net.outputs, _shell=net._shell)
    only.inputs[0].type.tensor_type.shape.dim[2].ClearField("dim_value")
    only.inputs[0].type.tensor_type.shape.dim[3].ClearField("dim_value")
    seen = observe(only, shapes, ["x"], batches, 40, tmp_path)
    extremes = large.reshape(40, 3, -1)
    high, low = np.sort(extremes.max(axis=2).ravel()), np.sort(extremes.min(axis=2).ravel())
    assert top_k(seen)["x"] == Range(float(low[kept - 1]), float(high[-kept]))


def test_what_is_no_number_is_named(tmp_path: Path) -> None:
    net = network(17)
    net.weights["w"] = np.full_like(net.weights["w"], np.inf)
    with pytest.raises(ArtifactError, match="tensor 'a' has values that are no finite numbers"):
        observe(net, net.shapes((1, 3, 5, 5)), ["a"], [{"x": IMAGES}], 40, tmp_path)


@pytest.mark.parametrize("place", [(0, 0, 0, 0), (3, 2, 2, 3), (39, 1, 4, 4)])
def test_one_value_that_is_no_number_is_seen(tmp_path: Path, place: tuple[int, ...]) -> None:
    """onnxruntime's ReduceMax gives the largest of the others."""
    images = IMAGES.copy()
    images[place] = np.nan
    net = network(17)
    with pytest.raises(ArtifactError, match="tensor 'x' has values that are no finite numbers"):
        observe(net, net.shapes((1, 3, 5, 5)), TENSORS, [{"x": images}], 40, tmp_path)


def test_what_fills_the_last_batch_does_not_count(tmp_path: Path) -> None:
    net = network(17)
    shapes = net.shapes((1, 3, 5, 5))
    filled = np.concatenate([IMAGES, np.repeat(IMAGES[-1:], 9, axis=0)])
    seen = observe(net, shapes, TENSORS, [{"x": filled[:20]}, {"x": filled[20:]}], 40, tmp_path)
    plain = observe(net, shapes, TENSORS, [{"x": IMAGES[:20]}, {"x": IMAGES[20:]}], 40, tmp_path)
    for name in TENSORS:
        np.testing.assert_array_equal(seen[name].peaks, plain[name].peaks)
        assert seen[name].images == 40


def test_of_a_tensor_of_unknown_shape_the_extremes_are_kept(tmp_path: Path) -> None:
    net = network(17)
    seen = observe(net, {}, ["x", "y"], [{"x": i[np.newaxis]} for i in IMAGES], 40, tmp_path)
    assert min_max(seen)["x"] == Range(float(IMAGES.min()), float(IMAGES.max()))


def test_as_many_extremes_are_kept_as_large_sets_need(tmp_path: Path) -> None:
    """Of 6,000 images of 150,528 values two in a million are 1,806, and 1,500 a quarter."""
    kept = rank_of_end(3 * 224 * 224, 6000)
    assert kept == 1500
    rng = np.random.default_rng(6)
    low = rng.standard_normal((6000, 3)).astype(np.float32)
    high = low + 1
    seen = _Seen("t", kept)
    for at in range(0, 6000, 8):
        seen.add(low[at : at + 8], high[at : at + 8], low[at : at + 8])
    found = seen.observed()
    np.testing.assert_array_equal(found.high, np.sort(high.ravel())[::-1][:kept])
    np.testing.assert_array_equal(found.low, np.sort(low.ravel())[:kept])
    owners = np.argsort(low.ravel(), kind="stable")[:kept] % 3
    np.testing.assert_array_equal(found.low_channels, owners)


def test_zero_is_in_every_range(tmp_path: Path) -> None:
    net = network(17)
    seen = observe(net, net.shapes((1, 3, 5, 5)), ["x"], [{"x": IMAGES + 100}], 40, tmp_path)
    assert min_max(seen)["x"].low == 0 == top_k(seen)["x"].low
