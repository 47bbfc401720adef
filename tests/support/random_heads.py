"""How networks at random end: an embedding of five values, made in every way that files have."""

from collections.abc import Callable, Mapping

import numpy as np

from tests.support.random_growing import Growing
from tests.support.random_layers import batch_norm, prelu

EMBEDDING = 5


def flatten_gemm(g: Growing) -> None:
    _flatten(g)
    _gemm(g)


def normalised_gemm(g: Growing) -> None:
    """BatchNormalization before the Flatten and behind the Gemm, as ArcFace has it."""
    batch_norm(g)
    if g.chance(0.5):
        g.then("Dropout")
    _flatten(g)
    _gemm(g)
    batch_norm(g)


def flat_norm_gemm(g: Growing) -> None:
    """BatchNormalization behind the Flatten."""
    _flatten(g)
    batch_norm(g)
    _gemm(g)


def mat_mul(g: Growing) -> None:
    """By a Reshape to a constant shape."""
    flat = [[0, -1], [-1, g.channels * g.sides[0] * g.sides[1]]][g.pick(0, 1)]
    g.then("Reshape", g.value(flat, np.int64))
    _mat_mul(g)


def fixed_mat_mul(g: Growing) -> None:
    """By a Reshape to a shape that only one image at a time has."""
    g.batch_may_vary = False
    g.then("Reshape", g.value([1, -1], np.int64))
    _mat_mul(g)


def computed_mat_mul(g: Growing) -> None:
    """By a Reshape to a computed shape, as PyTorch exports ``x.view(x.size(0), -1)``."""
    x = g.at
    g.at = g.op("Shape", [x], g.name())
    g.then("Gather", g.value(0, np.int64), axis=0)
    g.then("Unsqueeze", g.value([0], np.int64))
    g.then("Concat", g.value([-1], np.int64), axis=0)
    g.at = g.op("Reshape", [x, g.at], g.name())
    g.channels, g.sides = g.channels * g.sides[0] * g.sides[1], []
    _mat_mul(g)


def mean_gemm(g: Growing) -> None:
    """The mean over height and width by ReduceMean, as PyTorch's exporter writes it."""
    if g.chance(0.5):
        g.then("ReduceMean", axes=[2, 3], keepdims=0)
        g.sides = []
    else:
        g.then("ReduceMean", axes=[-1, -2])
        g.sides = [1, 1]
        _flatten(g)
    _gemm(g)


def conv_head(g: Growing) -> None:
    """A Conv of one pixel on the means of the channels."""
    g.then("GlobalAveragePool")
    g.sides = [1, 1]
    if g.chance(0.5):
        batch_norm(g)
    g.then("Conv", g.value(g.rng.normal(0, g.channels**-0.5, (EMBEDDING, g.channels, 1, 1))))
    g.channels = EMBEDDING
    if g.chance(0.5):
        batch_norm(g)
    g.then("Flatten")


def whole_conv(g: Growing) -> None:
    """A depthwise Conv over all that is left, as MobileFaceNet ends; a PReLU before it."""
    prelu(g)
    shape = (g.channels, 1, *g.sides)
    g.then("Conv", g.value(g.rng.normal(0, 0.3, shape)), group=g.channels)
    g.sides = [1, 1]
    batch_norm(g)
    g.then("Conv", g.value(g.rng.normal(0, g.channels**-0.5, (EMBEDDING, g.channels, 1, 1))))
    g.channels = EMBEDDING
    g.then("Reshape", g.value([-1, EMBEDDING], np.int64))


def normalised(g: Growing) -> None:
    """An embedding of unit length; its length is an output as well, as AdaFace has it."""
    flatten_gemm(g)
    length = g.op("ReduceL2", [g.at], g.name(), axes=[1], keepdims=1)
    g.outputs.append(length)
    g.then("Div", length)


def _flatten(g: Growing) -> None:
    g.then("Flatten")
    g.channels, g.sides = g.channels * int(np.prod(g.sides)), []


def _gemm(g: Growing) -> None:
    weight = g.rng.normal(0, g.channels**-0.5, (g.channels, EMBEDDING))
    turned = g.chance(0.5)
    held = [g.value(weight.T if turned else weight)]
    if g.chance(0.6):
        held.append(g.value(g.rng.normal(0, 0.3, EMBEDDING)))
    g.then("Gemm", *held, transB=int(turned))
    g.channels, g.sides = EMBEDDING, []


def _mat_mul(g: Growing) -> None:
    inputs = g.channels * int(np.prod(g.sides))
    g.then("MatMul", g.value(g.rng.normal(0, inputs**-0.5, (inputs, EMBEDDING))))
    g.channels, g.sides = EMBEDDING, []
    if g.chance(0.6):
        bias = g.rng.normal(0, 0.3, EMBEDDING)
        g.then("Add", g.value(bias if g.chance(0.5) else bias[None]))
    if g.chance(0.4):
        batch_norm(g)


HEADS: Mapping[str, Callable[[Growing], None]] = {
    "flatten, gemm": flatten_gemm,
    "normalised gemm": normalised_gemm,
    "flat norm, gemm": flat_norm_gemm,
    "mat mul": mat_mul,
    "fixed mat mul": fixed_mat_mul,
    "computed mat mul": computed_mat_mul,
    "mean, gemm": mean_gemm,
    "conv head": conv_head,
    "whole conv": whole_conv,
    "normalised": normalised,
}
