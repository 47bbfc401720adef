"""BatchNormalization: folded backwards, forwards, or made a depthwise Conv, where that is exact."""

from collections.abc import Sequence

import numpy as np
import pytest

from suite.quantization.steps.fold_batch_norm import fold_batch_norm
from suite.quantization.steps.net import Net, attributes
from tests.support.qdq_net import Made
from tests.support.rewritten import ops, rewritten

IMAGE = (4, 3, 5)


def norm(
    net: Made, given: str, made: str, channels: int = 4, *, shift: bool = True, **said: object
) -> str:
    """A BatchNormalization with values of its own; without a shift it only scales."""
    scale = net.held(f"{made}_g", net.rng.normal(1, 0.5, channels))
    held = [net.rng.normal(0, 1, channels) * shift for _ in range(2)]
    names = [net.held(f"{made}_{part}", value) for part, value in zip("bm", held, strict=True)]
    variance = net.held(f"{made}_v", net.rng.uniform(0.5, 2, channels))
    return net.op("BatchNormalization", [given, scale, *names, variance], made, **said)


def after(net: Net, image: Sequence[int] = IMAGE, batch: int = 2) -> list[str]:
    return ops(rewritten(fold_batch_norm, net, image, batch=batch)[0])


def test_the_values_of_a_conv_before_it() -> None:
    """γ = 6, β = 1, mean 2, variance 8.75 + ε 0.25: x · 2 − 3."""
    made = Made((1, 2, 2))
    made.op("Conv", ["x", made.held("w", [[[[5.0]]]]), made.held("b", [0.5])], "c")
    held = [made.held(name, [value]) for name, value in zip("gsmv", (6, 1, 2, 8.75), strict=True)]
    made.op("BatchNormalization", ["c", *held], "y", epsilon=0.25)
    net, places = rewritten(fold_batch_norm, made.net(), (1, 2, 2))
    assert (ops(net), places) == (["Conv"], 1)
    weight, bias = (float(net.weights[name].item()) for name in net.nodes[0].input[1:])
    assert (weight, bias) == (10, 0.5 * 2 + 1 - 2 * 2)


def test_the_values_of_a_conv_behind_it() -> None:
    """The same in front: 5 · (2x − 3) + 0.5."""
    made = Made((1, 2, 2))
    held = [made.held(name, [value]) for name, value in zip("gsmv", (6, 1, 2, 8.75), strict=True)]
    made.op("BatchNormalization", ["x", *held], "n", epsilon=0.25)
    made.op("Conv", ["n", made.held("w", [[[[5.0]]]]), made.held("b", [0.5])], "y")
    net = rewritten(fold_batch_norm, made.net(), (1, 2, 2))[0]
    assert ops(net) == ["Conv"]
    weight, bias = (float(net.weights[name].item()) for name in net.nodes[0].input[1:])
    assert (weight, bias) == (10, -14.5)


def test_a_gemm_before_it_takes_it_either_way_round() -> None:
    for turned in (0, 1):
        made = Made((4,))
        made.op(
            "Gemm", ["x", made.random("w", *((3, 4) if turned else (4, 3)))], "f", transB=turned
        )
        norm(made, "f", "y", 3)
        assert after(made.net(), (4,)) == ["Gemm"]


def test_a_conv_that_gives_an_output_or_feeds_others_keeps_its_values() -> None:
    for outputs in (["y", "c"], ["y", "z"]):
        made = Made(IMAGE)
        norm(made, made.conv("x", "c", 4, 4), "y")
        made.op("Relu", ["c"], "z")
        net = rewritten(fold_batch_norm, made.net(*outputs), IMAGE)[0]
        assert ops(net).count("Conv") == 2, "it is a depthwise Conv of its own"
        np.testing.assert_array_equal(net.weights["c_w"], made.weights["c_w"])


def test_every_reader_takes_it() -> None:
    made = Made(IMAGE)
    norm(made, "x", "n")
    made.op("Conv", ["n", made.random("a_w", 6, 2, 3, 3)], "a", group=2)
    made.op("Conv", ["n", made.random("b_w", 8, 1, 3, 3)], "b", group=4)
    made.op("Conv", ["n", made.random("c_w", 3, 4, 1, 1)], "c", auto_pad="VALID")
    assert after(made.net("a", "b", "c")) == ["Conv"] * 3


@pytest.mark.parametrize("said", [{"auto_pad": "SAME_UPPER"}, {"pads": [0, 0, 0, 1]}])
def test_readers_that_add_a_border_take_a_scale_but_no_shift(said: dict[str, object]) -> None:
    for shift, expected in ((True, ["Conv", "Conv", "Conv"]), (False, ["Conv", "Conv"])):
        made = Made(IMAGE)
        norm(made, "x", "n", shift=shift)
        made.op("Conv", ["n", made.random("a_w", 2, 4, 3, 3)], "a", **said)
        made.op("Conv", ["n", made.random("b_w", 2, 4, 1, 1)], "b")
        assert after(made.net("a", "b")) == expected


def test_a_flatten_between_repeats_it_by_position() -> None:
    made = Made(IMAGE)
    norm(made, "x", "n")
    made.op("Flatten", ["n"], "f")
    made.gemm("f", "y", 60)
    made.gemm("f", "z", 60)
    assert after(made.net("y", "z")) == ["Flatten", "Gemm", "Gemm"]


def test_a_flatten_before_it_leaves_it_by_value() -> None:
    made = Made(IMAGE)
    made.op("Flatten", ["x"], "f")
    made.gemm(norm(made, "f", "n", 60), "y", 60)
    assert after(made.net()) == ["Flatten", "Gemm"]


def test_readers_that_are_no_layers_take_nothing() -> None:
    for reader in ("Relu", "Flatten"):
        made = Made(IMAGE)
        norm(made, "x", "n")
        made.conv("n", "a", 4)
        made.op(reader, ["n"], "y")
        assert after(made.net("a", "y")) == ["Conv", "Conv", reader]


def test_a_flattened_one_that_an_output_is_stays() -> None:
    made = Made(IMAGE)
    norm(made, "x", "n")
    made.gemm(made.op("Flatten", ["n"], "f"), "y", 60)
    assert after(made.net("y", "f")) == ["Conv", "Flatten", "Gemm"]


def test_one_that_is_given_and_read_keeps_its_values() -> None:
    made = Made(IMAGE)
    norm(made, made.op("Relu", ["x"], "r"), "n")
    made.conv("n", "y", 4)
    assert after(made.net("y", "n")) == ["Relu", "Conv", "Conv"]


def test_several_in_a_row_become_one() -> None:
    made = Made(IMAGE)
    norm(made, norm(made, norm(made, "x", "a"), "b"), "y")
    net, places = rewritten(fold_batch_norm, made.net(), IMAGE)
    assert (ops(net), places) == (["Conv"], 3)
    assert attributes(net.nodes[0])["group"] == 4


def test_layers_that_share_weights_keep_them_apart() -> None:
    made = Made(IMAGE)
    names = [made.random("w", 4, 4, 1, 1), made.random("b", 4)]
    norm(made, made.op("Conv", ["x", *names], "c"), "n")
    made.op("Conv", [made.op("Relu", ["n"], "r"), *names], "y")
    net = rewritten(fold_batch_norm, made.net(), IMAGE)[0]
    assert ops(net) == ["Conv", "Relu", "Conv"]
    np.testing.assert_array_equal(net.weights["w"], made.weights["w"])


@pytest.mark.parametrize("value", [0.0, -1e-3])
def test_a_variance_of_nothing_is_not_folded(value: float) -> None:
    """Its factor, 1/√ε or the root of a negative number, would cost every digit behind it."""
    made = Made(IMAGE)
    norm(made, made.conv("x", "c", 4, 4), "y", epsilon=1e-12)
    made.held("y_v", [1, 1, 1, value])
    net = made.net()
    assert fold_batch_norm(net, net.shapes((1, *IMAGE))).places == 0


def test_one_that_trains_or_normalises_values_is_not_folded() -> None:
    made = Made(IMAGE)
    norm(made, made.conv("x", "c", 4, 4), "y", training_mode=1)
    net = made.net()
    assert fold_batch_norm(net, net.shapes((1, *IMAGE))).places == 0
    # Before opset 9 "spatial" said whether there was one value for each channel or each position.
    made = Made(IMAGE)
    norm(made, made.conv("x", "c", 4, 4), "y")
    net = made.net()
    net.nodes[-1].attribute.add(name="spatial", i=0, type=2)
    assert fold_batch_norm(net, net.shapes((1, *IMAGE))).places == 0


def test_computed_statistics_are_not_folded() -> None:
    made = Made(IMAGE)
    norm(made, made.conv("x", "c", 4, 4), "y")
    made.op("Abs", ["y_v"], "computed")
    made.nodes[-2].input[4] = "computed"
    made.nodes.insert(0, made.nodes.pop())
    assert after(made.net()) == ["Abs", "Conv", "BatchNormalization"]


@pytest.mark.parametrize("said", [{"alpha": 2.0}, {"beta": 0.5}, {"transA": 1}])
def test_a_gemm_that_does_more_is_no_layer(said: dict[str, object]) -> None:
    made = Made((4,), 4)
    names = [made.random("w", 4, 4), made.random("b", 4)]
    norm(made, made.op("Gemm", ["x", *names], "f", **said), "y")
    assert after(made.net(), (4,), 4) == ["Gemm", "BatchNormalization"]


def test_a_bias_for_each_image_is_no_bias_for_each_channel() -> None:
    made = Made((4,), 3)
    made.op("Gemm", ["x", made.random("w", 4, 3), made.random("b", 3, 1)], "f")
    norm(made, "f", "y", 3)
    assert after(made.net(), (4,), 3) == ["Gemm", "BatchNormalization"]


def test_a_plane_of_fewer_dimensions_becomes_no_conv() -> None:
    made = Made((4, 3))
    norm(made, made.op("Relu", ["x"], "r"), "y")
    assert after(made.net(), (4, 3)) == ["Relu", "BatchNormalization"]
