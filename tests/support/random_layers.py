"""What networks at random are made of: blocks that grow a graph by a few nodes each."""

from collections.abc import Callable, Mapping

import numpy as np
from onnx import TensorProto, helper

from tests.support.random_growing import Growing


def conv(g: Growing) -> None:
    g.add_conv(g.pick(4, 6, 8), g.pick(1, 1, 3), stride=g.pick(1, 1, 2))


def grouped_conv(g: Growing) -> None:
    group = next(n for n in (3, 2, 1) if g.channels % n == 0)
    g.add_conv(group * g.pick(2, 3), g.pick(1, 3), group)


def depthwise_conv(g: Growing) -> None:
    g.add_conv(g.channels * g.pick(1, 2), g.pick(1, 3), g.channels)


def batch_norm(g: Growing) -> None:
    gamma = g.rng.normal(1, 0.7, g.channels)
    gamma[g.rng.random(g.channels) < 0.1] = 0
    shift = 0.0 if g.chance(0.2) else 0.5
    beta, mean = (g.rng.normal(0, shift or 1, g.channels) for _ in range(2))
    if not shift:
        beta, mean = np.zeros(g.channels), np.zeros(g.channels)
    variance = g.rng.uniform(0.3, 2, g.channels)
    g.then("BatchNormalization", *(g.value(v) for v in (gamma, beta, mean, variance)), epsilon=1e-3)


def shared_batch_norm(g: Growing) -> None:
    """One that a Conv feeds which others read as well, or that several Convs read."""
    before = g.at
    batch_norm(g)
    after, channels, sides = g.at, g.channels, g.sides
    g.add_conv(4, 1)
    mean = g.then("GlobalAveragePool")
    g.at, g.channels, g.sides = (before if g.chance(0.4) else after), channels, sides
    g.add_conv(4, g.pick(1, 3))
    g.then("Add", mean)


def prelu(g: Growing) -> None:
    low, high = [(-2, 1), (1.1, 3), (-2, 3), (0, 0.5)][g.pick(0, 1, 2, 3)]
    slopes = g.rng.uniform(low, high, g.channels)
    slopes[g.rng.random(g.channels) < 0.15] = 1
    g.then("PRelu", g.by_channel(slopes))


def shared_prelu(g: Growing) -> None:
    slope = g.rng.uniform(-1, 2)
    g.then("PRelu", g.value([slope] if g.chance(0.5) else np.full((1, 1, 1), slope)))


def decomposed_prelu(g: Growing) -> None:
    """As exporters write it that have no op for it, its sums and products in either order."""
    x, slopes = g.at, g.by_channel(g.rng.uniform(-1, 1.5, g.channels))
    relu = g.op("Relu", [x], g.name())
    lower = [_twice_lower, _negative_lower, _lower][g.pick(0, 1, 2)](g, x)
    factors = [lower, slopes] if g.chance(0.5) else [slopes, lower]
    lower = g.op("Mul", factors, g.name())
    if g.chance(0.5):
        lower = g.op("Mul", [lower, g.value(0.5)], g.name())
    if g.chance(0.3):
        g.at = g.op("Sub", [relu, g.op("Neg", [lower], g.name())], g.name())
    else:
        g.at = g.op("Add", [relu, lower] if g.chance(0.5) else [lower, relu], g.name())


def _twice_lower(g: Growing, x: str) -> str:
    """TensorFlow's 2 · min(x, 0)."""
    return g.op("Sub", [x, g.op("Abs", [x], g.name())], g.name())


def _negative_lower(g: Growing, x: str) -> str:
    """Keras' −min(x, 0)."""
    return g.op("Relu", [g.op("Neg", [x], g.name())], g.name())


def _lower(g: Growing, x: str) -> str:
    return g.op("Min", [x, g.value(0.0)], g.name())


def conv_prelu(g: Growing) -> None:
    """What slopes are flipped in: layers alone around a PReLU."""
    conv(g)
    prelu(g)
    (conv, grouped_conv, depthwise_conv)[g.pick(0, 1, 2)](g)


def relu(g: Growing) -> None:
    g.then("Relu")


def leaky_relu(g: Growing) -> None:
    g.then("LeakyRelu", alpha=float(g.rng.uniform(-0.5, 0.9)))


def clip(g: Growing) -> None:
    g.then("Clip", g.value(0.0), g.value(1.5))


def gate(g: Growing) -> None:
    """Squeeze and excitation: a product of two computed tensors."""
    x, channels, sides = g.at, g.channels, g.sides
    g.then("GlobalAveragePool")
    g.sides = [1, 1]
    g.then("Conv", g.value(g.rng.normal(0, 0.5, (channels, channels, 1, 1))))
    g.then("Sigmoid")
    g.at, g.sides = g.op("Mul", [x, g.at], g.name()), sides


def residual(g: Growing) -> None:
    x = g.at
    if g.chance(0.5):
        batch_norm(g)
    weight = g.rng.normal(0, (9 * g.channels) ** -0.5, (g.channels, g.channels, 3, 3))
    g.then("Conv", g.value(weight), auto_pad="SAME_UPPER")
    if g.chance(0.5):
        (batch_norm, prelu, relu)[g.pick(0, 1, 2)](g)
    parts = [x, g.at] if g.chance(0.5) else [g.at, x]
    g.at = g.op("Add", parts, g.name())


def concat(g: Growing) -> None:
    """Two branches side by side, at times with what they read."""
    x, channels = g.at, g.channels
    parts, width = ([x], channels) if g.chance(0.5) else ([], 0)
    for _ in range(2):
        g.at, g.channels = x, g.pick(2, 4)
        g.then("Conv", g.value(g.rng.normal(0, 0.5, (g.channels, channels, 1, 1))))
        if g.chance(0.3):
            (batch_norm, prelu)[g.pick(0, 1)](g)
        parts.append(g.at)
        width += g.channels
    g.at, g.channels = g.op("Concat", parts, g.name(), axis=1), width


def pool(g: Growing) -> None:
    if min(g.sides) < 3:
        g.then("MaxPool", kernel_shape=[1, 1])
        return
    op_type = ("MaxPool", "AveragePool")[g.pick(0, 1)]
    g.then(op_type, kernel_shape=[2, 2], strides=[1, 1], pads=[1, 0, 0, 1])


def border(g: Growing) -> None:
    """Zeros around, or ones, which are no zeros once channels are scaled."""
    pads = g.value([0, 0, 1, 0, 0, 0, 0, 1], np.int64)
    g.then("Pad", pads, g.value(float(g.chance(0.3))))
    g.sides = [side + 1 for side in g.sides]


def nothing(g: Growing) -> None:
    """What computes nothing."""
    kind = g.pick(0, 1, 2, 3, 4)
    if kind == 0:
        g.then("Identity")
    elif kind == 1:
        g.then("Dropout")
    elif kind == 2:
        g.then("MaxPool", kernel_shape=[1, 1], strides=[1, 1])
    elif kind == 3:
        g.then("Reshape", g.value([0, g.channels, *g.sides], np.int64))
    else:
        g.then("Reshape", g.value([0, -1], np.int64))
        g.then("Reshape", g.value([-1, g.channels, *g.sides], np.int64))


def scaled(g: Growing) -> None:
    """A Conv times a number, which others may read too."""
    conv(g)
    before = g.at
    g.then("Mul", g.value([0.3, np.full((1, 1, 1), 0.3)][g.pick(0, 1)]))
    if g.chance(0.3):
        g.then("Add", before)


def shared_weights(g: Growing) -> None:
    """Two Convs of one weight and one bias, one behind the other or side by side."""
    count = g.channels
    weight = g.value(g.rng.normal(0, count**-0.5, (count, count, 1, 1)))
    bias = g.value(g.rng.normal(0, 0.3, count))
    x = g.at
    first = g.then("Conv", weight, bias)
    if g.chance(0.5):
        (batch_norm, prelu)[g.pick(0, 1)](g)
        g.then("Conv", weight, bias)
    else:
        batch_norm(g)
        g.at = g.op("Add", [g.op("Conv", [x, weight, bias], g.name()), g.at], g.name())
    if g.chance(0.2):
        g.then("Add", first)


def constant_added(g: Growing) -> None:
    values = g.rng.normal(0, 0.5, g.channels)
    g.then("Add", g.by_channel(values) if g.chance(0.7) else g.value(values[0]))


def turned(g: Growing) -> None:
    """Height and width exchanged, which no step knows."""
    g.then("Transpose", perm=[0, 1, 3, 2])
    g.sides = g.sides[::-1]


def branches(g: Growing) -> None:
    """Graphs inside a node, which read the last tensor without naming it as an input."""
    inner = [
        helper.make_graph(
            [helper.make_node(op_type, [g.at], [g.name()])],
            f"{op_type}s",
            [],
            [helper.make_tensor_value_info(f"t{g.named}", TensorProto.FLOAT, None)],
        )
        for op_type in ("Neg", "Identity")
    ]
    which = g.value(g.chance(0.5), np.bool_)
    g.at = g.op("If", [which], g.name(), then_branch=inner[0], else_branch=inner[1])


def given(g: Growing) -> None:
    """The last tensor becomes an output of the graph."""
    if g.at != "x" and g.at not in g.outputs:
        g.outputs.append(g.at)


BLOCKS: Mapping[str, Callable[[Growing], None]] = {
    "conv": conv,
    "grouped conv": grouped_conv,
    "depthwise conv": depthwise_conv,
    "batch norm": batch_norm,
    "shared batch norm": shared_batch_norm,
    "prelu": prelu,
    "shared prelu": shared_prelu,
    "decomposed prelu": decomposed_prelu,
    "conv prelu": conv_prelu,
    "relu": relu,
    "leaky relu": leaky_relu,
    "clip": clip,
    "gate": gate,
    "residual": residual,
    "concat": concat,
    "pool": pool,
    "border": border,
    "nothing": nothing,
    "scaled": scaled,
    "shared weights": shared_weights,
    "constant added": constant_added,
    "turned": turned,
    "branches": branches,
    "given": given,
}
