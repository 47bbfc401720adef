"""A step taken on a small network made by hand, held to the network that it was taken on."""

from collections.abc import Sequence

import numpy as np
import onnx

from suite.quantization.steps.expand_prelu import expand_prelu
from suite.quantization.steps.flip_slopes import flip_slopes
from suite.quantization.steps.fold_batch_norm import fold_batch_norm
from suite.quantization.steps.gemm_heads import gemm_heads
from suite.quantization.steps.net import Net
from suite.quantization.steps.prelu_as_max import prelu_as_max
from suite.quantization.steps.step import Rewrite
from suite.quantization.steps.tidy import tidy
from tests.support.qdq_net import Made, run, shapes_of


def rewritten(
    step: Rewrite, net: Net, image: Sequence[int], *, batch: int = 2, exact: bool = False
) -> tuple[Net, int]:
    """What comes of a step, pruned, and in how many places; it has to compute the same."""
    shapes = net.shapes((1, *image))
    made = step(net, shapes)
    made.net.prune()
    onnx.checker.check_model(made.net.model(), full_check=True)
    x = np.random.default_rng(1).standard_normal((batch, *image)).astype(np.float32)
    for before, after in zip(run(net, x), run(made.net, x), strict=True):
        if exact:
            np.testing.assert_array_equal(after, before)
        else:
            np.testing.assert_allclose(after, before, rtol=0, atol=1e-5 * np.abs(before).max())
    return made.net, made.places


def prepared(net: Net) -> Net:
    """What the exact steps make of a network, one after the other, pruned."""
    for step in (tidy, gemm_heads, fold_batch_norm, flip_slopes, prelu_as_max, expand_prelu):
        net = step(net, shapes_of(net)).net
    net.prune()
    return net


def ops(net: Net) -> list[str]:
    """The ops of a network, in its order."""
    return [node.op_type for node in net.nodes]


def fixed(made: Made, *outputs: str) -> Net:
    """The network for one image at a time."""
    made.batch = 1
    return made.net(*outputs)
