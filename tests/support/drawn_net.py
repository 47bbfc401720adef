"""Networks drawn of blocks of eight channels, each of which integer kernels can compute."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from suite.quantization.steps.net import Net
from tests.support.qdq_net import Made

CHANNELS = 8
Block = Callable[[Made, str, str], str]


def op(op_type: str, **said: object) -> Block:
    return lambda made, read, name: made.op(op_type, [read], name, **said)


def conv(kernel: int, group: int = 1) -> Block:
    return lambda made, read, name: made.conv(read, name, kernel=kernel, group=group)


def clipped(low: float, high: float) -> Block:
    def add(made: Made, read: str, name: str) -> str:
        ends = [made.held(f"{name}_low", low), made.held(f"{name}_high", high)]
        return made.op("Clip", [read, *ends], name)

    return add


def residual(made: Made, read: str, name: str) -> str:
    inner = made.op("Relu", [made.conv(read, f"{name}_1", kernel=3)], f"{name}_2")
    return made.op("Add", [read, made.conv(inner, f"{name}_3")], name)


def prelu(made: Made, read: str, name: str) -> str:
    """As it is written with a depthwise Conv: of one tensor two readers."""
    made.op("Conv", [read, made.random(f"{name}_w", 8, 1, 1, 1, scale=0.5)], f"{name}_1", group=8)
    return made.op("Add", [read, made.op("Relu", [f"{name}_1"], f"{name}_2")], name)


def chosen(made: Made, read: str, name: str) -> str:
    """The same as the larger of two tensors."""
    held = made.held(f"{name}_w", made.rng.uniform(-2, 1, (8, 1, 1, 1)))
    made.op("Conv", [read, held], f"{name}_1", group=8)
    return made.op("Max", [read, f"{name}_1"], name)


def joined(made: Made, read: str, name: str) -> str:
    made.op("Concat", [read, made.conv(read, f"{name}_1", kernel=3)], f"{name}_2", axis=1)
    return made.conv(f"{name}_2", name, inputs=2 * CHANNELS)


def gated(made: Made, read: str, name: str) -> str:
    made.op("GlobalAveragePool", [read], f"{name}_1")
    gate = made.op("Sigmoid", [made.conv(f"{name}_1", f"{name}_2")], f"{name}_3")
    return made.op("Mul", [read, gate], name)


def padded(made: Made, read: str, name: str) -> str:
    pads = made.held(f"{name}_pads", [0, 0, 1, 0, 0, 0, 0, 1], np.int64)
    return made.op("Pad", [read, pads], name)


def shared(made: Made, read: str, name: str) -> str:
    made.conv(read, f"{name}_1")
    return made.op("Conv", [f"{name}_1", f"{name}_1_w"], name)


def shifted(made: Made, read: str, name: str) -> str:
    return made.op("Add", [read, made.random(f"{name}_c", 1, CHANNELS, 1, 1)], name)


BLOCKS: dict[str, Block] = {
    "conv": conv(3),
    "grouped": conv(3, 2),
    "depthwise": conv(3, CHANNELS),
    "relu": op("Relu"),
    "relu6": clipped(0, 1),
    "clip": clipped(-0.75, 0.5),
    "clip above zero": clipped(0.125, 1),
    "hard swish": op("HardSwish"),
    "leaky": op("LeakyRelu", alpha=0.3),
    "sigmoid": op("Sigmoid"),
    "max": op("MaxPool", kernel_shape=[2, 2], pads=[0, 0, 1, 1]),
    "average": op("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    "residual": residual,
    "prelu": prelu,
    "chosen": chosen,
    "joined": joined,
    "gated": gated,
    "padded": padded,
    "shared": shared,
    "shifted": shifted,
}


@dataclass(frozen=True)
class Drawn:
    """What a network is made of, and how it is quantized."""

    blocks: tuple[str, ...]
    seed: int
    batch: int | str
    seen: int | None
    kept: int | None
    reduce_range: bool

    def made(self) -> tuple[Net, list[str]]:
        """The network, and the names of its Convs."""
        made = Made((CHANNELS, 6, 6), self.batch)
        made.rng = np.random.default_rng(self.seed)
        tensors = ["x"]
        for at, name in enumerate(self.blocks):
            tensors.append(BLOCKS[name](made, tensors[-1], f"t{at}"))
        made.head(tensors[-1], CHANNELS)
        outputs = [] if self.seen is None else tensors[1:][self.seen : self.seen + 1]
        layers = [node.name for node in made.nodes if node.op_type == "Conv"]
        return made.net("y", *outputs), layers


DRAWN = st.builds(
    Drawn,
    blocks=st.lists(st.sampled_from(sorted(BLOCKS)), max_size=6).map(tuple),
    seed=st.integers(0, 99),
    batch=st.sampled_from(["n", 1]),
    seen=st.none() | st.integers(0, 5),
    kept=st.none() | st.integers(-1, 6),
    reduce_range=st.booleans(),
)
