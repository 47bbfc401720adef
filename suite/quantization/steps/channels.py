"""Which channels of a network's tensors can only be scaled together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import onnx

from suite.quantization.shapes import Shapes
from suite.quantization.steps.layers import DENSE, inputs_of, is_layer, outputs_of
from suite.quantization.steps.net import Net, attributes

Scales = npt.NDArray[np.float64]
# Ops of which f(s · x) = s · f(x) for every s > 0, a channel at a time, and which keep channels.
_HOMOGENEOUS = frozenset(
    {
        *("Relu", "LeakyRelu", "PRelu", "Identity", "Dropout"),
        *("MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "Pad"),
    }
)


@dataclass
class Group:
    """Channels that share their scales with other tensors' channels, or are frozen at 1."""

    channels: int
    frozen: bool = False
    # Another group that this was united with.
    united: Group | None = None

    def root(self) -> Group:
        """The group that stands for all that were united."""
        found = self
        while found.united is not None:
            found = found.united
        return found


@dataclass(frozen=True)
class Segment:
    """A run of a tensor's channels: a group's, each repeated where a Flatten spread it."""

    group: Group
    repeat: int = 1

    @property
    def width(self) -> int:
        """The channels of the tensor that it covers."""
        return self.group.root().channels * self.repeat


Layout = tuple[Segment, ...]


@dataclass
class Channels:
    """The layout of every tensor whose channels are known; channels are on axis 1.

    Per-channel scales pass through what is homogeneous of degree one, a Conv or Gemm takes new
    ones, an Add unites those of both operands, a Concat sets them side by side. What is not known
    here freezes all that it touches.
    """

    net: Net
    shapes: Shapes
    layouts: dict[str, Layout] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Walk the network once."""
        uses = [name for node in self.net.nodes for name in node.input]
        given = {value.name for value in self.net.outputs} | self.net.captured
        self._shared = {w for w in self.net.weights if w in given or uses.count(w) > 1}
        for node in self.net.nodes:
            rule = _RULES.get(node.op_type) if node.domain in ("", "ai.onnx") else None
            if rule is None or not rule(self, node):
                self._freeze_all(node)
        for name in [*(value.name for value in self.net.outputs), *self.net.captured]:
            self._freeze(name)

    def groups(self) -> list[Group]:
        """Every group that is not frozen, in the order of its first tensor."""
        found: dict[int, Group] = {}
        for layout in self.layouts.values():
            for segment in layout:
                root = segment.group.root()
                if not root.frozen:
                    found.setdefault(id(root), root)
        return list(found.values())

    def of(self, name: str) -> Layout:
        """A tensor's layout; a frozen one where nothing is known of it but its shape."""
        if name not in self.layouts:
            shape = self.shapes.get(name, ())
            channels = shape[1] if len(shape) > 1 else 1
            self.layouts[name] = (Segment(Group(channels, frozen=True)),)
        return self.layouts[name]

    def spread(self, name: str, scales: Mapping[int, Scales]) -> Scales:
        """The scale of each channel of a tensor, of scales by the id of their group's root."""
        parts = [
            np.repeat(scales.get(id(root), np.ones(root.channels)), segment.repeat)
            for segment in self.of(name)
            for root in [segment.group.root()]
        ]
        return np.concatenate(parts)

    def _freeze(self, name: str) -> None:
        for segment in self.of(name):
            segment.group.root().frozen = True

    def _freeze_all(self, node: onnx.NodeProto) -> None:
        for name in (*node.input, *node.output):
            if name and name not in self.net.weights:
                self._freeze(name)

    def _new(self, name: str, channels: int) -> bool:
        self.layouts[name] = (Segment(Group(channels)),)
        return True

    def _unite(self, one: Layout, other: Layout) -> bool:
        """Let two layouts share their scales; whether they are alike enough."""
        shape = [(segment.width, segment.repeat) for segment in one]
        if shape != [(segment.width, segment.repeat) for segment in other]:
            return False
        for mine, theirs in zip(one, other, strict=True):
            kept, taken = mine.group.root(), theirs.group.root()
            if kept is not taken:
                taken.united = kept
                kept.frozen |= taken.frozen
        return True

    def _weighted(self, node: onnx.NodeProto) -> bool:
        """A Conv or Gemm of weights that it alone reads: its output has scales of its own."""
        if not is_layer(self.net, node) or not self._shared.isdisjoint(node.input):
            return False
        fed = sum(segment.width for segment in self.of(node.input[0]))
        return fed == inputs_of(self.net, node) and self._new(
            node.output[0], outputs_of(self.net, node)
        )

    def _homogeneous(self, node: onnx.NodeProto) -> bool:
        extra = [name for name in node.input[1:] if name]
        constant = all(name in self.net.weights for name in extra)
        if not constant or len([name for name in node.output if name]) > 1:
            return False
        if node.op_type == "Pad" and not _pads_zeros_in_space(node, self.net):
            return False
        self.layouts[node.output[0]] = self.of(node.input[0])
        return True

    def _flatten(self, node: onnx.NodeProto) -> bool:
        shape = self.shapes.get(node.input[0], ())
        if attributes(node).get("axis", 1) != 1 or len(shape) < 2 or 0 in shape:
            return False
        positions = int(np.prod(shape[2:]))
        before = self.of(node.input[0])
        after = tuple(Segment(part.group, part.repeat * positions) for part in before)
        self.layouts[node.output[0]] = after
        return True

    def _add(self, node: onnx.NodeProto) -> bool:
        one, other = node.input
        computed = [name for name in (one, other) if name not in self.net.weights]
        if len(computed) == 1:
            return self._add_constant(node, computed[0])
        known = self.shapes.get(one)
        if known is None or known != self.shapes.get(other) or len(known) < 2:
            return False
        if not self._unite(self.of(one), self.of(other)):
            return False
        self.layouts[node.output[0]] = self.of(one)
        return True

    def _add_constant(self, node: onnx.NodeProto, computed: str) -> bool:
        shape = self.shapes.get(computed)
        constant = next(name for name in node.input if name != computed)
        if shape is None or constant in self._shared:
            return False
        if by_channel(self.net.weights[constant], shape) is None:
            return False
        self.layouts[node.output[0]] = self.of(computed)
        return True

    def _concat(self, node: onnx.NodeProto) -> bool:
        if attributes(node).get("axis") != 1 or any(n in self.net.weights for n in node.input):
            return False
        self.layouts[node.output[0]] = tuple(s for name in node.input for s in self.of(name))
        return True


_RULES: Mapping[str, Callable[[Channels, onnx.NodeProto], bool]] = {
    **dict.fromkeys(DENSE, Channels._weighted),
    **dict.fromkeys(_HOMOGENEOUS, Channels._homogeneous),
    "Flatten": Channels._flatten,
    "Add": Channels._add,
    "Concat": Channels._concat,
}


def by_channel(
    constant: npt.NDArray[np.generic], shape: tuple[int, ...]
) -> npt.NDArray[np.generic] | None:
    """A constant operand as [channels, …], where it has a value for each channel; else None."""
    dims = (1,) * (len(shape) - constant.ndim) + constant.shape
    if len(dims) != len(shape) or dims[0] != 1 or dims[1] != shape[1]:
        return None
    return constant.reshape(dims[1:])


def _pads_zeros_in_space(node: onnx.NodeProto, net: Net) -> bool:
    """Whether a Pad adds zeros, and none along the batch or the channels."""
    if attributes(node).get("mode", b"constant") != b"constant" or len(node.input) > 3:
        return False
    value = net.weight(node.input[2]) if len(node.input) > 2 else None
    pads = net.weight(node.input[1])
    if pads is None or (value is not None and np.any(value != 0)):
        return False
    begin, end = np.split(pads, 2)
    return not (begin[:2].any() or end[:2].any())


def bounds(layout: Layout) -> list[tuple[Segment, slice]]:
    """Each segment of a layout with the channels that it covers."""
    ends = np.cumsum([0, *(segment.width for segment in layout)])
    return [
        (segment, slice(int(start), int(stop)))
        for segment, (start, stop) in zip(layout, pairwise(ends), strict=True)
    ]
